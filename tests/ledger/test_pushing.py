"""Entries reach a collector, each at least once, through a real server here that fails in every way it can."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from django.urls import reverse
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from muniment.cases import actions as cases
from muniment.ledger import logs, publish
from muniment.ledger.exports.line import Line
from muniment.ledger.models import Entry
from muniment.ledger.pushing import cursor, follow, otlp
from muniment.ops import checking
from muniment.spine import config, ports
from muniment.spine.egress import Egress
from muniment.spine.errors import Invalid
from muniment.spine.lines import header_lines
from muniment.spine.scope import tenant_scope

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)


class Collector(BaseHTTPRequestHandler):
    """Takes what parses as OTLP; ``server.say`` may answer something else."""

    def do_POST(self):
        raw = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
        asked = json_format.Parse(raw, ExportLogsServiceRequest())
        found = [
            {each.key: each.value.string_value or each.value.int_value for each in one.attributes}
            for resource in asked.resource_logs
            for scope in resource.scope_logs
            for one in scope.log_records
        ]
        status, headers, body = self.server.say(found, dict(self.headers))
        if status == 200:
            self.server.taken += found
        if status == 0:
            return  # the line breaks after the collector has taken everything
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        return


@pytest.fixture
def collector(monkeypatch):
    authority = trustme.CA()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.daemon_threads = False
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.taken = []
    server.say = lambda _found, _headers: (200, {}, b"{}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    where = f"https://localhost:{server.server_port}"
    server.where, server.trusted = where, trusted
    way = Egress((where,), private=(where,), context=trusted, seconds=30)
    monkeypatch.setattr(follow, "egress", lambda: way)
    told = {"otlp_address": f"{where}/v1/logs", "otlp_headers": "Authorization: Bearer of-the-collector"}
    settings = config.load(
        {**_environ(), **{f"MUNIMENT_{name.upper()}": value for name, value in told.items()}}
    )
    monkeypatch.setattr(config, "current", lambda: settings)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _environ():
    import os

    return {name: value for name, value in os.environ.items() if name.startswith("MUNIMENT_")}


@pytest.fixture
def log(db, ada):
    for number in range(6):
        cases.open_case(ada, title=f"Question {number}")
    publish.settle()
    return logs.of(ada.tenant)


def places(log):
    with tenant_scope(log.tenant_id):
        return [(str(one.id), one.idx) for one in Entry.objects.order_by("idx")]


def got(server):
    return [(one["log.record.uid"], one["muniment.index"]) for one in server.taken]


def test_every_entry_arrives_once_in_order_with_its_event_whole(collector, log):
    seen = []
    collector.say = lambda _found, headers: (seen.append(headers), (200, {}, b"{}"))[1]
    wanted = places(log)
    assert follow.push(log, NOON) == len(wanted)
    assert got(collector) == wanted
    assert seen[0]["Authorization"] == "Bearer of-the-collector"
    assert json.loads(collector.taken[-1]["ocsf"])["metadata"]["version"] == "1.8.0"
    assert follow.push(log, NOON) == 0
    assert cursor.read(log).place == len(wanted)
    publish.settle()
    follow.push(log, NOON)
    assert json.loads(collector.taken[-1]["ocsf"])["api"]["operation"] == "ledger.begin_push"
    assert follow.behind(logs.of(log.tenant_id)).entries == 0


def test_what_was_taken_but_not_acknowledged_is_sent_again_under_the_same_identifiers(collector, log):
    wanted = places(log)
    collector.say = lambda found, _headers: (collector.taken.extend(found), (0, {}, b""))[1]
    assert follow.push(log, NOON) == 0
    assert cursor.read(log).place == 0
    collector.say = lambda _found, _headers: (200, {}, b"{}")
    follow.push(log, NOON + timedelta(minutes=1))
    assert got(collector) == wanted * 2
    assert list(dict.fromkeys(got(collector))) == wanted


def test_a_killed_process_between_answer_and_cursor_sends_again_and_loses_nothing(
    collector, log, monkeypatch
):
    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    follow._begun(log)
    monkeypatch.setattr(cursor, "keep", killed)
    with pytest.raises(Killed):
        follow.push(log, NOON)
    monkeypatch.setattr(cursor, "keep", KEEP)
    follow.push(log, NOON)
    assert set(got(collector)) == set(places(log))


KEEP = cursor.keep


def test_a_collector_that_is_busy_is_asked_again_when_it_says(collector, log):
    collector.say = lambda _found, _headers: (429, {"Retry-After": "77"}, b"")
    follow.push(log, NOON)
    held = cursor.read(log)
    assert (held.failures, held.until) == (1, (NOON + timedelta(seconds=77)).isoformat())
    assert follow.push(log, NOON + timedelta(seconds=76)) == 0
    assert cursor.read(log).failures == 1
    collector.say = lambda _found, _headers: (503, {}, b"")
    follow.push(log, NOON + timedelta(seconds=77))
    assert cursor.read(log).until == (NOON + timedelta(seconds=81)).isoformat()
    late = follow.behind(log)
    assert late.entries == len(places(log))
    assert late.late(NOON + timedelta(days=3650))
    assert "503" in late.fault


def test_a_record_that_is_refused_for_good_is_set_aside_and_told_and_keeps_nobody_waiting(collector, log):
    wanted = places(log)
    poison = wanted[3][0]
    collector.say = lambda found, _headers: (
        (400, {}, b"") if poison in {one["log.record.uid"] for one in found} else (200, {}, b"{}")
    )
    assert follow.push(log, NOON) == len(wanted) - 1
    assert got(collector) == [one for one in wanted if one[0] != poison]
    publish.settle()
    with tenant_scope(log.tenant_id):
        told = Entry.objects.get(kind="ledger.set_aside")
    assert cursor.read(log).aside == 1
    follow.push(log, NOON)
    assert got(collector)[-1][0] == str(told.id)


def test_the_check_names_what_was_set_aside_for_thirty_days(collector, log, monkeypatch):
    monkeypatch.setattr(checking.logs, "living", lambda: [log])

    def told():
        return [one.what for one in checking._pushing(config.current()) if "refused" in one.what]

    wanted = places(log)
    poison = wanted[3][0]
    collector.say = lambda found, _headers: (
        (400, {}, b"") if poison in {one["log.record.uid"] for one in found} else (200, {}, b"{}")
    )
    follow.push(log, ports.now())
    assert told() == []
    publish.settle()
    [said] = told()
    assert f"The collector refused entry no. {wanted[3][1]} of {log.origin} and has no copy: " in said
    monkeypatch.setattr(ports, "now", lambda: NOON + timedelta(days=36500))
    assert told() == []


def test_a_collector_that_refuses_everything_does_not_make_the_log_grow_for_ever(collector, log):
    collector.say = lambda _found, _headers: (400, {}, b"")
    sizes = []
    for _ in range(4):
        follow.push(log, NOON)
        publish.settle()
        sizes.append(len(places(log)))
    assert sizes[-1] == sizes[-2]


def test_what_was_taken_and_dropped_is_told_and_not_sent_again(collector, log):
    collector.say = lambda _found, _headers: (200, {}, b'{"partialSuccess":{"rejectedLogRecords":"2"}}')
    follow.push(log, NOON)
    assert cursor.read(log).aside == 2
    assert cursor.read(log).place == len(places(log))


@pytest.mark.parametrize("status", [401, 403, 404, 301, 500])
def test_a_way_that_is_closed_is_tried_again_later_and_nothing_is_dropped(collector, log, status):
    collector.say = lambda _found, _headers: (status, {}, b"")
    follow.push(log, NOON)
    held = cursor.read(log)
    assert (held.place, held.aside, held.until) == (0, 0, (NOON + timedelta(seconds=900)).isoformat())


def test_nothing_goes_where_nothing_may_go(collector, log, monkeypatch):
    monkeypatch.setattr(follow, "egress", Egress)
    follow.push(log, NOON)
    assert collector.taken == []
    assert "Nothing may be" in cursor.read(log).fault


def test_a_cursor_that_cannot_be_read_sends_everything_once_more(collector, log):
    follow.push(log, NOON)
    (logs.folder(log) / cursor.NAME).write_bytes(b'{"place": "x"}')
    assert cursor.read(log) == cursor.Cursor()


@pytest.mark.parametrize(
    ("body", "count"),
    [(b"", 0), (b"[]", 0), (b'{"partialSuccess":{"rejectedLogRecords":3}}', 3), (b"\xff", 0)],
)
def test_a_partial_answer_is_read_strictly(body, count):
    assert otlp.rejected(body) == count


@pytest.mark.parametrize(("text", "seconds"), [("5", 5), ("", 0), ("-1", 0), ("99999", 3600), ("soon", 0)])
def test_how_long_to_wait_is_bounded(text, seconds):
    assert otlp.wait_asked(text) == seconds


@pytest.mark.parametrize("text", ["no colon", "Host: x", "A: b\x00", "Content-Length: 3", ": x"])
def test_a_header_that_is_none_is_refused(text):
    with pytest.raises(Invalid):
        header_lines(text)


def test_the_vectors_are_what_is_sent_and_an_otlp_program_reads_them():
    held = json.loads((Path(__file__).resolve().parents[1] / "vectors/otlp.json").read_text("utf-8"))
    records = [otlp.record(Line(**one)) for one in held["lines"]]
    raw = gzip.decompress(otlp.packed(records, held["log"]))
    assert json.loads(raw) == held["request"]
    read = json_format.Parse(json.dumps(held["request"]), ExportLogsServiceRequest())
    [resource] = read.resource_logs
    first, second = resource.scope_logs[0].log_records
    assert (first.time_unix_nano, first.severity_number) == (1893585600123456000, 9)
    assert (second.severity_text, second.event_name) == ("WARN", "muniment.entry")
    assert {int(status): otlp.verdict(int(status)).value for status in held["statuses"]} == {
        int(status): found for status, found in held["statuses"].items()
    }


def test_a_collector_that_never_answers_is_left_after_its_time_and_asked_again(collector, log, monkeypatch):
    over = threading.Event()
    way = Egress((collector.where,), private=(collector.where,), context=collector.trusted, seconds=2)
    monkeypatch.setattr(follow, "egress", lambda: way)
    collector.say = lambda _found, _headers: (over.wait(60), (0, {}, b""))[1]
    try:
        assert follow.push(log, NOON) == 0
    finally:
        over.set()
    held = cursor.read(log)
    assert (held.place, held.failures) == (0, 1)
    assert held.fault == "The destination does not answer in time, or broke off."
    collector.say = lambda _found, _headers: (200, {}, b"{}")
    assert follow.push(log, NOON + timedelta(minutes=1)) == len(places(log))


def test_an_answer_that_is_too_large_is_not_read_to_its_end_and_loses_nothing(collector, log):
    collector.say = lambda _found, _headers: (200, {}, b" " * (follow.LARGEST_ANSWER + 1))
    assert follow.push(log, NOON) == 0
    held = cursor.read(log)
    assert (held.place, held.aside) == (0, 0)
    assert "larger than" in held.fault
    collector.say = lambda _found, _headers: (200, {}, b"{}")
    follow.push(log, NOON + timedelta(hours=1))
    assert set(got(collector)) == set(places(log))


def test_an_answer_that_is_cut_in_the_middle_is_none(collector, log):
    collector.say = lambda _found, _headers: (200, {"Content-Length": "500"}, b'{"partial')
    assert follow.push(log, NOON) == 0
    assert cursor.read(log).place == 0


def test_the_page_says_where_entries_go_and_how_it_stands(collector, log, client_as, otto, account_of):
    account_of(otto)
    follow.push(log, NOON)
    text = shown(client_as(otto))
    assert f"is also sent to localhost:{collector.server_port}" in text
    assert "Acknowledged" in text
    assert "2030" in text
    cases.open_case(otto, title="One more")
    publish.settle()
    collector.say = lambda _found, _headers: (401, {}, b"")
    follow.push(log, NOON)
    text = shown(client_as(otto))
    assert "The collector answered 401: it does not know us: see the headers in the settings." in text
    assert "It is asked again from" in text
    assert "Bearer" not in text


def shown(client):
    answer = client.get(reverse("ledger:exports"))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split("Sent on by itself")[1].split())


def test_without_a_collector_the_page_says_nothing_of_one(db, client_as, otto, account_of):
    account_of(otto)
    assert b"Sent on by itself" not in client_as(otto).get(reverse("ledger:exports")).content
