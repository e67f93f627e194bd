"""The pages and the API of the ledger: sentences, proofs that strangers' programs accept, tiles."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.urls import reverse
from proofbundle.tlogproof import verify_tlog_proof
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, queries, sentences, sequence
from muniment.ledger.action import CLASSES
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.openings import Opened
from muniment.proof.leaf import Opening
from muniment.proof.merkle import leaf_hash
from muniment.proof.tlogproof import parse_tlog_proof
from muniment.spine.errors import Absent, Refused
from muniment.spine.scope import tenant_scope


@pytest.fixture
def lived(db, ada, otto, vera, account_of):
    for person in (ada, otto):
        account_of(person)
    made = [cases.open_case(ada, title=f"Case number {number}") for number in range(3)]
    with pytest.raises(Refused):
        cases.open_case(vera, title="Not mine to open")
    publish.settle()
    return made


def entry_of(ada, kind="cases.open") -> Entry:
    with tenant_scope(ada.tenant):
        return Entry.objects.filter(kind=kind).order_by("idx").first()


def page(client, address, status=200, **asked):
    answer = client.get(address, asked)
    assert answer.status_code == status, answer.content[:800]
    return re.sub(r"\s+", " ", answer.content.decode())


def test_entries_are_sentences_with_names_and_lead_to_what_they_are_about(client_as, lived, otto, ada):
    text = page(client_as(otto), reverse("ledger:index"))
    assert "Ada Example opened case 1" in text
    assert reverse("cases:case", args=[lived[0].id]) in text
    assert "made an account for Ada Example" in text
    assert ada.id not in re.sub(r'(href|value)="[^"]+"', "", text)
    assert "Your role does not allow this." in text


def test_what_waits_for_its_place_says_so(client_as, lived, otto):
    cases.open_case(otto, title="Just now")
    text = page(client_as(otto), reverse("ledger:index"))
    assert "not yet in its place" in text
    assert "Otto Example opened case 4" in text


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"group": "refusals"}, ("was refused", "opened case 1")),
        ({"group": "cases"}, ("opened case 1", "was refused")),
        ({"kind": "cases.open"}, ("opened case 1", "made an account")),
        ({"until": "2001-01-01"}, ("Nothing on record answers this question.", "opened case 1")),
    ],
)
def test_the_list_is_filtered(client_as, lived, otto, asked, words):
    there, gone = words
    text = page(client_as(otto), reverse("ledger:index"), **asked)
    assert there in text
    assert gone not in text


def test_the_list_is_filtered_by_person_and_by_thing_and_says_so(client_as, lived, otto, ada):
    text = page(client_as(otto), reverse("ledger:index"), actor=ada.id)
    assert "Only what Ada Example did" in text
    assert "was refused" not in text
    text = page(client_as(otto), reverse("ledger:index"), subject=f"cases.Case/{lived[1].id}")
    assert "opened case 2" in text
    assert "opened case 1" not in text


@pytest.mark.parametrize("asked", [{"group": "x"}, {"kind": "no dots"}, {"before": "-1"}, {"until": "soon"}])
def test_a_filter_that_is_none_is_refused(client_as, lived, otto, asked):
    assert "does not know" in page(client_as(otto), reverse("ledger:index"), status=422, **asked)


def test_long_lists_are_turned_by_place(client_as, ada, otto, db):
    for number in range(queries.PAGE + 5):
        cases.open_case(ada, title=f"Case number {number}")
    publish.settle()
    first = page(client_as(otto), reverse("ledger:index"), kind="cases.open")
    older = re.search(r'rel="next" href="([^"]+)"', first).group(1).replace("&amp;", "&")
    second = page(client_as(otto), reverse("ledger:index") + older)
    assert "opened case 55" in first
    assert "opened case 1<" in second
    assert 'rel="prev"' in second


def test_readings_are_hidden_and_counted_until_somebody_asks_for_them(client_as, lived, otto, vera):
    cases.read_queue(otto)
    cases.read(otto, case_id=lived[0].id)
    publish.settle()
    client = client_as(vera)
    first = page(client, reverse("ledger:index"))
    assert "2 readings are hidden: somebody looked at something and changed nothing." in first
    assert "Otto Example read case 1" not in first
    assert "Ada Example opened case 1" in first
    assert "was refused" in first, "a refusal is never hidden"
    publish.settle()
    switch = re.search(r'href="([^"]+)">Show readings<', first).group(1)
    shown = page(client, reverse("ledger:index") + switch)
    assert "Otto Example read case 1" in shown
    assert "looked at a list of 3 cases" in shown
    assert "are hidden" not in shown
    publish.settle()
    back = re.search(r'href="([^"]+)">Hide readings<', shown).group(1)
    assert "4 readings are hidden" in page(client, reverse("ledger:index") + back), (
        "those of the ledger count"
    )


def test_the_switch_for_readings_keeps_what_was_asked_for(client_as, lived, otto, vera):
    cases.read(otto, case_id=lived[1].id)
    publish.settle()
    asked = {"subject": f"cases.Case/{lived[1].id}"}
    text = page(client_as(vera), reverse("ledger:index"), **asked)
    assert "1 reading is hidden" in text
    switch = re.search(r'href="([^"]+)">Show readings<', text).group(1).replace("&amp;", "&")
    shown = page(client_as(vera), reverse("ledger:index") + switch)
    assert "Otto Example read case 2" in shown
    assert "opened case 1" not in shown
    assert "are hidden" not in page(client_as(vera), reverse("ledger:index"), group="readings")


def test_where_only_readings_stand_the_page_says_so(client_as, lived, otto, vera):
    cases.read(otto, case_id=lived[1].id)
    publish.settle()
    with tenant_scope(otto.tenant):
        only = Entry.objects.filter(kind="cases.read").get()
    text = page(client_as(vera), reverse("ledger:index"), actor=only.actor, subject=only.subject)
    assert "Nothing was changed here; people only looked." in text


def test_a_refused_reading_is_a_refusal_and_stays_in_sight(client_as, lived, otto, adam):
    with pytest.raises(Refused):
        cases.read_queue(adam)
    publish.settle()
    text = page(client_as(otto), reverse("ledger:index"), actor=adam.id)
    assert "Refused" in text
    assert "reading is hidden" not in text


@pytest.mark.parametrize(("count", "words"), [(1, "1 entry"), (0, "0 entries"), (1200, "1200 entries")])
def test_words_in_sentences_follow_their_number(count, words):
    opened = Opened((Opening(8, "facts.entries", bytes(32), count),), 0)
    told = sentences.sentence("ledger.read", "x", "ledger", opened, {"x": "Ada"})
    assert told == f"Ada read {words} of the ledger"


def test_reading_the_ledger_is_on_record(client_as, lived, vera):
    page(client_as(vera), reverse("ledger:index"))
    with tenant_scope(vera.tenant):
        last = Outbox.objects.filter(actor=vera.id).order_by("-order").first()
    assert (last.kind, last.cls) == ("ledger.read", "log.read")


def test_an_entry_shows_its_fields_its_place_and_a_proof_that_holds(client_as, lived, otto, ada):
    entry = entry_of(ada)
    text = page(client_as(otto), reverse("ledger:entry", args=[entry.id]))
    assert "Case number 0" in text, "the title was committed and can be opened"
    assert "leads to the signed root" in text
    assert "proofbundle verify-proof" in text
    assert leaf_hash(bytes(entry.leaf)).hex() in text


def test_strangers_programs_accept_leaf_and_proof_from_the_page(client_as, lived, otto, ada):
    entry = entry_of(ada)
    client = client_as(otto)
    leaf = client.get(reverse("ledger:leaf", args=[entry.id])).content
    proof = client.get(reverse("ledger:proof", args=[entry.id])).content
    key = client.get(reverse("ledger:keys")).content.decode().splitlines()[0]
    assert leaf == bytes(entry.leaf)
    assert parse_tlog_proof(proof).index == entry.idx
    assert verify_tlog_proof(proof.decode(), leaf, key)["ok"] is True
    assert verify_tlog_proof(proof.decode(), leaf[:-1], key)["ok"] is False


def test_an_entry_that_waits_has_no_proof_yet(client_as, lived, otto):
    cases.open_case(otto, title="Just now")
    with tenant_scope(otto.tenant):
        waiting = Outbox.objects.filter(kind="cases.open").get()
    client = client_as(otto)
    assert "gets its place in the log within seconds" in page(
        client, reverse("ledger:entry", args=[waiting.id])
    )
    page(client, reverse("ledger:leaf", args=[waiting.id]), status=404)
    page(client, reverse("ledger:proof", args=[waiting.id]), status=503)


def test_an_entry_that_no_checkpoint_covers_says_so(client_as, lived, otto):
    from muniment.ledger import sequence

    cases.open_case(otto, title="Just now")
    sequence.sequence_all()
    with tenant_scope(otto.tenant):
        last = Entry.objects.order_by("-idx").first()
    text = page(client_as(otto), reverse("ledger:entry", args=[last.id]))
    assert "No signed checkpoint covers this entry yet." in text


def test_tiles_that_are_gone_are_said_and_not_drawn(client_as, lived, otto, ada):
    for file in (logs.folder(logs.of(ada.tenant)) / "tile/0").rglob("*"):
        if file.is_file():
            file.unlink()
    entry = entry_of(ada)
    text = page(client_as(otto), reverse("ledger:entry", args=[entry.id]))
    assert "No proof can be made" in text
    page(client_as(otto), reverse("ledger:proof", args=[entry.id]), status=503)


def test_checkpoints_keys_and_the_head_of_the_frame(client_as, lived, otto, adam, ada):
    client = client_as(otto)
    text = page(client, reverse("ledger:checkpoints"))
    assert "1 checkpoint, 0 witnessed." in text
    assert client.get(reverse("ledger:checkpoint")).content == (
        (logs.folder(logs.of(ada.tenant)) / "checkpoint").read_bytes()
    )
    assert 'id="ledger-head"' in page(client, reverse("ledger:head"))
    page(client_as(adam), reverse("ledger:index"))


def test_before_the_first_checkpoint_there_is_none_to_take(client_as, db, otto):
    text = page(client_as(otto), reverse("ledger:checkpoints"))
    assert "No checkpoint has been signed yet." in text
    page(client_as(otto), reverse("ledger:checkpoint"), status=404)


def test_another_tenants_entry_is_not_there(client_as, lived, mallory, ada):
    entry = entry_of(ada)
    for name in ("entry", "leaf", "proof"):
        page(client_as(mallory), reverse(f"ledger:{name}", args=[entry.id]), status=404)


def test_the_api_gives_entries_with_a_cursor_and_proofs(client_as, lived, otto, ada):
    client = client_as(otto)

    def ask(address, status=200, **asked):
        answer = client.get(f"/api/v1/ledger/{address}", asked)
        assert answer.status_code == status, answer.content
        return answer

    first = ask("entries", limit=2, action="cases.open", actor=ada.id).json()
    rest = ask("entries", limit=2, action="cases.open", actor=ada.id, cursor=first["next"]).json()
    assert [one["facts"]["number"] for one in first["items"] + rest["items"]] == [3, 2, 1]
    assert (rest["next"], first["items"][0]["actor_name"]) == (None, "Ada Example")
    entry = entry_of(ada)
    assert ask(f"entries/{entry.id}").json()["sentence"] == "Ada Example opened case 1"
    proof = ask(f"entries/{entry.id}/proof").json()
    assert proof["leaf"] == leaf_hash(ask(f"entries/{entry.id}/leaf").content).hex()
    assert parse_tlog_proof(ask(f"entries/{entry.id}/proof.tlog-proof").content).index == proof["index"]
    head = ask("head").json()
    assert (head["size"], head["root"]) == (proof["size"], proof["root"])
    ask("entries", status=422, limit=0)
    cases.open_case(otto, title="Just now")
    with tenant_scope(otto.tenant):
        waiting = Outbox.objects.filter(kind="cases.open").get()
    ask(f"entries/{waiting.id}/proof", status=503)
    ask(f"entries/{waiting.id}/leaf", status=503)


#: Files in a log's folder that are the installation's own: how asking its witnesses and pushing its events went.
NOT_FOR_READERS = {"asked.json", "pushed.json"}


def test_a_tiles_program_reads_the_whole_log_over_the_api(client_as, lived, vera, ada, tmp_path):
    client = client_as(vera)
    publish.settle(heads=True)
    folder = logs.folder(logs.of(ada.tenant))
    # What a young log does not have yet: keys that followed, a bound, a quorum; and what is none of a reader's.
    (folder / "cosigned").mkdir(exist_ok=True)
    for name in ("succession", "pruned.json", "witnessed", "cosigned/1", *NOT_FOR_READERS):
        (folder / name).write_bytes(b"of " + name.encode())
    held = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert {"checkpoint", "cose-head", "receipt-key"} < set(held)
    assert any(name.startswith("heads/") for name in held)
    assert client.get("/api/v1/ledger/cosigned").json() == {"sizes": [1]}
    for name, file in held.items():
        answer = client.get(f"/api/v1/ledger/{name}")
        if name in NOT_FOR_READERS:
            assert answer.status_code == 404, name
            continue
        assert (answer.status_code, answer.content) == (200, file.read_bytes()), name
        copy = tmp_path / "log" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(answer.content)
    reader = TilesReader(LocalBackend(tmp_path / "log"))
    state = reader.get_checkpoint()
    assert reader.calculate_root_hash() == state.root_hash
    entry = entry_of(ada)
    assert reader.get_entry(entry.idx) == bytes(entry.leaf)


@pytest.mark.parametrize(
    "name", ["succession", "pruned.json", "witnessed", "cosigned/1", "heads/000", "heads/0/000"]
)
def test_what_a_log_does_not_have_beside_its_tiles_is_absent(client_as, lived, vera, name):
    assert client_as(vera).get(f"/api/v1/ledger/{name}").status_code == 404


@pytest.mark.parametrize(
    "name", ["asked.json", "heads/../asked.json", "heads/", "cosigned/01", "time/x", ".lock", ""]
)
def test_a_name_that_no_reader_gets_is_absent(lived, ada, name):
    with tenant_scope(ada.tenant):
        (logs.folder(logs.of(ada.tenant)) / "asked.json").write_bytes(b"{}")
        with pytest.raises(Absent):
            queries.beside(name)


def test_an_event_that_gets_its_place_while_it_is_looked_up_is_found(db, ada):
    cases.open_case(ada, title="Just now")
    asked: list[str] = []

    def place_after_the_first(execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        asked.append(sql)
        if len(asked) == 1:
            sequence.sequence(ada.tenant)
        return done

    with tenant_scope(ada.tenant):
        waiting = Outbox.objects.filter(kind="cases.open").get()
        with connection.execute_wrapper(place_after_the_first):
            assert queries.entry(waiting.id).id == waiting.id
        assert isinstance(queries.entry(waiting.id), Entry)


@pytest.mark.parametrize(
    "path", ["0/000", "../checkpoint", "0/../../checkpoint", "entries/x/000", "0/0", "00000/000", "0/000.p/"]
)
def test_a_name_that_is_none_of_a_tile_is_absent(lived, ada, path):
    with tenant_scope(ada.tenant), pytest.raises(Absent):
        queries.tile(path)


def test_who_may_not_read_the_ledger_gets_no_tiles_either(client_as, lived, otto, monkeypatch):
    from muniment.access import rules

    monkeypatch.setitem(rules.ROLES, "officer", rules.ROLES["officer"] - {"ledger.read"})
    for address in ("checkpoint", "head", "tile/0/000", "cose-head", "heads/000", "succession", "entries"):
        assert client_as(otto).get(f"/api/v1/ledger/{address}").status_code == 403
    page(client_as(otto), reverse("ledger:checkpoints"), status=403)


def test_every_class_of_leaves_stands_under_one_filter():
    held = [name for _word, classes in sentences.GROUPS.values() for name in classes]
    assert sorted(held) == sorted(CLASSES)
    assert sentences.group_of("never heard of") == "never heard of"


def test_words_for_what_this_version_does_not_know(db, ada):
    nothing = Opened((), 0)
    assert "does not know (old.verb)" in sentences.sentence("old.verb", "x", "y", nothing, {})
    assert sentences.subject_in_words("gone.Model/0123456789") == "gone.Model 01234567"
    assert sentences.subject_in_words("cases.queue") == "cases queue"
    assert sentences.in_words({"a_b": [1, True], "c": ""}) == "a b: 1, yes"
    assert sentences.in_words([]) == "none"
    assert sentences.in_words(False) == "no"
    assert sentences.address("cases.Case/not-an-identifier") == ""


def test_a_hostile_text_in_a_fact_is_a_value_and_never_a_template(db, ada):
    shown = Opened((Opening(8, "facts.number", bytes(32), "{actor.__class__} {facts.x}"),), 0)
    told = sentences.sentence("cases.open", "somebody", "cases.Case/x", shown, {"somebody": "{0}"})
    assert told == "{0} opened case {actor.  class  } {facts.x}"
