"""The middle of the tour: a scan, a screening, and a case that two people decide."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from muniment.cases import actions as cases
from muniment.cases import queries as case_queries
from muniment.cases.models import Decision, Outcome
from muniment.ops.showing.screen import Screen, number, short
from muniment.ops.showing.setting import Tour
from muniment.scans import actions as scans
from muniment.scans import jobs as scan_jobs
from muniment.scans import queries as scan_queries
from muniment.scans.models import Finding
from muniment.screening import actions as screenings
from muniment.screening import queries as screening_queries
from muniment.screening.models import Match, ScreeningRun
from muniment.spine import ports
from muniment.spine.errors import Refused
from muniment.spine.scope import tenant_scope
from muniment.spine.session import open_action

#: What the firm is held against: GDPR, DORA, the AI Act.
HELD_AGAINST = {"32016R0679": "GDPR", "32022R2554": "DORA", "32024R1689": "AI Act"}
WORDS = {
    "evidence_found": "a passage of the firm's documents speaks to the duty",
    "conflict_found": "a passage seems to say something else than the law",
    "no_evidence_found": "nothing was found that speaks to the duty",
    "cannot_tell": "the rules cannot tell; somebody has to look",
}
LATE = "96 hours"


def scan(tour: Tour) -> None:
    """Step d, first half: the duties of three acts against the firm's policies."""
    screen, ada = tour.screen, tour.actor("ada")
    with tenant_scope(ada.tenant):
        chosen = [one for one in scan_queries.act_choices() if one.key in HELD_AGAINST]
    if not chosen:
        screen.say("There is no law here to hold the firm against, so this step is left out.")
        tour.counted |= {"findings_digest": "", "findings": {}}
        return
    names = ", ".join(f"{HELD_AGAINST[one.key]} ({one.version})" for one in chosen)
    screen.say(f"The firm's policies are held against {names}.")
    asked = scans.run(ada, snapshots=[one.id for one in chosen])
    with screen.bar("Duties in the law, passages in the policies"):
        done = scan_jobs.carry_out(ada.tenant, asked.id)
    _, findings = scans.read(ada, scan_id=done.id)
    screen.table(
        ("proposed", "duties", "which means"),
        [
            (status.replace("_", " "), number(count), WORDS.get(status, ""))
            for status, count in done.counts.items()
        ],
        right=[1],
    )
    for one in [one for one in findings if one.status == "conflict_found"][:5]:
        _show(screen, one)
    screen.say(
        "These are proposals of written rules, each with its passages; people say what they are worth."
    )
    screen.say(f"Fingerprint of all findings: {done.digest}")
    tour.counted |= {"findings_digest": done.digest, "findings": done.counts, "scan_stats": done.stats}


def _show(screen: Screen, one: Finding) -> None:
    screen.refused(f"{HELD_AGAINST.get(one.act, one.act)}, {one.eid}: the law says")
    screen.quote(_brief(one.law_quote))
    screen.say("and the firm's document says")
    screen.quote(_brief(str(one.quote)))


def _brief(words: str, most: int = 240) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= most else flat[: most - 1].rsplit(" ", 1)[0] + " …"


def screen_everybody(tour: Tour) -> None:
    """Step d, second half: every counterparty against every list."""
    screen, ada = tour.screen, tour.actor("ada")
    asked = screenings.run(ada)
    entries = sum(int(one["entries"]) for one in asked.lists)
    lists = "one list" if len(asked.lists) == 1 else f"{len(asked.lists)} lists"
    screen.say(f"Every counterparty is compared with {number(entries)} parties on {lists}.")
    if tour.beside is None:
        raise RuntimeError("the lists are loaded by the step before")
    with screen.bar("Making the lists ready") as move:
        tour.beside.loaded(move)
    with screen.bar("Comparing") as move:
        tour.beside.screen(ada.tenant, asked.id, move)
    tour.beside.end()
    with tenant_scope(ada.tenant):
        done = screening_queries.run(asked.id)
    reading = screenings.read(ada, run_id=done.id, limit=10_000)
    found, missed = _truly(tour, done)
    screen.table(
        ("outcome", "counterparties", "which means"),
        [
            ("alert", done.alerts, "somebody has to look at this before business goes on"),
            ("also consider", done.considers, "a second opinion sees a likeness"),
            ("clear", done.clears, "nothing came near; recorded with the same care"),
        ],
        right=[1],
    )
    if found or missed:
        screen.good(
            f"{len(found)} of the {len(found) + len(missed)} that were made to resemble somebody were found."
        )
    if missed:
        screen.refused(
            f"{', '.join(missed)}: changed so much that the score stays below the line; kept on record with it."
        )
    screen.say(
        "Scores come from an open reference (nomenklatura logic-v2), unchanged; each shows how it came about."
    )
    screen.say(f"Fingerprint of all results: {done.digest}")
    tour.counted |= {
        "screening_digest": done.digest,
        "screening": {
            "alerts": done.alerts,
            "also_consider": done.considers,
            "clear": done.clears,
            "counterparties": len(reading.screened),
            "entries": entries,
            "resembling_found": sorted(found),
            "resembling_missed": sorted(missed),
        },
    }


def _truly(tour: Tour, run: ScreeningRun) -> tuple[list[str], list[str]]:
    """Return which of the counterparties that were drawn from a list raised an alert, and which did not."""
    with tenant_scope(tour.actor("ada").tenant):
        alerts = Match.objects.filter(screened__run=run, verdict__in=["alert", "consider"])
        pairs = set(alerts.values_list("screened__reference", "entity_id"))
    drawn = [(reference, listed) for reference, listed, _ in tour.counted["resembling"]]
    return [one[0] for one in drawn if one in pairs], [one[0] for one in drawn if one not in pairs]


def decide(tour: Tour) -> None:
    """Step e: a case that one person proposes and another one decides; doing both is refused."""
    screen, ada, otto = tour.screen, tour.actor("ada"), tour.actor("otto")
    items = _items(tour)
    case = cases.open_case(
        ada,
        title="Late notice of personal data breaches, and a customer who resembles a listed party",
        items=items,
    )
    screen.say(
        f"Ada, the analyst, opens case {case.number} with {len(items)} things in it: what was found above."
    )
    rationale = (
        "The incident response policy allows 96 hours where the GDPR allows 72. The customer's name, birth date and"
        " country agree with the listed party apart from the spelling. I propose to confirm both."
    )
    cases.propose(ada, case_id=case.id, outcome=Outcome.CONFIRMED.value, rationale=rationale)
    screen.good("Ada proposes an outcome, with her reasons.")
    with tenant_scope(ada.tenant):
        waiting = case_queries.whole(case.id)
    reason = "I read both passages and compared the passport copy with the entry on the list. I agree."
    try:
        cases.decide(ada, case_id=case.id, approve=True, reason=reason, shown=waiting.shown)
    except Refused as why:
        screen.refused("Ada tries to decide it herself. Muniment says:")
        screen.quote(str(why))
    screen.refused("Somebody writes her decision into the database directly. The database says:")
    screen.quote(_words(_written_past_the_door, tour, waiting.waiting))
    screen.refused(
        "Now the same from inside a decision, with every check of the program left out. The database says:"
    )
    screen.quote(_words(_written_inside, tour, waiting.waiting))
    decided = cases.decide(otto, case_id=case.id, approve=True, reason=reason, shown=waiting.shown)
    screen.good("Otto, the officer, reads the same and decides.")
    screen.say(f"His yes is bound to exactly what he was shown: {short(decided.bound_digest)}")
    tour.counted |= {"case": str(case.id), "case_number": case.number, "decision": str(decided.answer)}


def _items(tour: Tour) -> list[tuple[str, UUID]]:
    """Return the finding about the late notice and the best match of the screening, where there are such."""
    items: list[tuple[str, UUID]] = []
    ada = tour.actor("ada")
    with tenant_scope(ada.tenant):
        conflicts: list[Finding] = list(Finding.objects.filter(status="conflict_found").order_by("position"))
        late = next((one for one in conflicts if LATE in str(one.quote)), conflicts[0] if conflicts else None)
        best = Match.objects.filter(screened__run=screening_queries.latest(), person=True).order_by(
            "tier", "-score", "id"
        )
        match: Match | None = best.first()
    if late is not None:
        items.append(("finding", scans.read_finding(ada, finding_id=late.id).finding.id))
    if match is not None:
        items.append(("match", screenings.read_match(ada, match_id=match.id).id))
    return items


def _past(tour: Tour, waiting: Decision | None) -> None:
    """Write Ada's own decision with the statement that an attacker inside the program would use."""
    ada = tour.actor("ada")
    with tenant_scope(ada.tenant):
        Decision.objects.filter(id=None if waiting is None else waiting.id).update(
            answer="approved", decided_by=F("requested_by"), decided_at=ports.now()
        )


def _written_past_the_door(tour: Tour, waiting: Decision | None) -> None:
    with transaction.atomic():
        _past(tour, waiting)


def _written_inside(tour: Tour, waiting: Decision | None) -> None:
    with transaction.atomic(), open_action("cases.decide"):
        _past(tour, waiting)


def _words(attempt: Any, tour: Tour, waiting: Decision | None) -> str:
    """Return the words with which the database refuses an attempt; nothing of the attempt stays."""
    try:
        attempt(tour, waiting)
    except IntegrityError as refusal:
        return str(refusal).splitlines()[0]
    raise RuntimeError("the database let somebody decide their own proposal")
