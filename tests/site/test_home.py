"""The first page: what needs somebody today, what changed, and figures that lead to their lists."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from tests.cases import lived
from tests.scans.duties.written import written_act
from tests.screening.listed import ENTRIES

from muniment.cases import actions as cases
from muniment.cases import queries
from muniment.scans import actions as scans
from muniment.screening.models import Match
from muniment.site import home, home_pictures
from muniment.sources import actions as sources
from muniment.spine import ports
from muniment.spine.scope import tenant_scope
from muniment.vault import actions as vault
from muniment.vault import storage


def page(client):
    answer = client.get("/")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def house(db, operator, ada, otto, account_of):
    account_of(ada)
    account_of(otto)
    home._loose_ids.cache_clear()
    return lived.live_in(operator, ada)


def test_an_empty_house_says_what_to_do_first(client_as, db, ada):
    text = page(client_as(ada))
    assert "First steps" in text
    assert text.count("Not yet done") == 5
    for name in ("vault:upload", "scans:start", "counterparties:offer", "screening:index", "cases:index"):
        assert reverse(name) in text
    assert "Nothing changed in the last 30 days." in text


def test_a_conflict_without_a_case_needs_somebody_until_there_is_one(client_as, house, ada):
    sentence = "A document conflicts with GDPR Art. 33(1), and no case is open about it."
    assert sentence in page(client_as(ada))
    made = cases.open_case(ada, title="Too late", items=[("finding", house.conflict.id)])
    assert sentence not in page(client_as(ada))
    cases.withdraw(ada, case_id=made.id, reason="Opened in error.")
    assert sentence in page(client_as(ada))
    scans.assess(ada, finding_id=house.conflict.id, assessment="disagreed", reason="It is another deadline.")
    assert sentence not in page(client_as(ada))


def test_who_may_decide_is_asked_to_and_who_may_not_is_told_that_it_waits(client_as, house, ada, otto):
    made = cases.open_case(ada, title="Too late", items=[("finding", house.conflict.id)])
    assert "Nobody has proposed an outcome for case 1: Too late" in page(client_as(ada))
    cases.propose(ada, case_id=made.id, outcome="to_remedy", rationale=lived.WORDS)
    assert "Decide case 1: Ada Example proposes “to be remedied” – Too late" in page(client_as(otto))
    assert "Case 1 waits for somebody else’s decision: Too late" in page(client_as(ada))


def test_what_is_due_first_stands_first_and_what_is_late_says_so(client_as, house, ada):
    now = ports.now()
    cases.open_case(ada, title="Later one", due_at=now + timedelta(days=5))
    cases.open_case(ada, title="Late one", due_at=now - timedelta(days=1))
    text = page(client_as(ada))
    assert text.index("Late one") < text.index("Later one")
    assert "Overdue" in text


def test_a_long_list_is_cut_and_says_how_many_are_left(client_as, db, ada):
    for number in range(home.MOST_LINES + 3):
        cases.open_case(ada, title=f"Case number {number}")
    assert "3 more</a> wait after these." in page(client_as(ada))


def test_alerts_without_a_case_are_counted_with_their_denominator(client_as, db, operator, ada, account_of):
    account_of(ada)
    sources.take_in_list(
        operator,
        [sources.File("copy.json", b"copy")],
        ENTRIES,
        sources.Origin("copied", "2026-01", "Nobody", "invented"),
        title="The same list by another name",
        extractor="invented/1",
        counts={"entities": len(ENTRIES)},
    )
    match = lived.screen(operator, ada)
    text = page(client_as(ada))
    with tenant_scope(ada.tenant):
        alerts = list(Match.objects.filter(verdict="alert").values_list("screened_id", "id"))
    parties = {party for party, _match in alerts}
    assert len(parties) < len(alerts), "one counterparty resembles two entries, and is one counterparty"
    sentence = "{} of the {} counterparties with an alert ha"
    assert sentence.format(len(parties), len(parties)) in text
    assert f'>{len(parties)}</a><span class="figure__words">of 5 screened have an alert' in text
    [party] = [party for party, one in alerts if one == match]
    cases.open_case(ada, title="Is it them?", items=[("match", one) for held, one in alerts if held == party])
    assert sentence.format(len(parties) - 1, len(parties)) in page(client_as(ada))
    assert "of 5 counterparties are screened as they are now" in text
    assert "Invented list" in text
    assert "the newest one here" in text
    lived.take_in_list(operator, version="2026-02")
    assert "a newer one, 2026-02, is loaded" in page(client_as(ada))


def test_a_finding_whose_quote_no_longer_stands_needs_somebody(client_as, house, ada):
    assert "no longer stands" not in page(client_as(ada))
    path = storage.path_of(house.policy.text_id)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    home._loose_ids.cache_clear()
    assert "1 finding of the latest scan no longer stands" in page(client_as(ada))


def test_the_bars_count_the_latest_scan_and_each_count_leads_to_its_findings(client_as, house, ada):
    text = page(client_as(ada))
    scan = reverse("scans:scan", args=[house.scan.id])
    assert f'href="{scan}?act=32016R0679&amp;status=conflict_found"' in text
    with tenant_scope(ada.tenant):
        [bar] = home_pictures.findings(house.scan)
    assert bar["label"] == "GDPR"
    assert sum(count for _code, count, _url in bar["parts"]) == len(house.findings)


def test_decisions_are_counted_by_week_with_the_median_time(client_as, house, ada, otto):
    for days in (1, 3):
        at = datetime(2026, 3, 9, 9, tzinfo=UTC)
        with ports.frozen(clock=at):
            made = cases.open_case(ada, title="Too late", items=[("evidence", house.policy.id)])
            cases.propose(ada, case_id=made.id, outcome="to_remedy", rationale=lived.WORDS)
            with tenant_scope(ada.tenant):
                shown = queries.whole(made.id).shown
        with ports.frozen(clock=at + timedelta(days=days)):
            cases.decide(otto, case_id=made.id, approve=True, reason="Agreed, amend it.", shown=shown)
    with tenant_scope(ada.tenant):
        pace = home_pictures.pace(datetime(2026, 3, 14, 12, tzinfo=UTC))
        assert (pace.count, pace.middle, pace.weeks[-1]) == (2, timedelta(days=2), ("this week", 2.0))
        assert (pace.weeks[-2][0], pace.most, pace.is_quick) == ("week of 2 Mar", 2, False)
        assert len(pace.weeks) == home_pictures.WEEKS
        later = home_pictures.pace(datetime(2027, 3, 14, 12, tzinfo=UTC))
        assert (later.count, later.middle) == (0, None)


def test_what_changed_names_documents_scans_and_law(client_as, house, ada):
    text = page(client_as(ada))
    assert "Ada Example filed Incident response, version 1." in text
    assert "Scan 1 found 1 conflict; it looked at 3 duties." in text
    assert "GDPR was taken in, published 4 May 2016." in text


def test_many_documents_and_acts_of_one_day_are_told_in_one_sentence_each(client_as, house, operator, ada):
    for number in range(3):
        text = lived.POLICY + str(number).encode()
        vault.receive(ada, [text], name=f"p{number}.md", title=f"Policy {number}", owner="IT security")
    for number in range(4):
        act = written_act(lived.ACT, celex=f"3203{number}R0001")
        origin = sources.Origin(f"3203{number}R0001", "OJ:2030-01-02", "Nobody’s Office", "invented")
        sources.take_in(operator, [sources.File("a.txt", str(number).encode())], act, origin)
    text = page(client_as(ada))
    assert "Ada Example filed 4 documents, the last of them Policy 2." in text
    assert "Policy 1" not in text
    assert "Law was taken in, 5 texts of 5 acts: GDPR, " in text
    assert "and others." in text


def test_a_decision_within_a_minute_is_not_said_to_take_no_time(client_as, house, ada, otto):
    made = cases.open_case(ada, title="Too late", items=[("evidence", house.policy.id)])
    cases.propose(ada, case_id=made.id, outcome="to_remedy", rationale=lived.WORDS)
    with tenant_scope(ada.tenant):
        shown = queries.whole(made.id).shown
    cases.decide(otto, case_id=made.id, approve=True, reason="Agreed, amend it.", shown=shown)
    text = page(client_as(ada))
    assert "1 decision in 12 weeks; it came within a minute of the proposal." in text
    assert "0 s" not in text


def test_an_administrator_sees_nothing_of_what_others_decide_about(client_as, house, adam, ada):
    cases.open_case(ada, title="Not for administrators", items=[("finding", house.conflict.id)])
    text = page(client_as(adam))
    assert "Not for administrators" not in text
    assert "Incident response" not in text
    assert "Findings by act" not in text
    assert reverse("access:people") in text


def test_another_tenant_sees_an_empty_house(client_as, house, mallory):
    text = page(client_as(mallory))
    assert "Incident response" not in text
    assert text.count("Not yet done") == 5
