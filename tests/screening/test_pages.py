"""The pages and the API of the screenings, as each role meets them."""

from __future__ import annotations

import pytest
from tests.screening.listed import take_in_book, take_in_list

from muniment.counterparties.models import Counterparty
from muniment.ledger.models import Outbox
from muniment.screening import jobs
from muniment.screening.models import Match, Screened, ScreeningRun
from muniment.spine import queue
from muniment.spine.scope import tenant_scope


@pytest.fixture
def ready(db, operator, ada):
    take_in_list(operator)
    take_in_book(ada)


@pytest.fixture
def screened(ready, ada):
    from muniment.screening import actions

    with tenant_scope(ada.tenant):
        return jobs.perform(actions.run(ada).id)


def party(actor, reference):
    with tenant_scope(actor.tenant):
        return Counterparty.objects.get(reference=reference).id


def test_before_anything_is_there_the_page_says_what_is_missing(client_as, ada):
    page = client_as(ada).get("/screening/").content.decode()

    assert "There is no list to screen against yet" in page


def test_a_run_is_started_and_its_page_says_how_far_it_is(ready, client_as, ada, vera):
    client = client_as(ada)
    started = client.post("/screening/")
    assert started.status_code == 302
    assert "It waits for a worker" in client.get(started["Location"]).content.decode()
    assert client.post("/screening/").status_code == 409

    assert queue.work_off() == 1

    page = client_as(vera).get(started["Location"]).content.decode()
    assert "5 of 5 counterparties screened" in page
    assert page.count("data-item") == 5
    assert (
        client_as(vera).get(f"{started['Location']}?verdict=clear").content.decode().count("data-item") == 2
    )
    assert client_as(vera).post("/screening/").status_code == 403


def test_a_counterpartys_page_shows_both_records_and_where_the_score_came_from(
    screened, client_as, ada, vera
):
    page = client_as(vera).get(f"/screening/counterparties/{party(ada, 'P-3')}/").content.decode()

    assert "Ayşe Demirtaş" in page
    assert "its main name" in page or "Same number" in page
    assert "U1234567" in page
    assert "Same number" in page or "Names compared" in page
    assert "Nobody has decided this yet" in page
    assert "/cases/open/" not in page
    with tenant_scope(ada.tenant):
        kinds = set(Outbox.objects.filter(actor=vera.id).values_list("kind", flat=True))
    assert kinds >= {"screening.read", "counterparties.read"}
    assert (
        "/cases/open/?match="
        in client_as(ada).get(f"/screening/counterparties/{party(ada, 'P-3')}/").content.decode()
    )


def test_a_clear_party_says_what_came_nearest_and_an_owned_one_who_owns_it(screened, client_as, ada):
    client = client_as(ada)
    clear = client.get(f"/screening/counterparties/{party(ada, 'P-2')}/").content.decode()
    owned = client.get(f"/screening/counterparties/{party(ada, 'C-1')}/").content.decode()

    assert "No entry of any list came near enough" in clear
    assert "60\N{NO-BREAK SPACE}%" in owned
    assert "Victor Morosenko" in owned
    led = client.get(f"/counterparties/{party(ada, 'P-2')}/")
    assert led["Location"] == f"/screening/counterparties/{party(ada, 'P-2')}/"


def test_what_both_opinions_set_aside_is_shown_folded(ready, client_as, ada):
    from muniment.screening import actions

    with tenant_scope(ada.tenant):
        jobs.perform(actions.run(ada, cutoff=200).id)
        noted = Match.objects.filter(state="noted").first()

    page = client_as(ada).get(f"/screening/counterparties/{noted.counterparty_id}/").content.decode()

    assert "set aside by both opinions" in page
    assert "Below both thresholds" in page


def test_a_match_has_a_page_and_a_result_is_recomputed_on_request(screened, client_as, ada, vera):
    with tenant_scope(ada.tenant):
        match = Match.objects.filter(screened__reference="P-1").order_by("tier", "-score").first()
    client = client_as(vera)

    assert "Viktor Morozenko" in client.get(f"/screening/matches/{match.id}/").content.decode()
    again = client.post(f"/screening/results/{match.screened_id}/replay/")
    assert "every byte came out the same" in again.content.decode()


def test_an_erased_person_leaves_a_page_that_says_so(screened, client_as, ada):
    from muniment.spine.installation import keyring

    ident = party(ada, "P-1")
    keyring().destroy(ada.tenant, ident)

    page = client_as(ada).get(f"/screening/counterparties/{ident}/").content.decode()

    assert "data were erased" in page
    assert "Morosenko" not in page
    with tenant_scope(ada.tenant):
        match = Match.objects.filter(counterparty_id=ident).first()
    assert "data were erased" in client_as(ada).get(f"/screening/matches/{match.id}/").content.decode()
    assert client_as(ada).post(f"/screening/results/{match.screened_id}/replay/").status_code == 404


def test_programs_start_follow_and_read(ready, client_as, ada):
    client, api = client_as(ada), "/api/v1/screening"
    started = client.post(f"{api}/runs", {}, content_type="application/json")
    assert started.status_code == 202, started.content
    queue.work_off()

    run = client.get(f"{api}/runs/{started.json()['id']}").json()
    assert (run["state"], run["done"]) == ("finished", 5)
    assert client.get(f"{api}/runs").json()[0]["digest"] == run["digest"]
    first = client.get(f"{api}/runs/{run['id']}/results?limit=3").json()
    rest = client.get(f"{api}/runs/{run['id']}/results?limit=3&cursor={first['next']}").json()
    assert [one["reference"] for one in first["items"] + rest["items"]] == ["C-1", "C-2", "P-1", "P-2", "P-3"]
    found = client.get(f"{api}/matches?state=open").json()["items"]
    match = client.get(f"{api}/matches/{found[0]['id']}").json()
    assert match["record"]["entity_id"] == found[0]["entity_id"]
    again = client.post(f"{api}/results/{match['screened_id']}/replay", {}, content_type="application/json")
    assert again.json()["identical"] is True
    assert client.post(f"{api}/runs", {"threshold": 5}, content_type="application/json").status_code == 422


def test_the_pages_do_not_load_the_scorer(db):
    import subprocess
    import sys

    code = (
        "import django, sys; django.setup();"
        "import muniment.screening.views, muniment.screening.api;"
        "print([name for name in ('nomenklatura', 'scipy', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_is_left_of_a_screening_that_no_list_supports(ready, ada, monkeypatch):
    from muniment.screening import actions
    from muniment.sources import queries as sources

    asked = actions.run(ada)
    monkeypatch.setattr(sources, "entities", lambda _: [{"id": "x", "schema": "Nothing", "properties": {}}])
    with tenant_scope(ada.tenant):
        failed = jobs.perform(asked.id)
        assert (failed.state, failed.why) == ("failed", "A party is of a kind nobody knows.")
        assert not Screened.objects.exists()
        assert ScreeningRun.objects.get().finished_at is not None
