"""What a JSON body may not say: two things at once, no number, half a character."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"title": "one case", "title": "another case"}', "same key twice"),
        (b'{"title": NaN}', "not JSON"),
        (b'{"title": "\\ud800"}', "lone surrogate"),
        (b'{"title": "cut', "cut off"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "deep"),
    ],
)
def test_a_body_that_two_readers_could_read_differently_is_refused(client_as, ada, body, why):
    answer = client_as(ada).post("/api/v1/cases/", data=body, content_type="application/json")

    assert answer.status_code == 422
    assert why in answer.json()["detail"]
