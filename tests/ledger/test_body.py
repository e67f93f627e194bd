"""The sealed body of an event: what it says in the clear, what each key opens, and what is refused."""

import base64
import unicodedata
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.ledger.body import FRAGMENTS, first_openings, read_part, sealed_parts, write_body, write_part
from muniment.ledger.models import Outbox
from muniment.ledger.numbers import Standing, standing
from muniment.ledger.openings import opened
from muniment.ledger.record import place
from muniment.proof.canonical import canonical
from muniment.proof.errors import Malformed
from muniment.proof.leaf import Opening, seal_fields
from muniment.spine import envelope, ports
from muniment.spine.installation import keyring
from muniment.spine.scope import tenant_scope
from muniment.spine.sealed import TENANT_KEY

STANDS = Standing("0a" * 16, 1 << 40, "0b" * 16)
SEED, OTHER = b"1" * 32, b"2" * 32
_, OPENINGS = seal_fields({"action": "cases.open", "actor": "person/1"}, {"title": "Zoë", "n": 7}, SEED)


def test_a_body_comes_back_and_says_its_number_in_the_clear():
    body = write_body(STANDS, [b"first", b"second"])
    assert standing(body) == STANDS
    assert list(sealed_parts(body)) == [b"first", b"second"]


@pytest.mark.parametrize("cut", [1, 6, 9])
def test_a_body_that_was_cut_is_refused(cut):
    with pytest.raises(Malformed, match="cut off"):
        list(sealed_parts(write_body(STANDS, [b"first", b"second"])[:-cut]))


def test_a_body_too_short_for_its_number_is_refused():
    with pytest.raises(ValueError, match="cannot be read"):
        standing(write_body(STANDS, [])[:20])


@pytest.mark.parametrize("closed", [None, {}, {9: b"c" * 32, 15: b"d" * 32}])
def test_a_part_comes_back(closed):
    part = read_part(write_part(SEED, OPENINGS, closed), tenants_own=closed is not None)
    assert part.seed == SEED
    assert part.closed == (closed or {})
    assert part.fields == [(one.slot, one.path, one.value) for one in OPENINGS]


@pytest.mark.parametrize(
    "fields",
    [{}, [7], [[0]], [[8, "x"]], [[-1, "x"]], [[16, "n", 1]], [[0, "n", 1]], [["0", 1]], [[8, 7, 1]]],
)
def test_fields_out_of_form_are_refused(fields):
    with pytest.raises(Malformed):
        read_part(SEED + canonical(fields), tenants_own=False)


TYPICAL = {
    "action": "cases.open",
    "actor": "person/1",
    "at": "2026-11-22T20:24:26.418337Z",
    "origin": {
        "address": "192.0.2.7",
        "factors": ["password", "totp"],
        "kind": "person",
        "request": "0b" * 16,
        "role": "analyst",
        "via": "page",
    },
    "subject": "cases.Case/1",
    "outcome": "done",
}


def test_what_nearly_every_event_says_takes_little_room_and_comes_back():
    _, openings = seal_fields(TYPICAL, {"n": 7, "title": "Zoë"}, SEED)
    written = write_part(SEED, openings, {})
    spelt_out = canonical(
        [[one.slot, one.value] for one in openings[:6]] + [[8, "n", 7], [9, "title", "Zoë"]]
    )
    assert len(written) < len(SEED) + 1 + len(spelt_out) - 120
    said = [(one.slot, one.path, one.value) for one in openings]
    left_out = [(slot, path, None if path == "at" else value) for slot, path, value in said]
    assert read_part(written, tenants_own=True).fields == left_out
    # As version 2 wrote it.
    assert read_part(SEED + b"\0" + spelt_out, tenants_own=True).fields == said


def test_what_is_kept_for_ever_is_read_as_it_was_written():
    """Written once by hand: a list of fragments that was changed would read old bodies as something else."""
    raw = SEED + b"\0\x01cases.open\x02person/1\x03192.0.2.7\x04\x0a" + b"0b" * 16
    raw += b'"\x0danalyst\x0fcases.Case/1\x14n",7],[9,"title","Zo\xc3\xab"]]'
    _, openings = seal_fields(TYPICAL, {"n": 7, "title": "Zoë"}, SEED)
    assert write_part(SEED, openings, {}) == raw
    assert len(FRAGMENTS) < 32
    assert len(set(FRAGMENTS)) == len(FRAGMENTS)


@given(values=st.lists(st.text() | st.sampled_from([one.decode() for one in FRAGMENTS]), max_size=4))
def test_whatever_people_write_comes_back(values):
    fields = [[8 + at, f"f{at}", unicodedata.normalize("NFC", one)] for at, one in enumerate(values)]
    openings = [Opening(slot, f"facts.{name}", SEED, value) for slot, name, value in fields]
    try:
        written = write_part(SEED, openings, None)
    except Malformed:
        return  # lone surrogates
    assert [list(one) for one in read_part(written, tenants_own=False).fields] == [
        [slot, f"facts.{name}", value] for slot, name, value in fields
    ]


@pytest.mark.parametrize("code", [0, len(FRAGMENTS) + 1, 31])
def test_a_byte_that_stands_for_nothing_is_refused(code):
    with pytest.raises(Malformed, match="not known here"):
        read_part(SEED + b'[[8,"n","' + bytes([code]) + b'"]]', tenants_own=False)


def test_a_part_without_anything_is_refused():
    with pytest.raises(Malformed):
        read_part(b"", tenants_own=True)


def test_a_body_of_version_1_is_still_opened(ada, db):
    event = uuid4()
    held = [Opening(0, "action", b"s" * 32, "cases.open"), Opening(8, "facts.n", b"t" * 32, 7)]
    plain = canonical([one.shown() for one in held])
    assert first_openings(plain) == held
    with tenant_scope(ada.tenant):
        key = keyring().tenant_key(ada.tenant)
        blob = envelope.seal_for(TENANT_KEY, key, plain, place(ada.tenant, event))
        part = base64.b64encode(blob).decode()
        stands = {"lane": STANDS.lane, "number": 3, "stream": STANDS.stream}
        body = canonical({"k": "muniment.body/1", "n": stands, "p": [part]})
        assert opened(ada.tenant, event, body, ports.now()).openings == tuple(held)
    assert standing(body) == Standing(STANDS.lane, 3, STANDS.stream)


def test_a_waiting_event_holds_its_root_alone(ada, db):
    from muniment.cases import actions as cases  # the room above, as a user of this one

    cases.open_case(ada, title="Is this enough?")
    with tenant_scope(ada.tenant):
        event = Outbox.objects.last()
        assert len(bytes(event.commitments)) == 32
        assert {UUID(bytes=one[:16]) for one in sealed_parts(bytes(event.body))} == {TENANT_KEY}
