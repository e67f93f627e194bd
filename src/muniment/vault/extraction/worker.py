"""The child that reads documents: started by `child.Extractor`, never by hand.

Rules: it limits itself before it reads the first byte from outside; it opens no file but Python's own
modules, writes none, and has no environment; one document in, one answer out, until its input ends. It says
nothing but answers: an error of ours must not carry a document's words into a log.

Frame in: name length (4 bytes, big-endian), content length (8 bytes), name (UTF-8), content.
Frame out: answer length (8 bytes), answer (canonical JSON), which is an `Extracted` or a refusal:
{"invalid": [what, todo, where]}.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from typing import BinaryIO

from muniment.spine.errors import Invalid
from muniment.vault.extraction.read import extract
from muniment.vault.extraction.text import MAX_BYTES, to_json

REQUEST = struct.Struct(">IQ")
ANSWER = struct.Struct(">Q")
MAX_NAME = 4096
LIMITS = "This document could not be read within its limits."


def limit(memory: int, seconds: int) -> None:
    """Take from this process what it does not need: memory, time, files, children, core dumps.

    :param memory: address space in bytes.
    :param seconds: processor time for everything this process will ever do.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def allow(seconds: int) -> None:
    """Give the next document its own processor time on top of what has been used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = min(int(usage.ru_utime + usage.ru_stime) + 1 + seconds, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def answer_to(name: str, content: bytes) -> bytes:
    """Read one document and write the answer; a refusal is an answer too."""
    try:
        return to_json(extract(content, name))
    except Invalid as refused:
        return refusal(refused.what, refused.todo, refused.where)
    except (MemoryError, RecursionError):
        return refusal(LIMITS, "", "")


def refusal(what: str, todo: str, where: str) -> bytes:
    """Write a refusal in the form of an answer."""
    body = {"invalid": [what, todo, where]}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")


def serve(source: BinaryIO, sink: BinaryIO, seconds: int) -> None:
    """Answer one document after the other until the input ends."""
    while head := source.read(REQUEST.size):
        name_length, length = REQUEST.unpack(head)
        if name_length > MAX_NAME or length > MAX_BYTES + 1:
            return
        name = source.read(name_length).decode("utf-8", "replace")
        content = source.read(length)
        if len(content) != length:
            return
        allow(seconds)
        answer = answer_to(name, content)
        sink.write(ANSWER.pack(len(answer)))
        sink.write(answer)
        sink.flush()


def main() -> None:
    """Run as a child: arguments are address space in bytes, seconds for all documents, seconds for each."""
    memory, seconds, each = (int(argument) for argument in sys.argv[1:4])
    limit(memory, seconds)
    os.umask(0o077)
    serve(sys.stdin.buffer, sys.stdout.buffer, each)


if __name__ == "__main__":
    main()
