"""Every operation of the API that writes, asked well, by the wrong role, and badly: each leaves its entry.

Grows by itself with the description of the API: an operation without a sample in ``writes.py`` fails here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.faults.asked import said
from tests.faults.writes import SAMPLES, nothing
from tests.isolation.examples import Firm
from tests.ledger.stamps import VARIABLE, Clocks

from muniment.ledger.action import REGISTRY
from muniment.site.api import api
from muniment.spine import config

WRITING = ("post", "put", "patch", "delete")


def operations():
    described = api.get_openapi_schema()["paths"]
    prefix = "/api/v1"
    return sorted(
        f"{method.upper()} {path.removeprefix(prefix)}"
        for path, methods in described.items()
        for method in methods
        if method in WRITING
    )


OPERATIONS = operations()


@pytest.fixture
def authority(tmp_path, monkeypatch) -> Iterator[None]:
    """One who can be asked for the time."""
    Clocks(tmp_path, monkeypatch).open()
    yield
    monkeypatch.undo()
    config.current.cache_clear()


@pytest.fixture
def firm(adam, otto, ada, vera, account_of) -> Firm:
    for person in (adam, otto, ada, vera):
        account_of(person)
    return Firm(adam, otto, ada, vera)


def ask(client, name, sample, ids, body):
    method, path = name.split(" ")
    address = f"/api/v1{path}".format(**ids)
    more = {}
    if body is not None and sample.form:
        more = {"data": body}
    elif body is not None:
        more = {"data": json.dumps(body), "content_type": "application/json"}
    answer = getattr(client, method.lower())(address, **more)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer


def left_by(person, answer, name, ids):
    """Return the entries of one answer, whose origin is the person's."""
    left = list(said(person.tenant, answer["X-Request-Id"]))
    for one in left:
        assert (one.actor, one.role, one.factors, one.address, one.via, one.request) == (
            *(person.id, person.role, ("password", "totp"), "192.0.2.7", "api", answer["X-Request-Id"]),
        )
    refused = [one for one in left if one.outcome == "refused"]
    for one in refused:
        method, _, path = one.facts["asked"].partition(" /api/v1/")
        assert (method, bool(path)) == (name.split(" ")[0], True)
        assert one.facts["target"] == {key: str(value) for key, value in ids.items()}
    return left, refused


def test_every_operation_has_a_sample_and_no_sample_is_left_over():
    assert list(SAMPLES) == list(dict.fromkeys(SAMPLES))
    assert sorted(SAMPLES) == OPERATIONS


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_done_leaves_the_entry_of_who_did_it_and_to_what(name, client_as, firm):
    sample = SAMPLES[name]
    ids, body = sample.make(firm)
    person = firm.people[sample.by]
    answer = ask(client_as(person), name, sample, ids, body)
    assert answer.status_code == sample.status, answer.content
    left, refused = left_by(person, answer, name, ids)
    assert refused == []
    told = answer.json() if answer["Content-Type"].startswith("application/json") else {}
    (one,) = [one for one in left if one.kind == sample.kind]
    assert (one.outcome, one.subject) == ("done", sample.subject.format(**told | ids))


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize("name", SAMPLES)
def test_the_wrong_role_is_refused_and_that_is_on_record(name, client_as, firm):
    sample = SAMPLES[name]
    ids, body = sample.make(firm)
    person = firm.people[sample.refused]
    answer = ask(client_as(person), name, sample, ids, body)
    assert answer.status_code == 403, answer.content
    left, refused = left_by(person, answer, name, ids)
    assert len(refused) == 1
    assert [one.kind for one in left if one.outcome == "done" and not REGISTRY[one.kind].reads] == []


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize("name", SAMPLES)
def test_bad_input_changes_nothing_and_is_on_record(name, client_as, firm, monkeypatch):
    sample = SAMPLES[name]
    ids, body = sample.make(firm)
    person = firm.people[sample.by]
    if body is None:
        ids = nothing(ids)
        # What takes no input at all can be asked badly only where nobody is named who could be asked.
        monkeypatch.setenv(VARIABLE, "")
        config.current.cache_clear()
    else:
        body = {**body, **(sample.wrong or {"surprise": 1})}
    answer = ask(client_as(person), name, sample, ids, body)
    assert 400 <= answer.status_code < 500, answer.content
    left, refused = left_by(person, answer, name, ids)
    assert len(refused) == 1
    assert [one.kind for one in left if one.outcome == "done" and not REGISTRY[one.kind].reads] == []
