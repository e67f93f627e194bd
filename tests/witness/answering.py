"""A witness behind a small TLS server in a thread of the test, for those who ask."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme

from muniment.witness.application import Answer

Says = Callable[[bytes], Answer]


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        return


@contextmanager
def answering(
    authority: trustme.CA,
    says: Says,
    takes: Says | None = None,
    cuts: Callable[[], bool] = lambda: False,
) -> Iterator[str]:
    """Serve a witness, or whatever answers like one, and give its address.

    :param takes: what becomes of entries that a mirror is given.
    :param cuts: whether the line is cut in the middle of the answer.
    """

    class Pages(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            said = takes(raw) if takes is not None and self.path.endswith("/add-entries") else says(raw)
            self.send_response(said.status)
            self.send_header("Content-Type", said.kind)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body[: len(said.body) // 2] if cuts() else said.body)

        def log_message(self, *_: Any) -> None:
            return

    server = _Quiet(("127.0.0.1", 0), Pages)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
