"""The pages of cases, as people use them."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from muniment.cases import actions, queries, views
from muniment.cases.models import Case
from muniment.ledger.models import Outbox
from muniment.spine.scope import tenant_scope
from muniment.vault import actions as vault

WORDS = "The policy allows four days where the law allows three."


def page(client, name, *args, status=200, **data):
    answer = client.get(reverse(name, args=args), data)
    assert answer.status_code == status, answer.content[:2000]
    return re.sub(r"\s+", " ", answer.content.decode())


def send(client, name, *args, status=302, **data):
    answer = client.post(reverse(name, args=args), data)
    assert answer.status_code == status, answer.content[:3000]
    return answer


def test_an_empty_queue_says_what_will_stand_here_and_offers_the_first_step(client_as, ada):
    text = page(client_as(ada), "cases:index")
    assert "will stand here as cases" in text
    assert reverse("cases:open") in text


def test_the_queue_shows_who_waits_for_what_with_names_and_counts(client_as, account_of, case, ada, otto):
    account_of(ada)
    actions.propose(ada, case_id=case.id, outcome="to_remedy", rationale=WORDS)
    text = page(client_as(otto), "cases:index")
    assert "Breach notified too late" in text
    assert "Ada Example: to be remedied" in text
    assert (
        "1 case waits for a decision, of 1 in all. 1 has a proposed outcome and needs a second person."
        in text
    )
    assert "1 document" in text
    assert ada.id not in text


@pytest.mark.parametrize(
    ("open_", "proposed", "decided", "words"),
    [
        (0, 0, 0, "No case has been opened yet."),
        (0, 0, 1, "There is 1 case; it is closed, and nothing waits for a decision."),
        (0, 0, 1200, "There are 1,200 cases; all of them are closed, and nothing waits for a decision."),
        (1, 0, 2, "1 case waits for a decision, of 3 in all. Nobody has proposed an outcome yet."),
        (
            1,
            1,
            0,
            "2 cases wait for a decision, of 2 in all. 1 has a proposed outcome and needs a second person.",
        ),
        (
            0,
            2,
            0,
            "2 cases wait for a decision, of 2 in all. 2 have a proposed outcome and need a second person.",
        ),
    ],
)
def test_the_queue_says_how_many_wait_in_words_that_fit_the_number(open_, proposed, decided, words):
    counts = {
        "open": open_,
        "proposed": proposed,
        "": open_ + proposed + decided,
        "waiting": open_ + proposed,
    }
    assert views._lede(counts) == words


def test_what_a_case_is_about_is_said_as_a_sentence_says_it():
    assert views.in_words({"finding": 1, "match": 2, "evidence": 1}) == "1 finding, 2 matches and 1 document"
    assert views.in_words({"match": 1}) == "1 match"
    assert views.in_words({}) == "nothing yet"


def test_a_queue_in_which_all_is_decided_leads_to_what_was_decided(client_as, case, ada, otto):
    actions.propose(ada, case_id=case.id, outcome="to_remedy", rationale=WORDS)
    shown = actions.read(otto, case_id=case.id).shown
    actions.decide(otto, case_id=case.id, approve=True, reason="Agreed, amend it.", shown=shown)
    text = page(client_as(ada), "cases:index")
    assert "Nothing waits for a decision." in text
    assert 'href="?state=decided">See what was decided' in text


def test_the_queue_is_filtered_by_state_and_an_unknown_one_is_the_usual_one(client_as, case, ada):
    assert "No case is in this state." in page(client_as(ada), "cases:index", state="decided")
    assert "Breach notified" in page(client_as(ada), "cases:index", state="nonsense")
    assert "Breach notified" in page(client_as(ada), "cases:index", state="", after="bogus")


def test_looking_at_the_queue_and_at_a_case_is_on_record(client_as, case, vera):
    page(client_as(vera), "cases:index")
    page(client_as(vera), "cases:case", case.id)
    with tenant_scope(vera.tenant):
        kinds = set(Outbox.objects.filter(actor=vera.id).values_list("kind", flat=True))
    assert {"cases.read_queue", "cases.read"} <= kinds


def test_a_case_is_opened_from_the_address_of_a_thing_and_only_once(client_as, policy, ada):
    client = client_as(ada)
    address = f"{reverse('cases:open')}?evidence={policy.id}&match=bogus"
    text = client.get(address).content.decode()
    assert "Incident response, version 1" in text
    once = re.search(r'name="once" value="([^"]+)"', text).group(1)
    for _ in range(2):
        answer = client.post(address, {"title": "Is this enough?", "due": "", "once": once})
        assert answer.status_code == 302
        assert answer["Location"] == reverse("cases:case", args=[once])
    with tenant_scope(ada.tenant):
        [made] = Case.objects.all()
        assert len(queries.items(made)) == 1


def test_who_opens_a_second_case_about_the_same_thing_is_told_of_the_first(client_as, case, policy, ada):
    actions.open_case(ada, title="Quite another matter")
    text = page(client_as(ada), "cases:open", evidence=str(policy.id))
    assert f'This already belongs to <a href="{reverse("cases:case", args=[case.id])}">case 1</a>' in text
    assert "Or add it to a case that is open already" in text
    assert "Add to case 2" in text
    assert "Add to case 1" not in text


@pytest.mark.parametrize(
    ("title", "due"), [("", ""), ("x" * 501, ""), ("Fine title", "2001-01-01"), ("a\0b c", "")]
)
def test_a_form_that_is_not_right_comes_back_with_what_is_wrong(client_as, ada, title, due):
    answer = send(client_as(ada), "cases:open", status=422, title=title, due=due, once=str(uuid4()))
    assert "field__error" in answer.content.decode()
    with tenant_scope(ada.tenant):
        assert not Case.objects.exists()


def test_the_whole_way_from_proposal_to_decision(client_as, account_of, case, ada, otto):
    account_of(ada)
    account_of(otto)
    send(client_as(ada), "cases:propose", case.id, outcome="to_remedy", rationale=WORDS)
    own = page(client_as(ada), "cases:case", case.id)
    assert "Your role does not allow this." in own
    assert "These people may: Otto Example." in own

    text = page(client_as(otto), "cases:case", case.id)
    assert "You are approving exactly this:" in text
    assert "1 document, a rationale of 10 words," in text
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', text).group(1)
    assert shown in text.replace(f'value="{shown}"', "")
    send(client_as(otto), "cases:decide", case.id, shown=shown, reason="Agreed, amend it.", approve="yes")

    done = page(client_as(otto), "cases:case", case.id)
    assert "Ada Example proposed: to be remedied." in done
    assert "Otto Example decided: to be remedied." in done
    assert "Agreed, amend it." in done
    assert WORDS in done
    again = send(
        client_as(otto),
        "cases:decide",
        case.id,
        status=403,
        shown=shown,
        reason="Agreed again.",
        approve="yes",
    )
    assert b"already decided" in again.content


def test_the_officer_who_proposed_sees_why_somebody_else_must_decide(client_as, case, otto):
    send(client_as(otto), "cases:propose", case.id, outcome="cleared", rationale=WORDS)
    text = page(client_as(otto), "cases:case", case.id)
    assert "You proposed this, so somebody else must decide it." in text
    assert "disabled" in text
    assert 'name="shown"' not in text


def test_what_is_sent_back_can_be_proposed_again(client_as, case, ada, otto):
    send(client_as(ada), "cases:propose", case.id, outcome="cleared", rationale=WORDS)
    text = page(client_as(otto), "cases:case", case.id)
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', text).group(1)
    send(client_as(otto), "cases:decide", case.id, shown=shown, reason="Not agreed at all.", approve="no")
    text = page(client_as(ada), "cases:case", case.id)
    assert "sent the proposal back: not cleared." in text
    assert reverse("cases:propose", args=[case.id]) in text


def test_a_page_that_is_too_old_decides_nothing(client_as, case, ada, otto):
    send(client_as(ada), "cases:propose", case.id, outcome="cleared", rationale=WORDS)
    client = client_as(otto)
    answer = client.post(
        reverse("cases:decide", args=[case.id]),
        {"shown": "0" * 64, "reason": "Agreed, all is well.", "approve": "yes"},
        follow=True,
    )
    assert "Nothing was decided" in answer.content.decode()
    assert "it became void" in answer.content.decode()
    with tenant_scope(otto.tenant):
        assert Case.objects.get().state == "open"


def test_attaching_makes_a_waiting_proposal_void_and_says_so(client_as, case, ada):
    other = vault.receive(ada, [b"More.\n"], name="more.md")
    client = client_as(ada)
    assert "more.md, version 1" in page(client, "cases:case", case.id)
    send(client, "cases:propose", case.id, outcome="cleared", rationale=WORDS)
    answer = client.post(
        reverse("cases:attach", args=[case.id]), {"kind": "evidence", "item_id": str(other.id)}, follow=True
    )
    text = answer.content.decode()
    assert "is void now" in text
    assert "became void, since it was about something else" in text
    assert (
        client.post(
            reverse("cases:attach", args=[case.id]), {"kind": "evidence", "item_id": str(other.id)}
        ).status_code
        == 409
    )


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("cases:propose", {"outcome": "cleared", "rationale": "short"}),
        ("cases:propose", {"outcome": "nonsense", "rationale": WORDS}),
        ("cases:withdraw", {"reason": ""}),
        ("cases:attach", {"kind": "evidence", "item_id": "bogus"}),
    ],
)
def test_what_is_missing_is_said_beside_the_field_and_what_was_typed_is_kept(
    client_as, case, ada, name, data
):
    text = send(client_as(ada), name, case.id, status=422, **data).content.decode()
    assert "field__error" in text
    assert "Breach notified too late" in text


def test_a_reason_that_is_too_short_comes_back_with_what_was_typed(client_as, case, ada, otto):
    send(client_as(ada), "cases:propose", case.id, outcome="cleared", rationale=WORDS)
    text = page(client_as(otto), "cases:case", case.id)
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', text).group(1)
    back = send(
        client_as(otto), "cases:decide", case.id, status=422, shown=shown, reason="ok so", approve="yes"
    )
    assert "ok so" in back.content.decode()
    assert "field__error" in back.content.decode()


def test_a_withdrawn_case_keeps_its_reason_in_its_column_of_time(client_as, case, ada):
    send(client_as(ada), "cases:withdraw", case.id, reason="Opened twice.")
    text = page(client_as(ada), "cases:case", case.id)
    assert "withdrew the case." in text
    assert "Opened twice." in text
    assert "Withdrawn" in page(client_as(ada), "cases:index", state="withdrawn")


def test_an_auditor_reads_and_is_offered_nothing_to_press(client_as, case, vera):
    text = page(client_as(vera), "cases:case", case.id)
    assert text.count('method="post"') == text.count(reverse("account_logout"))
    assert client_as(vera).get(reverse("cases:open")).status_code == 403
    send(client_as(vera), "cases:propose", case.id, status=403, outcome="cleared", rationale=WORDS)


def test_another_tenants_case_is_not_there(client_as, case, mallory):
    page(client_as(mallory), "cases:case", case.id, status=404)


def test_a_case_whose_day_has_passed_says_so(client_as, policy, ada):
    late = actions.open_case(ada, title="Long waited for", items=[("evidence", policy.id)])
    early = late.opened_at - timedelta(days=1)
    made = actions.open_case(ada, title="Too late already", due_at=early)
    assert "Overdue" in page(client_as(ada), "cases:case", made.id)
    assert "Overdue" in page(client_as(ada), "cases:index")
    assert "Overdue" not in page(client_as(ada), "cases:case", late.id)
