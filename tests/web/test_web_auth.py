"""Who may call the box."""

from __future__ import annotations

import pytest
from scripted_desk import a_web

from daemon.secret import Secret
from daemon.web.settings import is_loopback

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
