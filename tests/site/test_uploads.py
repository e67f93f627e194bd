"""What people send waits sealed and in bounded memory, and what is too much is refused in words."""

from __future__ import annotations

import asyncio
import hashlib
import json
import resource
import tracemalloc

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import RequestAborted
from django.http.multipartparser import MultiPartParserError

from muniment.ledger.models import Outbox
from muniment.site.asgi import BoundedBodies
from muniment.site.uploads import SealedBodies
from muniment.spine.aside import PIECE
from muniment.spine.scope import DEPLOYMENT, tenant_scope

MEBIBYTE = 1 << 20
LINE = b"The firm reports a major incident within four hours.\n"
BLOCK = (LINE * (MEBIBYTE // len(LINE) + 1))[:MEBIBYTE]
HEAD = (
    b'--B\r\nContent-Disposition: form-data; name="title"\r\n\r\nA policy\r\n'
    b'--B\r\nContent-Disposition: form-data; name="file"; filename="policy.md"\r\n'
    b"Content-Type: text/markdown\r\n\r\n"
)


def scope_of(path, *headers):
    return {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": list(headers)}


FORM = (b"content-type", b"multipart/form-data; boundary=B")


def sending(*pieces, cut=False):
    """A client that sends pieces and then, when cut, goes away."""
    left = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    left.append({"type": "http.disconnect"} if cut else {"type": "http.request", "body": b""})
    coming = iter(left)

    async def receive():
        return next(coming, {"type": "http.disconnect"})

    return receive


def request_of(*pieces):
    async def read():
        app = SealedBodies()
        return app.create_request(scope_of("/evidence/new/", FORM), await app.read_body(sending(*pieces)))

    request, refused = asyncio.run(read())
    assert refused is None
    return request


def answer_of(largest, path, *pieces, headers=()):
    """What the whole application answers: status, headers, text."""
    said = []

    async def send(message):
        said.append(message)

    app = BoundedBodies(SealedBodies(), largest)
    # In the thread of the test, and so in its transaction.
    async_to_sync(app)(scope_of(path, *headers), sending(*pieces), send)
    start, *rest = said
    return start["status"], dict(start["headers"]), b"".join(one["body"] for one in rest).decode()


def test_memory_stays_bounded_however_large_the_file():
    blocks = 40
    tracemalloc.start()
    request = request_of(HEAD, *[BLOCK] * blocks, b"\r\n--B--\r\n")
    found = hashlib.sha256()
    for chunk in request.FILES["file"].chunks():
        found.update(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.hexdigest() == hashlib.sha256(BLOCK * blocks).hexdigest()
    assert (request.POST["title"], request.FILES["file"].name) == ("A policy", "policy.md")
    assert request.FILES["file"].size == blocks * MEBIBYTE
    assert peak < 8 * MEBIBYTE
    request.close()
    assert request.FILES["file"].closed


def test_a_client_that_goes_away_halfway_is_let_go():
    async def read():
        await SealedBodies().read_body(sending(HEAD, BLOCK, cut=True))

    with pytest.raises(RequestAborted):
        asyncio.run(read())


def test_a_file_that_does_not_come_to_its_end_is_no_file():
    request = request_of(HEAD, BLOCK)
    assert "file" not in request.FILES
    broken = request_of(
        HEAD.replace(b"text/markdown", b"text/markdown\r\nContent-Transfer-Encoding: base64"),
        b"abc",
        b"\r\n--B--\r\n",
    )
    with pytest.raises(MultiPartParserError):
        _ = broken.FILES


@pytest.mark.parametrize("announced", [True, False])
def test_a_page_says_that_too_much_was_sent_and_how_much_is_taken(db, announced):
    headers = [(b"content-length", str(4 * MEBIBYTE).encode())] if announced else []
    status, told, text = answer_of(3 * MEBIBYTE, "/evidence/new/", *[BLOCK] * 4, headers=headers)
    assert status == 413
    assert "larger than the 2 MiB that this installation takes" in text
    assert told[b"content-type"].startswith(b"text/html")
    assert told[b"content-security-policy"].startswith(b"default-src 'none'")
    assert told[b"x-request-id"].decode() in text
    with tenant_scope(DEPLOYMENT):
        left = Outbox.objects.latest("order")
    assert (left.kind, left.cls) == ("site.read", "refusal")


@pytest.mark.parametrize("length", [b"4194304", b"-1", b"many"])
def test_a_program_gets_a_problem_document(db, length):
    status, told, text = answer_of(
        3 * MEBIBYTE, "/api/v1/evidence", BLOCK, headers=[(b"content-length", length)]
    )
    document = json.loads(text)
    assert (status, document["status"], document["type"]) == (413, 413, "urn:muniment:problem:too-large")
    assert "2 MiB" in document["detail"]
    assert told[b"content-type"] == b"application/problem+json"


def test_a_full_disk_is_said_in_words(db):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (PIECE, hard))
    try:
        status, _, text = answer_of(8 * MEBIBYTE, "/api/v1/evidence", *[BLOCK] * 4)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert status == 503
    assert "no room on the disk" in json.loads(text)["detail"]
