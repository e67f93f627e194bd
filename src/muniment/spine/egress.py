"""The one way out: every request that Muniment makes to another machine goes through here.

Rules: off unless the destination (scheme, host and port) was allowed; https only, TLS 1.2 or later,
certificates always checked; a redirect is followed only to an allowed destination. The name is resolved
once, all its addresses are looked at, and the connection goes to the very address that was looked at, so
that no second answer of a name server can turn it inwards. Private, loopback and link-local addresses are
refused unless the destination was allowed as private. Time and size have an end, counted over the whole
request.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from muniment.spine.errors import Busy, Invalid, Refused

_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 3
_LONGEST_URL = 4096
_PIECE = 1 << 16
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


class Destination(NamedTuple):
    """Where a request may go."""

    host: str
    port: int


class Egress:
    """The client that fetches from allowed destinations.

    :param allowed: destinations as `https://host` or `https://host:port`; empty means: nothing goes out.
    :param private: those that may lie in a private network or on this machine, in the same form.
    :param context: certificates to trust instead of the system's.
    :param seconds: how long one request may take in all.
    :raises Invalid: when a destination is not in that form.
    """

    def __init__(
        self,
        allowed: Iterable[str] = (),
        *,
        private: Iterable[str] = (),
        context: ssl.SSLContext | None = None,
        seconds: float = 30.0,
    ) -> None:
        self._private = frozenset(_allowed(entry) for entry in private)
        self._allowed = frozenset(_allowed(entry) for entry in allowed) | self._private
        self._seconds = seconds
        self._context = context or ssl.create_default_context()
        if self._context.verify_mode != ssl.CERT_REQUIRED or not self._context.check_hostname:
            raise ValueError("A context that does not check certificates is not used.")
        self._context.minimum_version = max(self._context.minimum_version, ssl.TLSVersion.TLSv1_2)

    def get(self, url: str, max_bytes: int) -> bytes:
        """Fetch what stands at an address, whole or not at all.

        :param max_bytes: the most that is taken.
        :raises Invalid: when the address is none.
        :raises Refused: when it (or where it redirects to) is not allowed, private, not certified, too large.
        :raises Busy: when it does not answer in time, breaks off, or answers anything but 200.
        """
        deadline = time.monotonic() + self._seconds
        for _ in range(_MOST_REDIRECTS + 1):
            destination, target = self._permitted(url)
            answer = self._exchange(destination, _Wish("GET", target), max_bytes, deadline)
            if answer.status == 200:
                return answer.body
            if answer.status not in _REDIRECTS:
                raise _busy(f"The destination answers with {answer.status}.", destination)
            url = urljoin(url, answer.location)
        raise Refused("The destination redirects too often.", where=_spoken(destination))

    def post(
        self,
        url: str,
        body: bytes,
        max_bytes: int,
        *,
        kind: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send bytes to an address and take whatever it answers; a redirect is not followed.

        :param kind: media type of what is sent, where the other side asks for one.
        :param headers: more of them, such as those by which the other side knows us.
        :param max_bytes: the most that is taken of the answer.
        :raises Invalid: when the address is none.
        :raises Refused: when it is not allowed, private, not certified, or the answer is too large.
        :raises Busy: when it does not answer in time, or breaks off.
        """
        destination, target = self._permitted(url)
        return self._exchange(
            destination,
            _Wish("POST", target, body, kind, headers or {}),
            max_bytes,
            time.monotonic() + self._seconds,
        )

    def _permitted(self, url: str) -> tuple[Destination, str]:
        destination, target = _parse(url)
        if destination not in self._allowed:
            raise Refused(
                "Nothing may be fetched from this destination.",
                todo="Allow it in the settings if it is meant.",
                where=_spoken(destination),
            )
        return destination, target

    def _addresses(self, destination: Destination) -> list[str]:
        try:
            found = socket.getaddrinfo(destination.host, destination.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise _busy("The destination's name is not known just now.", destination) from None
        addresses = [str(entry[4][0]) for entry in found]
        if destination not in self._private and not all(map(is_public, addresses)):
            raise Refused(
                "The destination lies in a private network or on this machine.",
                todo="Allow it as private in the settings if it is meant.",
                where=_spoken(destination),
            )
        return addresses

    def _exchange(self, destination: Destination, wish: _Wish, max_bytes: int, deadline: float) -> Answer:
        connection = _Pinned(destination, self._addresses(destination), deadline, self._context)
        try:
            return _exchange(connection, destination, wish, max_bytes)
        except ssl.SSLCertVerificationError:
            raise Refused(
                "The destination's certificate is not trusted.", where=_spoken(destination)
            ) from None
        except (OSError, http.client.HTTPException):
            raise _busy("The destination does not answer in time, or broke off.", destination) from None
        finally:
            connection.timer.cancel()
            connection.close()


class Answer(NamedTuple):
    """What a destination answered; of a redirect only where it leads, of other answers than 200 to a GET nothing."""

    status: int
    kind: str = ""
    body: bytes = b""
    location: str = ""
    retry_after: str = ""


class _Wish(NamedTuple):
    method: str
    target: str
    body: bytes | None = None
    kind: str = ""
    headers: Mapping[str, str] = MappingProxyType({})


class _Pinned(http.client.HTTPSConnection):
    """A connection to an address that was looked at, under the name that was asked for."""

    def __init__(
        self, destination: Destination, addresses: list[str], deadline: float, context: ssl.SSLContext
    ) -> None:
        super().__init__(destination.host, destination.port, context=context)
        self._addresses = addresses
        self._deadline = deadline
        self._trusted = context
        # A peer that sends one byte a second never runs into a socket's time-out; this ends it.
        self.timer = threading.Timer(0, self._cut)
        self.timer.daemon = True

    def connect(self) -> None:
        """Reach the peer, check its certificate, and let the time run."""
        plain = self._reach()
        # A missing end-of-stream alert must be an error: else a cut answer would pass for a whole one.
        self.sock = self._held = self._trusted.wrap_socket(
            plain, server_hostname=self.host, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
        self.timer.interval = self._left()
        self.timer.start()
        self._held.do_handshake()

    def _reach(self) -> socket.socket:
        for address in self._addresses[:-1]:
            with suppress(OSError):
                return socket.create_connection((address, self.port), self._left())
        return socket.create_connection((self._addresses[-1], self.port), self._left())

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _cut(self) -> None:
        # The plain shutdown: TLS's own would take the session away under the reader and let it read on.
        with suppress(OSError):
            socket.socket.shutdown(self._held, socket.SHUT_RDWR)


def _exchange(connection: _Pinned, destination: Destination, wish: _Wish, max_bytes: int) -> Answer:
    headers = {"Accept-Encoding": "identity", "User-Agent": "muniment", "Connection": "close"}
    if wish.kind:
        headers["Content-Type"] = wish.kind
    headers.update(wish.headers)
    connection.request(wish.method, wish.target, body=wish.body, headers=headers)
    with connection.getresponse() as response:
        if response.status in _REDIRECTS:
            return Answer(response.status, location=response.headers.get("Location", ""))
        if wish.method == "GET" and response.status != 200:
            return Answer(response.status)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Refused("The destination sends a compressed answer, unasked.", where=_spoken(destination))
        if (response.length or 0) > max_bytes:
            raise _too_large(destination, max_bytes)
        body = bytearray()
        while piece := response.read(_PIECE):
            body += piece
            if len(body) > max_bytes:
                raise _too_large(destination, max_bytes)
        if response.length:
            raise http.client.IncompleteRead(b"")
        return Answer(
            response.status,
            response.headers.get("Content-Type", ""),
            bytes(body),
            retry_after=response.headers.get("Retry-After", ""),
        )


def is_public(address: str) -> bool:
    """Return whether an address lies in the public internet, seen through every wrapping of IPv4 in IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _TRANSLATED:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _allowed(entry: str) -> Destination:
    destination, target = _parse(entry)
    if target != "/":
        raise Invalid("An allowed destination is https://host or https://host:port.", where=entry[:200])
    return destination


def _parse(url: str) -> tuple[Destination, str]:
    """Split an address into where it goes and what is asked for there."""
    if len(url) > _LONGEST_URL or not all("!" <= c <= "~" for c in url) or "\\" in url:
        raise Invalid("This is no web address.", todo="Write it as https://host/path, in ASCII.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if not host or port == 0:
        raise Invalid("This is no web address.", todo="Write it as https://host/path, in ASCII.")
    if parts.scheme != "https":
        raise Refused("Only https goes out.", todo="Use an address that begins with https://.")
    if "@" in parts.netloc:
        raise Refused("An address with a user name in it is not fetched.", todo="Leave the user name out.")
    target = parts.path or "/"
    if parts.query:
        target += "?" + parts.query
    return Destination(host, port or 443), target


def _spoken(destination: Destination) -> str:
    return f"{destination.host}:{destination.port}"


def _busy(what: str, destination: Destination) -> Busy:
    return Busy(what, todo="Try again later.", where=_spoken(destination))


def _too_large(destination: Destination, max_bytes: int) -> Refused:
    return Refused(f"The answer is larger than {max_bytes} bytes.", where=_spoken(destination))
