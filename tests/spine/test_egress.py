"""Nothing goes out that was not allowed, and nothing comes in without end."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import trustme

from muniment.spine.egress import Egress, is_public
from muniment.spine.errors import Busy, Invalid, Refused


class Pages(BaseHTTPRequestHandler):
    """What the other side says, by path."""

    def do_GET(self) -> None:
        getattr(self, "say_" + self.path.split("?")[0].strip("/"))()

    def do_POST(self) -> None:
        held = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/away":
            self.answer(b"", 307, Location="/echo")
            return
        self.answer(held * 2, 409, Content_Type="text/x.tlog.size")

    def log_message(self, *_: Any) -> None:
        return

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def say_list(self) -> None:
        self.answer(b"entries " + self.path.encode())

    def say_away(self) -> None:
        self.answer(b"", 302, Location=self.path.partition("?")[2])

    def say_round(self) -> None:
        self.answer(b"", 301, Location="/round")

    def say_nowhere(self) -> None:
        self.answer(b"", 307)

    def say_missing(self) -> None:
        self.answer(b"no", 404)

    def say_packed(self) -> None:
        self.answer(b"x", Content_Encoding="gzip")

    def say_short(self) -> None:
        self.answer(b"half", Content_Length="99")

    def say_short_politely(self) -> None:
        self.say_short()
        self.connection.unwrap()  # type: ignore[attr-defined]  # this one is always a TLS socket

    def say_unmeasured(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"all there is")
        self.connection.unwrap()  # type: ignore[attr-defined]  # this one is always a TLS socket

    def say_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x" * 200_000)

    def say_ragged(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"half")

    def say_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x")
            time.sleep(0.03)

    def say_stumble(self) -> None:
        self.wfile.write(b"this is not HTTP\r\n\r\n")


class Quiet(ThreadingHTTPServer):
    """A server that does not complain about clients that leave."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        return


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture(scope="module")
def site(authority: trustme.CA) -> Iterator[str]:
    server = Quiet(("127.0.0.1", 0), Pages)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def egress(site: str, trust: ssl.SSLContext) -> Egress:
    return Egress(private=[site], context=trust, seconds=5)


def test_an_allowed_destination_is_fetched_whole(egress: Egress, site: str) -> None:
    assert egress.get(f"{site}/list?day=1", 1000) == b"entries /list?day=1"


def test_an_answer_without_a_length_is_whole_when_it_ends_properly(egress: Egress, site: str) -> None:
    assert egress.get(f"{site}/unmeasured", 1000) == b"all there is"


def test_nothing_goes_out_unless_allowed(site: str, trust: ssl.SSLContext) -> None:
    with pytest.raises(Refused, match="Nothing may be fetched"):
        Egress(context=trust).get(f"{site}/list", 1000)
    other = Egress(private=["https://127.0.0.1:1"], context=trust)
    with pytest.raises(Refused, match="Nothing may be fetched"):
        other.get(f"{site}/list", 1000)


def test_this_machine_is_refused_unless_allowed_as_private(site: str, trust: ssl.SSLContext) -> None:
    with pytest.raises(Refused, match="private network"):
        Egress([site], context=trust).get(f"{site}/list", 1000)


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    trust: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(Refused, match="private network"):
        Egress(["https://lists.example"], context=trust).get("https://lists.example/", 1000)


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
def test_the_second_address_is_tried_when_the_first_does_not_answer(
    site: str, trust: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(site.rpartition(":")[2])
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.2", "127.0.0.1")]
    real: Callable[..., Any] = socket.getaddrinfo

    def resolve(host: str, *rest: Any, **more: Any) -> Any:
        return answers if host == "localhost" else real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    there = Egress(private=[f"https://localhost:{port}"], context=trust)
    assert there.get(f"https://localhost:{port}/list", 1000) == b"entries /list"


def test_a_name_that_cannot_be_resolved_is_busy(trust: ssl.SSLContext) -> None:
    host = "a" * 64 + ".example"
    with pytest.raises(Busy, match="not known"):
        Egress([f"https://{host}"], context=trust).get(f"https://{host}/", 1000)


def test_redirects_are_followed_within_the_allowed(egress: Egress, site: str) -> None:
    assert egress.get(f"{site}/away?/list", 1000) == b"entries /list"
    with pytest.raises(Refused, match="Nothing may be fetched"):
        egress.get(f"{site}/away?https://127.0.0.1:1/list", 1000)
    with pytest.raises(Refused, match="Only https"):
        egress.get(f"{site}/away?http://127.0.0.1/list", 1000)
    for endless in ("round", "nowhere"):
        with pytest.raises(Refused, match="too often"):
            egress.get(f"{site}/{endless}", 1000)


def test_an_unknown_certificate_is_refused(site: str) -> None:
    with pytest.raises(Refused, match="not trusted"):
        Egress(private=[site]).get(f"{site}/list", 1000)


def test_a_context_that_does_not_check_is_not_taken() -> None:
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname = False
    with pytest.raises(ValueError, match="check certificates"):
        Egress(context=careless)
    careless.verify_mode = ssl.CERT_NONE
    with pytest.raises(ValueError, match="check certificates"):
        Egress(context=careless)


def test_a_certificate_for_another_name_is_refused(trust: ssl.SSLContext, site: str) -> None:
    other = site.replace("127.0.0.1", "127.1")
    with pytest.raises(Refused, match="not trusted"):
        Egress(private=[other], context=trust).get(f"{other}/list", 1000)


def test_size_has_an_end_whether_announced_or_not(egress: Egress, site: str) -> None:
    assert len(egress.get(f"{site}/list", 13)) == 13
    for path in ("list", "endless"):
        with pytest.raises(Refused, match="larger than 12 bytes"):
            egress.get(f"{site}/{path}", 12)


def test_time_has_an_end_even_for_one_that_drips(site: str, trust: ssl.SSLContext) -> None:
    began = time.monotonic()
    with pytest.raises(Busy):
        Egress(private=[site], context=trust, seconds=0.3).get(f"{site}/drip", 5000)
    assert time.monotonic() - began < 2


def test_no_time_left_is_told_before_anything_goes_out(site: str, trust: ssl.SSLContext) -> None:
    with pytest.raises(Busy, match="in time"):
        Egress(private=[site], context=trust, seconds=0).get(f"{site}/list", 5000)


def test_one_that_never_speaks_is_left(trust: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        there = f"https://127.0.0.1:{mute.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(Busy):
            Egress(private=[there], context=trust, seconds=0.2).get(there, 5000)
        assert time.monotonic() - began < 2


def test_one_that_is_not_there_is_busy(trust: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        there = f"https://127.0.0.1:{gone.getsockname()[1]}"
    with pytest.raises(Busy, match="does not answer"):
        Egress(private=[there], context=trust).get(there, 5000)


@pytest.mark.parametrize("path", ["short", "short_politely", "ragged", "stumble"])
def test_half_an_answer_is_none(egress: Egress, site: str, path: str) -> None:
    with pytest.raises(Busy, match="broke off"):
        egress.get(f"{site}/{path}", 5000)


def test_other_answers_than_200_and_packed_ones_are_not_taken(egress: Egress, site: str) -> None:
    with pytest.raises(Busy, match="404"):
        egress.get(f"{site}/missing", 5000)
    with pytest.raises(Refused, match="compressed"):
        egress.get(f"{site}/packed", 5000)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https://a:port/",
        "https://a:0/",
        "https://[::1/",
        "https://a/\r\nX: y",
        "https://a/ b",
        "https://ä.example/",
        "https://a\\@b/",
        "https://a/" + "x" * 5000,
    ],
)
def test_what_is_no_address_is_told(url: str, trust: ssl.SSLContext) -> None:
    with pytest.raises(Invalid, match="no web address"):
        Egress(context=trust).get(url, 1)


@pytest.mark.parametrize("url", ["http://a/", "ftp://a/", "file://a/etc", "https://me:hush@a/"])
def test_only_plain_https_addresses_go_out(url: str, trust: ssl.SSLContext) -> None:
    with pytest.raises(Refused) as caught:
        Egress(context=trust).get(url, 1)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("entry", ["https://a/path", "https://a/?q", "a", "*"])
def test_an_allowed_destination_is_host_and_port_only(entry: str) -> None:
    with pytest.raises((Invalid, Refused)):
        Egress([entry])


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse, not to listen at
        ("224.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff0e::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d70e", True),
        ("2002:7f00:1::", False),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", False),
    ],
)
def test_inside_addresses_are_known_in_every_wrapping(address: str, *, public: bool) -> None:
    assert is_public(address) is public


def test_what_is_sent_arrives_and_any_answer_comes_back(egress: Egress, site: str) -> None:
    answer = egress.post(f"{site}/echo", b"5\n", 100)
    assert (answer.status, answer.kind, answer.body) == (409, "text/x.tlog.size", b"5\n5\n")
    assert egress.post(f"{site}/away", b"5\n", 100) == (307, "", b"", "/echo", "")


def test_sending_is_bound_by_the_same_rules(egress: Egress, site: str, trust: ssl.SSLContext) -> None:
    with pytest.raises(Refused, match="Nothing may be fetched"):
        Egress(context=trust).post(f"{site}/echo", b"x", 100)
    with pytest.raises(Refused, match="private network"):
        Egress([site], context=trust).post(f"{site}/echo", b"x", 100)
    with pytest.raises(Refused, match="larger than 3 bytes"):
        egress.post(f"{site}/echo", b"xx", 3)
