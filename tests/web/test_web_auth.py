"""Who may call the box."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from scripted_desk import a_web

from daemon.secret import Secret
from daemon.web.settings import Limits, is_loopback

TOKEN = "open-sesame-0123"  # made up
PLACES = ["/v1/box", "/v1/payments", "/v1/payments/A-17", "/v1/events", "/v1/panel.png", "/v1/watch", "/nowhere"]


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize(
    "shown", [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer ключ"]
)
async def test_without_its_token_the_box_tells_nothing(serve, path, shown):
    box = await serve(token=Secret(TOKEN))
    headers = {} if shown is None else {"Authorization": shown}
    async with box.session.get(box.url(path), headers=headers) as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        body = await answer.json()
    assert body["error"]["code"] == "unauthorized"
    assert TOKEN not in str(body)


async def test_nothing_is_asked_of_the_desk_without_the_token(serve):
    box = await serve(token=Secret(TOKEN))
    assert (await box.put("A-17", {"amount": 1250}))[0] == 401
    assert box.desk.asked == []


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_with_the_token_everything_is_open_by_any_host_name(serve, scheme):
    box = await serve(token=Secret(TOKEN))
    headers = {"Authorization": f"{scheme} {TOKEN}", "Host": "box.shop.example", "Origin": "https://shop.example"}
    assert (await box.call("GET", "/v1/box", headers=headers))[0] == 200
    assert (await box.call("PUT", "/v1/payments/A-17", json={"amount": 1}, headers=headers))[0] == 201


async def test_two_tokens_are_none(serve):
    box = await serve(token=Secret(TOKEN))
    wire = f"GET /v1/box HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
    answer = await box.raw(wire.encode())
    assert answer.split(b" ")[1] in (b"401", b"400")  # newer HTTP parsers refuse the doubled header themselves


async def test_liveness_needs_no_token_and_webhooks_prove_themselves(serve):
    box = await serve(token=Secret(TOKEN))
    assert (await box.call("GET", "/healthz"))[0] == 200
    assert (await box.call("POST", "/v1/notify/nobody", data=b"x"))[0] == 404


@pytest.mark.parametrize(
    "path", ["/v1/notify/../box", "/v1/notify/%2e%2e/box", "/healthz/../v1/box", "http://x/v1/notify/../box", "//v1/box"]
)
async def test_no_way_of_writing_a_path_gets_around_the_token(serve, path):
    box = await serve(token=Secret(TOKEN))
    answer = await box.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.split(b" ")[1] in (b"401", b"404", b"400")
    assert b"not_ready" not in answer


# -- the box's own page, which shows a cookie instead


@pytest.fixture
async def logged_in(serve):
    """A box with a token and a name of its own, and the headers of a page that is logged in."""
    box = await serve(token=Secret(TOKEN), hosts=("box.shop.lan",))
    async with box.session.post(box.url("/v1/session"), json={"token": TOKEN}) as answer:
        assert answer.status == 204
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    return box, {"Cookie": cookie}


async def test_a_page_that_is_logged_in_sees_everything(logged_in):
    box, page = logged_in
    assert (await box.call("GET", "/v1/box", headers=page))[0] == 200
    assert (await box.call("GET", "/nowhere", headers=page))[0] == 404
    box.desk.note("A-1", "asked")
    async with box.session.get(box.url("/v1/events"), headers=page | {"Last-Event-ID": "0"}) as stream:
        assert (await stream.content.readuntil(b"id: 1")).startswith(b": tillbox")


@pytest.mark.parametrize("where", [{}, {"Origin": "null"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}])
async def test_another_sites_page_does_nothing_with_its_cookie(logged_in, where):
    box, page = logged_in
    for method, path, body in (("PUT", "/v1/payments/A-17", b'{"amount": 5}'), ("POST", "/v1/simulated/scan", b'{"text": "x"}')):
        status, answer = await box.call(method, path, data=body, headers=page | where)
        assert (status, answer["error"]["code"]) == (403, "wrong_origin")
    assert box.desk.asked == box.scans == []


@pytest.mark.parametrize("fetch", [{"Sec-Fetch-Site": "same-origin"}, {"Host": "box.shop.lan", "Origin": "http://box.shop.lan"}])
async def test_its_own_page_does(logged_in, fetch):
    box, page = logged_in
    assert (await box.call("PUT", "/v1/payments/A-17", json={"amount": 5}, headers=page | fetch))[0] == 201


async def test_a_page_that_rebinds_its_name_to_the_box_is_refused_whatever_it_shows(logged_in):
    box, page = logged_in
    for method in ("GET", "PUT"):
        rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
        status, answer = await box.call(method, "/v1/payments/A-17", json={"amount": 5}, headers=page | rebound)
        assert (status, answer["error"]["code"]) == (403, "wrong_host")


async def test_whoever_shows_a_token_is_judged_by_that_alone(logged_in):
    box, page = logged_in
    assert (await box.call("GET", "/v1/box", headers=page | {"Authorization": "Bearer wrong"}))[0] == 401
    bearer = {"Authorization": f"Bearer {TOKEN}", "Origin": "https://evil.example", "Host": "evil.example"}
    assert (await box.call("PUT", "/v1/payments/A-17", json={"amount": 5}, headers=page | bearer))[0] == 201


async def test_the_right_cookie_is_found_among_a_neighbours(logged_in):
    box, page = logged_in
    assert (await box.call("GET", "/v1/box", headers={"Cookie": f"tillbox=tossed; {page['Cookie']}; tillbox=tossed-too"}))[0] == 200


async def test_a_stream_ends_when_its_page_logs_out(logged_in):
    box, page = logged_in
    async with box.session.get(box.url("/v1/events"), headers=page) as stream:
        assert stream.status == 200
        headers = page | {"Sec-Fetch-Site": "same-origin"}
        assert (await box.call("DELETE", "/v1/session", headers=headers))[0] == 204
        with pytest.raises(aiohttp.ClientError):
            await asyncio.wait_for(stream.read(), 5)


async def test_a_stream_ends_with_its_session(serve):
    box = await serve(token=Secret(TOKEN), limits=Limits(session_s=0.3))
    async with box.session.post(box.url("/v1/session"), json={"token": TOKEN}) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    async with box.session.get(box.url("/v1/events"), headers={"Cookie": cookie}) as stream:
        assert stream.status == 200
        with pytest.raises(aiohttp.ClientError):
            await asyncio.wait_for(stream.read(), 5)
    assert (await box.call("GET", "/v1/box", headers={"Cookie": cookie}))[0] == 401


async def test_a_refused_request_is_no_use_of_a_session(serve):
    now = [0.0]
    box = await serve(token=Secret(TOKEN), now=lambda: now[0])
    async with box.session.post(box.url("/v1/session"), json={"token": TOKEN}) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    for _ in range(3):
        now[0] += 601
        await box.call("PUT", "/v1/payments/A-17", json={"amount": 5}, headers={"Cookie": cookie, "Origin": "https://evil.example"})
    assert (await box.call("GET", "/v1/box", headers={"Cookie": cookie}))[0] == 401


# -- what every answer says to browsers


@pytest.mark.parametrize(
    "wire", [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"GET /nowhere\r\n\r\n", b"\x00\r\n\r\n"]
)
async def test_every_answer_says_that_it_is_not_to_be_run_framed_or_embedded(box, wire):
    head = (await box.raw(wire)).partition(b"\r\n\r\n")[0]
    for line in (
        b"Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
        b"Referrer-Policy: no-referrer",
        b"Cross-Origin-Resource-Policy: same-origin",
        b"X-Content-Type-Options: nosniff",
        b"Cache-Control: no-store",
    ):
        assert head.count(line) == 1
    assert b"Strict-Transport-Security" not in head


# -- a web page that somebody on this machine looks at


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8080"])
async def test_programs_of_this_machine_need_no_token(box, host):
    assert (await box.call("GET", "/v1/box", headers={"Host": host}))[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::2]", "a@localhost"]
)
async def test_a_page_that_rebinds_its_name_to_this_machine_is_refused(box, host):
    status, body = await box.call("GET", "/v1/box", headers={"Host": host})
    assert (status, body["error"]["code"]) == (403, "wrong_host")


async def test_a_page_that_sends_a_form_across_sites_is_refused(box):
    for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
        status, body = await box.call("POST", "/v1/simulated/scan", data=b'{"text": "x"}', headers={"Origin": origin})
        assert (status, body["error"]["code"]) == (403, "wrong_origin")
    assert box.scans == []


async def test_the_boxs_own_page_is_not(box):
    headers = {"Origin": f"http://127.0.0.1:{box.port}"}
    assert (await box.call("POST", "/v1/simulated/scan", data=b'{"text": "x"}', headers=headers))[0] == 202


async def test_an_old_program_without_host_is_served(box):
    assert b"200 OK" in await box.raw(b"GET /v1/box HTTP/1.0\r\n\r\n")


# -- where it listens


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "box.local", "", "localhost.evil.example"])
def test_not_loopback(host):
    assert not is_loopback(host)


def test_beyond_loopback_a_token_is_needed():
    with pytest.raises(ValueError, match="token"):
        a_web(host="0.0.0.0")
    a_web(host="0.0.0.0", token=Secret(TOKEN))
