"""HTTPS with the box's own certificate (`daemon.web.listening`): who speaks what, and how many at a time."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from scripted_desk import a_web, until

from daemon.gateways.certificate import fingerprint
from daemon.sandbox.tls import Certificates, make_certificates
from daemon.secret import Secret
from daemon.web.listening import server_context
from daemon.web.settings import Limits, Tls

TOKEN = "open-sesame-0123"  # made up


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"), names=["box.shop.lan"])


@pytest.fixture
def tls(certificates: Certificates) -> Tls:
    return Tls(certificates.server_cert_file, certificates.server_key_file, fingerprint(certificates.server_cert_file))


@pytest.fixture
def trust(certificates: Certificates) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificates.ca_file))


async def test_everything_is_served_over_https(serve, tls, trust):
    box = await serve(tls=tls)
    assert (await box.call("GET", "/v1/box", ssl=trust))[0] == 200
    assert (await box.call("PUT", "/v1/payments/A-17", json={"amount": 5}, ssl=trust))[0] == 201
    _, writer = await asyncio.open_connection("127.0.0.1", box.port, ssl=trust, server_hostname="box.shop.lan")
    writer.close()


async def test_a_log_in_is_bound_to_tls_and_to_this_host(serve, tls, trust):
    box = await serve(tls=tls, token=Secret(TOKEN))
    own = {"Origin": f"https://127.0.0.1:{box.port}"}
    async with box.session.post(box.url("/v1/session"), json={"token": TOKEN}, headers=own, ssl=trust) as answer:
        assert answer.status == 204
        cookie, *flags = answer.headers["Set-Cookie"].split("; ")
        assert "Strict-Transport-Security" not in answer.headers
    assert cookie.startswith("__Host-tillbox=")
    assert flags == ["Path=/", "HttpOnly", "SameSite=Strict", "Secure"]
    page = {"Cookie": cookie}
    assert (await box.call("PUT", "/v1/payments/A", json={"amount": 5}, headers=page | own, ssl=trust))[0] == 201
    in_the_clear = {"Origin": f"http://127.0.0.1:{box.port}"}
    assert (await box.call("PUT", "/v1/payments/B", json={"amount": 5}, headers=page | in_the_clear, ssl=trust))[0] == 403


async def test_who_speaks_plain_http_is_hung_up_on_and_harms_nobody(serve, tls, trust, caplog):
    box = await serve(tls=tls)
    with suppress(ConnectionError):
        assert await box.raw(b"GET /v1/box HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer open-sesame\r\n\r\n") == b""
    assert (await box.call("GET", "/healthz", ssl=trust))[0] == 200
    assert "sesame" not in caplog.text
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")  # an old client is what is wanted
@pytest.mark.parametrize(("version", "serves"), [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
async def test_tls_is_1_2_or_newer(serve, tls, trust, version, serves):
    assert server_context(tls).minimum_version is ssl.TLSVersion.TLSv1_2
    box = await serve(tls=tls)
    trust.set_ciphers("DEFAULT@SECLEVEL=0")
    trust.minimum_version = trust.maximum_version = ssl.TLSVersion[version]
    opening = asyncio.open_connection("127.0.0.1", box.port, ssl=trust)
    if not serves:
        with pytest.raises(OSError):
            await opening
        return
    _, writer = await opening
    assert writer.get_extra_info("ssl_object").version() == version.replace("_", ".")
    writer.close()


async def test_who_does_not_believe_the_certificate_goes_away_and_is_no_fault(serve, tls, trust, caplog):
    box = await serve(tls=tls)
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection("127.0.0.1", box.port, ssl=ssl.create_default_context())
    assert (await box.call("GET", "/healthz", ssl=trust))[0] == 200
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


async def test_who_connects_and_says_nothing_is_hung_up_on(serve, tls):
    box = await serve(tls=tls, limits=Limits(head_s=0.05))
    assert await box.raw(b"") == b""


async def silent(box: Any, number: int) -> list[socket.socket]:
    loop = asyncio.get_running_loop()
    made = [socket.socket() for _ in range(number)]
    for one in made:
        one.setblocking(False)
        await loop.sock_connect(one, ("127.0.0.1", box.port))
    return made


async def test_silent_ones_are_bounded_in_number_and_those_too_many_cost_nothing(serve, tls, trust):
    box = await serve(tls=tls, limits=Limits(handshakes=4))
    loop = asyncio.get_running_loop()
    waiting = await silent(box, 20)
    heard = [asyncio.ensure_future(loop.sock_recv(one, 1)) for one in waiting]
    await until(lambda: sum(task.done() for task in heard) == 16)  # long before any handshake times out
    for task in heard:
        task.cancel()
    await asyncio.wait(heard)
    for one in waiting:
        one.close()
    await until(lambda: len(box.web._running.listener._tasks) == 1)
    assert (await box.call("GET", "/healthz", ssl=trust))[0] == 200


async def test_connections_over_the_limit_are_closed(serve, tls, trust):
    box = await serve(tls=tls, limits=Limits(connections=1))
    _, writer = await asyncio.open_connection("127.0.0.1", box.port, ssl=trust)
    await until(lambda: len(box.web._running._runner.server.connections) == 1)
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", box.port, ssl=trust)
    writer.close()


async def test_a_stop_is_quick_and_takes_no_more(serve, tls, trust):
    box = await serve(tls=tls)
    (mute,) = await silent(box, 1)
    async with box.session.get(box.url("/v1/events"), ssl=trust) as stream:
        assert stream.status == 200
        port = box.port
        async with asyncio.timeout(5):
            await box.web.stop()
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)
    mute.close()


async def test_every_address_of_a_name_is_listened_on(certificates, tls, trust):
    web = a_web(host="localhost", tls=tls)
    await web.start()
    try:
        addresses = {one.getsockname()[0] for one in web._running.listener.sockets}
        assert "127.0.0.1" in addresses
        _, writer = await asyncio.open_connection("127.0.0.1", web.port, ssl=trust)
        writer.close()
    finally:
        await web.stop()


async def test_an_address_that_is_taken_is_an_error(tls):
    first = a_web(tls=tls)
    await first.start()
    try:
        with pytest.raises(OSError):
            await a_web(tls=tls, port=first.port).start()
    finally:
        await first.stop()


async def test_a_certificate_that_is_gone_is_an_error_and_nothing_listens(tmp_path: Path):
    with pytest.raises(OSError):
        await a_web(tls=Tls(tmp_path / "none.pem", tmp_path / "none.key", b"")).start()


async def test_what_people_should_know_of_the_certificate_is_in_the_log(serve, tls, caplog):
    await serve(tls=Tls(tls.cert_file, tls.key_file, tls.fingerprint, "server.pem expires in 3 days"))
    assert 'web_certificate trouble="server.pem expires in 3 days"' in caplog.text
