"""The HTTP client: what is known after a request that went wrong, against real sockets on loopback.

With it `daemon.gateways.tls`, which says whom it trusts.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import gzip
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import trustme

from daemon.gateways import client as client_module
from daemon.gateways.client import MAX_BODY, Client, TlsSettings
from daemon.reply import GatewayError, NoAnswer, NotSent, Unclear, Unintelligible

Script = Callable[["Wire"], Awaitable[None]]


class Wire:
    """One connection at the server: reads requests byte by byte, writes whatever a script wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        self.reader, self.writer, self.server = reader, writer, server

    async def request(self) -> bytes:
        """The next request, head and body, as it came."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        whole = head + await self.reader.readexactly(length)
        self.server.requests.append(whole)
        return whole

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, body: bytes = b"ok", status: str = "200 OK", *extra: str) -> None:
        await self.send("\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *extra, "", ""]).encode() + body)


class Server:
    """A server that plays one script per connection and remembers what it was sent."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.connections = 0
        self.requests: list[bytes] = []
        self.open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.url = ""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.open[task] = writer
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            await self.script(Wire(reader, writer, self))
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        del self.open[task]

    async def end(self) -> None:
        """Break off whatever is still open, and wait until the scripts have noticed."""
        for writer in self.open.values():
            writer.transport.abort()
        await asyncio.gather(*self.open)


@contextlib.asynccontextmanager
async def serving(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(script)
    listener = await asyncio.start_server(server, "127.0.0.1", 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    server.url = f"{'https' if tls else 'http'}://localhost:{port}"
    server.url = server.url if tls else server.url.replace("localhost", "127.0.0.1")
    try:
        yield server
    finally:
        listener.close()
        for _ in range(5):  # a client that opens again by itself may have been taken just now, and comes to its script in a turn or two
            await asyncio.sleep(0)
        await server.end()


@contextlib.asynccontextmanager
async def client_of(url: str, tls: TlsSettings | None = None) -> AsyncIterator[Client]:
    client = Client(url, tls=tls or TlsSettings())
    try:
        yield client
    finally:
        await client.aclose()


@pytest.fixture
def virtual_time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the client takes for the time, in seconds: its only item."""
    now = [0.0]
    monkeypatch.setattr(client_module, "_now", lambda: now[0])
    return now


async def always_ok(wire: Wire) -> None:
    while True:
        head = (await wire.request()).startswith(b"HEAD")
        await wire.answer(b"" if head else b"ok")


async def post(client: Client, body: bytes = b"<xml/>", timeout_s: float = 30.0) -> bytes:
    return (await client.post("/pay", body, {"Content-Type": "text/xml"}, timeout_s)).body


# --- what works ---


async def test_a_post_brings_status_headers_and_raw_body() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.answer(b"\xef\xbb\xbfraw", "418 Teapot", "X-Signature: abc")

    async with serving(script) as server, client_of(server.url + "/sandbox/") as client:
        answer = await client.post("/pay/micropay", b"body", {"X-Mine": "1"}, 2.0)
    assert (answer.status, answer.headers["x-signature"], answer.body) == (418, "abc", b"\xef\xbb\xbfraw")
    sent = server.requests[0]
    assert sent.startswith(b"POST /sandbox/pay/micropay HTTP/1.1\r\n")
    assert b"X-Mine: 1" in sent
    assert sent.endswith(b"\r\n\r\nbody")


async def test_warming_opens_the_connection_that_the_next_post_uses() -> None:
    async with serving(always_ok) as server, client_of(server.url) as client:
        await client.warm()
        await client.warm()
        assert await post(client) == b"ok"
    assert server.connections == 1
    assert [r.split(b" ")[0] for r in server.requests] == [b"HEAD", b"POST"], "the second warming found it open"


async def test_a_warm_connection_is_used_before_servers_find_it_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_REFRESH_S", 0.0)
    async with serving(always_ok) as server, client_of(server.url) as client:
        await client.warm()
        await client.warm()
    assert server.connections == 1
    assert [r.split(b" ")[0] for r in server.requests] == [b"HEAD", b"HEAD"]


async def test_a_connection_that_the_server_closed_is_opened_again_by_the_next_warming(monkeypatch: pytest.MonkeyPatch) -> None:
    """The charge must not be the one to find out."""
    monkeypatch.setattr(client_module, "_REOPEN_S", 0.0)

    async def closes_the_first(wire: Wire) -> None:
        await wire.request()
        await wire.answer(b"")
        if wire.server.connections == 2:
            await wire.request()
            await wire.answer(b"ok")

    async with serving(closes_the_first) as server, client_of(server.url) as client:
        await client.warm()
        while server.connections < 2:  # until the client has heard of the end
            await asyncio.sleep(0.001)
            await client.warm()
        await until_warm(client)  # by that warming, or by the one that follows the end by itself
        assert await post(client) == b"ok"
    assert server.connections == 2


class Idle:
    """Answers everything, and closes what is idle when told."""

    def __init__(self) -> None:
        self.closes = asyncio.Event()

    async def __call__(self, wire: Wire) -> None:
        closed = asyncio.create_task(self.closes.wait())
        while True:
            heard = asyncio.create_task(wire.request())
            await asyncio.wait({closed, heard}, return_when=asyncio.FIRST_COMPLETED)
            if not heard.done():
                heard.cancel()
                return
            head = (await heard).startswith(b"HEAD")
            await wire.answer(b"" if head else b"ok")

    def close(self) -> None:
        self.closes.set()
        self.closes = asyncio.Event()


async def until(connections: int, server: Server) -> None:
    async with asyncio.timeout(20):
        while server.connections < connections:
            await asyncio.sleep(0.001)


async def until_warm(client: Client) -> None:
    async with asyncio.timeout(20):
        while not client._is_warm():
            await asyncio.sleep(0.001)


async def test_a_kept_connection_that_the_server_closes_is_opened_again_before_anybody_looks(virtual_time: list[float]) -> None:
    idle = Idle()
    async with serving(idle) as server, client_of(server.url) as client:
        await client.warm()
        virtual_time[0] = 0.9
        await client.warm()
        virtual_time[0] = 1.5
        idle.close()
        await until(2, server)
        await until_warm(client)
        assert await post(client) == b"ok"
    assert [r.split(b" ")[0] for r in server.requests] == [b"HEAD", b"HEAD", b"POST"]
    assert server.connections == 2


async def test_nothing_is_opened_again_that_nobody_keeps(virtual_time: list[float]) -> None:
    idle = Idle()
    async with serving(idle) as server, client_of(server.url) as client:
        await client.warm()
        virtual_time[0] = 30.0
        idle.close()
        async with asyncio.timeout(20):
            while server.open:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)  # the client hears of it here, or not yet: it does nothing in either case
        assert server.connections == 1


async def test_nothing_is_opened_again_after_the_request_that_it_was_kept_for(virtual_time: list[float]) -> None:
    """Else the sale after that could find it closed again, and the next one not yet allowed."""
    idle = Idle()
    async with serving(idle) as server, client_of(server.url) as client:
        await client.warm()
        assert await post(client) == b"ok"
        idle.close()
        async with asyncio.timeout(20):
            while server.open:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)  # as above
        assert server.connections == 1


async def test_after_a_sale_the_next_connection_may_be_opened_at_once(virtual_time: list[float]) -> None:
    """A sale right after another, whose connection the server closes between them."""
    idle = Idle()
    async with serving(idle) as server, client_of(server.url) as client:
        await client.warm()
        assert await post(client) == b"ok"
        idle.close()
        async with asyncio.timeout(20):
            while server.connections < 2:
                await client.warm()
                await asyncio.sleep(0.001)
    assert virtual_time == [0.0]
    assert [r.split(b" ")[0] for r in server.requests] == [b"HEAD", b"POST", b"HEAD"]


async def test_no_more_connections_are_open_at_once_than_asked_for() -> None:
    let = asyncio.Event()

    async def held(wire: Wire) -> None:
        while True:
            await wire.request()
            await let.wait()
            await wire.answer()

    async with serving(held) as server:
        client = Client(server.url, connections=2)
        asked = [asyncio.create_task(post(client, timeout_s=20.0)) for _ in range(3)]
        await until(2, server)
        await asyncio.sleep(0.02)  # a third would be there by now, or is late: it is counted again below
        let.set()
        assert await asyncio.gather(*asked) == [b"ok"] * 3
        await client.aclose()
    assert server.connections == 2


async def test_a_server_that_keeps_nothing_open_is_asked_ever_more_slowly(virtual_time: list[float]) -> None:
    async def farewell(wire: Wire) -> None:
        await wire.request()
        await wire.answer(b"", "200 OK", "Connection: close")

    opened: list[float] = []
    async with serving(farewell) as server, client_of(server.url) as client:
        for quarter in range(4 * 60):
            virtual_time[0] = quarter / 4
            known = server.connections
            await client.warm()
            if server.connections > known:
                opened.append(virtual_time[0])
    assert opened == [0.0, 2.0, 6.0, 14.0, 29.0, 44.0, 59.0]


async def test_warming_never_raises_and_says_why_it_failed(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with client_of("http://127.0.0.1:1") as client:
            await client.warm()
        async with client_of("nonsense") as client:
            await client.warm()
    assert "warm_failed host=127.0.0.1:1" in caplog.text


async def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            await wire.answer(b"", "302 Found", "Location: /elsewhere", "Set-Cookie: a=b")

    async with serving(script) as server, client_of(server.url) as client:
        assert (await client.get("/x", {}, 2.0)).status == 302
        assert (await client.get("/x", {}, 2.0)).status == 302
    assert len(server.requests) == 2
    assert b"Cookie" not in server.requests[1]


async def test_proxy_variables_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with serving(always_ok) as server, client_of(server.url) as client:
        assert await post(client) == b"ok"


# --- nothing left the box ---


async def test_a_refused_connection_is_not_sent() -> None:
    async with client_of("http://127.0.0.1:1") as client:
        with pytest.raises(NotSent, match=r"127\.0\.0\.1:1: it refuses connections"):
            await post(client)


async def test_an_unknown_name_is_not_sent() -> None:
    async with client_of("http://no-such-host.invalid") as client:
        with pytest.raises(NotSent, match="DNS"):
            await post(client, timeout_s=20.0)


async def test_time_up_while_the_tls_handshake_hangs_is_not_sent() -> None:
    async def silent(wire: Wire) -> None:
        await wire.reader.read()

    async with serving(silent) as server, client_of(server.url.replace("http:", "https:")) as client:
        with pytest.raises(NotSent, match="in time"):
            await post(client, timeout_s=0.3)


async def test_a_server_that_speaks_no_tls_is_not_sent() -> None:
    async def plain(wire: Wire) -> None:
        await wire.reader.read(10)
        await wire.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with serving(plain) as server, client_of(server.url.replace("http:", "https:")) as client:
        with pytest.raises(NotSent, match="no connection"):
            await post(client)


async def test_missing_tls_files_are_not_sent_and_name_no_path(tmp_path: Path) -> None:
    async with client_of("https://127.0.0.1:1", TlsSettings(cert_file=tmp_path / "no.pem")) as client:
        with pytest.raises(NotSent, match="TLS cannot be set up") as caught:
            await post(client)
    assert str(tmp_path) not in str(caught.value)


async def test_a_closed_client_sends_nothing() -> None:
    async with serving(always_ok) as server, client_of(server.url) as client:
        await client.aclose()
        with pytest.raises(NotSent, match="stopping"):
            await post(client)
    assert server.requests == []


# --- it may have been done ---


async def test_a_connection_that_breaks_after_the_request_is_no_answer_and_never_sent_again() -> None:
    """P1: the connection was kept open, so aiohttp would repeat anything but a POST."""

    async def script(wire: Wire) -> None:
        first = await wire.request()
        if first.startswith(b"HEAD"):
            await wire.answer(b"")
            await wire.request()

    async with serving(script) as server, client_of(server.url) as client:
        await client.warm()
        with pytest.raises(NoAnswer):
            await post(client)
    assert sum(r.startswith(b"POST") for r in server.requests) == 1
    assert server.connections == 1


async def test_silence_is_no_answer() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.reader.read()

    async with serving(script) as server, client_of(server.url) as client:
        with pytest.raises(NoAnswer, match=r"within 0\.2 s"):
            await post(client, timeout_s=0.2)


async def test_a_body_that_drips_is_bounded_by_the_whole_wait() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            await wire.send(b"x")
            await asyncio.sleep(0.01)

    async with serving(script) as server, client_of(server.url) as client:
        with pytest.raises(NoAnswer):
            await post(client, timeout_s=0.2)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<xml>",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<xml>\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
    ],
    ids=["short of its length", "short of its last chunk", "half a head", "nothing"],
)
async def test_a_truncated_answer_is_no_answer(answer: bytes) -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(answer)

    async with serving(script) as server, client_of(server.url) as client:
        with pytest.raises(NoAnswer):
            await post(client)


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20_000 + b"\r\n\r\n"]
)
async def test_an_answer_that_is_not_http_is_unintelligible(answer: bytes) -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(answer)

    async with serving(script) as server, client_of(server.url) as client:
        with pytest.raises(Unintelligible):
            await post(client)


async def test_an_answer_beyond_the_bound_is_unintelligible_and_not_read_to_its_end() -> None:
    written = 0

    async def script(wire: Wire) -> None:
        nonlocal written
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
        while written < 10_000_000:
            await wire.send(b"x" * 10_000)
            written += 10_000

    async with serving(script) as server, client_of(server.url) as client:
        with pytest.raises(Unintelligible, match="64 kB"):
            await post(client)
    assert written < 10_000_000


async def test_an_answer_of_exactly_the_bound_is_read() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.answer(b"x" * MAX_BODY)

    async with serving(script) as server, client_of(server.url) as client:
        assert len(await post(client)) == MAX_BODY


async def test_a_decompression_bomb_is_not_unpacked() -> None:
    async def script(wire: Wire) -> None:
        assert b"Accept-Encoding: identity" in await wire.request()
        await wire.answer(gzip.compress(b"\0" * 1_000_000), "200 OK", "Content-Encoding: gzip")

    async with serving(script) as server, client_of(server.url) as client:
        with pytest.raises(Unintelligible, match="compressed"):
            await post(client)


async def test_a_broken_kept_connection_does_not_spoil_the_next_request() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        if wire.server.connections == 1:
            return
        await wire.answer()

    async with serving(script) as server, client_of(server.url) as client:
        with pytest.raises(NoAnswer):
            await post(client)
        assert await post(client) == b"ok"


async def test_no_error_text_or_log_line_holds_body_header_or_query(caplog: pytest.LogCaptureFixture) -> None:
    """P10."""

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.answer(b"answer-secret", "200 OK", "Content-Encoding: gzip")

    errors: list[GatewayError] = []
    with caplog.at_level(logging.DEBUG):
        async with serving(script) as server:
            for url in (server.url, "http://127.0.0.1:1"):
                async with client_of(url) as client:
                    with pytest.raises(GatewayError) as caught:
                        await client.post("/pay?token=query-secret", b"body-secret", {"Authorization": "header-secret"}, 2.0)
                    errors.append(caught.value)
    assert "secret" not in caplog.text + "".join(f"{e!s}{e!r}" for e in errors)


# --- TLS ---


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_tls(authority: trustme.CA, *, client_ca: trustme.CA | None = None, **cert: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", **cert).configure_cert(context)  # type: ignore[arg-type]  # not_before and not_after, passed through
    if client_ca is not None:
        client_ca.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def trusting(authority: trustme.CA, folder: Path) -> Path:
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


async def test_https_with_an_own_authority(authority: trustme.CA, tmp_path: Path) -> None:
    tls = TlsSettings(ca_file=trusting(authority, tmp_path))
    async with serving(always_ok, server_tls(authority)) as server, client_of(server.url, tls) as client:
        assert await post(client) == b"ok"


async def test_an_unknown_authority_is_not_sent(authority: trustme.CA) -> None:
    async with serving(always_ok, server_tls(authority)) as server, client_of(server.url) as client:
        with pytest.raises(NotSent, match="authority that this box does not know"):
            await post(client)
    assert server.requests == []


async def test_another_name_is_not_sent(authority: trustme.CA, tmp_path: Path) -> None:
    tls = TlsSettings(ca_file=trusting(authority, tmp_path))
    async with serving(always_ok, server_tls(authority)) as server, client_of(server.url.replace("localhost", "127.0.0.1"), tls) as client:
        with pytest.raises(NotSent, match="certificate"):
            await post(client)


@pytest.mark.parametrize(("days", "text"), [(1, "clock may be wrong"), (-20, "expired")])
async def test_a_certificate_out_of_its_time_hints_at_the_clock(authority: trustme.CA, tmp_path: Path, days: int, text: str) -> None:
    begin = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    context = server_tls(authority, not_before=begin, not_after=begin + datetime.timedelta(days=10))
    tls = TlsSettings(ca_file=trusting(authority, tmp_path))
    async with serving(always_ok, context) as server, client_of(server.url, tls) as client:
        with pytest.raises(NotSent, match=text):
            await post(client)


async def test_a_server_below_tls_1_2_is_not_sent(authority: trustme.CA, tmp_path: Path) -> None:
    context = server_tls(authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    tls = TlsSettings(ca_file=trusting(authority, tmp_path))
    async with serving(always_ok, context) as server, client_of(server.url, tls) as client:
        with pytest.raises(NotSent, match="no connection"):
            await post(client)


async def test_a_client_certificate_is_shown_and_its_absence_is_unclear(authority: trustme.CA, tmp_path: Path) -> None:
    """Under TLS 1.3 the server refuses only after our handshake is done, when the request is already written."""
    mine = authority.issue_cert("box")
    pem = tmp_path / "client.pem"
    mine.private_key_and_cert_chain_pem.write_to_path(str(pem))
    ca = trusting(authority, tmp_path)
    async with serving(always_ok, server_tls(authority, client_ca=authority)) as server:
        async with client_of(server.url, TlsSettings(ca, pem)) as client:
            assert await post(client) == b"ok"
        async with client_of(server.url, TlsSettings(ca)) as client:
            with pytest.raises(Unclear):
                await post(client)
    assert len(server.requests) == 1
