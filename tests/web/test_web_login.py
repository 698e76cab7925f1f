"""A page logs in, works with its cookie, and logs out (`daemon.web.login`, `daemon.web.access`)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from daemon.secret import Secret
from daemon.web.login import Told
from daemon.web.settings import Limits

TOKEN = "open-sesame-0123"  # made up
SESSION = "/v1/session"
OUT = {"needs_token": True, "logged_in": False, "expires_in_s": None}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def locked(serve, clock) -> Any:
    """A box with a token."""
    return await serve(token=Secret(TOKEN), now=clock)


def own(box: Any) -> dict[str, str]:
    """What the box's own page says of itself."""
    return {"Origin": f"http://127.0.0.1:{box.port}"}


async def log_in(box: Any, token: Any = TOKEN, **headers: str) -> tuple[int, str]:
    """Status, and the cookie as a browser would send it."""
    async with box.session.post(box.url(SESSION), json={"token": token}, headers=own(box) | headers) as answer:
        await answer.read()
        return answer.status, answer.headers.get("Set-Cookie", "").partition(";")[0]


async def test_with_the_token_a_page_gets_a_cookie_that_opens_everything(locked):
    assert (await locked.call("GET", "/v1/box"))[0] == 401
    status, cookie = await log_in(locked)
    assert status == 204
    assert re.fullmatch(r"tillbox=[A-Za-z0-9_-]{43}", cookie)
    for path in ("/v1/box", "/v1/payments", "/v1/panel.png"):
        async with locked.session.get(locked.url(path), headers={"Cookie": cookie}) as answer:
            assert answer.status == 200
    assert (await locked.call("PUT", "/v1/payments/A-17", json={"amount": 5}, headers=own(locked) | {"Cookie": cookie}))[0] == 201


async def test_white_space_around_a_pasted_token_does_no_harm(locked):
    assert (await log_in(locked, f"  {TOKEN}\n"))[0] == 204


async def test_the_cookie_is_neither_the_token_nor_the_same_again(locked):
    (_, first), (_, second) = await log_in(locked), await log_in(locked)
    assert first != second
    assert TOKEN not in first


async def test_a_page_learns_how_it_stands_before_and_after(locked, clock):
    assert await locked.call("GET", SESSION) == (200, OUT)
    _, cookie = await log_in(locked)
    clock.now += 100.5
    assert await locked.call("GET", SESSION, headers={"Cookie": cookie}) == (
        200,
        {"needs_token": True, "logged_in": True, "expires_in_s": 1699},
    )
    assert await locked.call("GET", SESSION, headers={"Cookie": "tillbox=" + "A" * 43}) == (200, OUT)


async def test_a_log_in_lives_on_by_use_and_ends_after_half_an_hour_without(locked, clock):
    _, cookie = await log_in(locked)
    for _ in range(5):
        clock.now += 1799
        assert (await locked.call("GET", "/v1/box", headers={"Cookie": cookie}))[0] == 200
    for _ in range(3):  # to ask how it stands is no use of it
        clock.now += 600
        await locked.call("GET", SESSION, headers={"Cookie": cookie})
    assert (await locked.call("GET", "/v1/box", headers={"Cookie": cookie}))[0] == 401
    assert await locked.call("GET", SESSION, headers={"Cookie": cookie}) == (200, OUT)


async def test_it_ends_after_twelve_hours_in_any_case(locked, clock):
    _, cookie = await log_in(locked)
    for _ in range(47):
        clock.now += 900
        assert (await locked.call("GET", "/v1/box", headers={"Cookie": cookie}))[0] == 200
    clock.now += 900
    assert (await locked.call("GET", "/v1/box", headers={"Cookie": cookie}))[0] == 401


async def test_logging_out_ends_it_at_the_box_as_well(locked):
    _, cookie = await log_in(locked)
    async with locked.session.delete(locked.url(SESSION), headers=own(locked) | {"Cookie": cookie}) as answer:
        assert answer.status == 204
        assert answer.headers["Set-Cookie"] == "tillbox=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict"
    assert (await locked.call("GET", "/v1/box", headers={"Cookie": cookie}))[0] == 401
    assert (await locked.call("DELETE", SESSION))[0] == 204, "whoever is out already is out"


async def test_logging_in_again_ends_what_was_before(locked):
    _, first = await log_in(locked)
    _, second = await log_in(locked, Cookie=first)
    assert (await locked.call("GET", "/v1/box", headers={"Cookie": first}))[0] == 401
    assert (await locked.call("GET", "/v1/box", headers={"Cookie": second}))[0] == 200


@pytest.mark.parametrize("body", [{}, {"token": 5}, {"token": None}, {"token": TOKEN, "more": 1}, {TOKEN: ""}, {"Token": TOKEN}])
async def test_a_body_that_is_not_a_token_alone_is_422_and_quotes_nothing(locked, body, caplog):
    caplog.set_level("DEBUG")
    status, answer = await locked.call("POST", SESSION, json=body)
    assert (status, set(answer["error"]["fields"])) == (422, {"token"})
    assert TOKEN not in str(answer) + caplog.text


# -- other sites' pages, and other names


async def test_another_sites_page_neither_logs_in_nor_out(locked):
    _, cookie = await log_in(locked)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        status, body = await locked.call("POST", SESSION, json={"token": TOKEN}, headers=headers)
        assert (status, body["error"]["code"]) == (403, "wrong_origin")
        status, body = await locked.call("DELETE", SESSION, headers=headers | {"Cookie": cookie})
        assert (status, body["error"]["code"]) == (403, "wrong_origin")
    assert (await locked.call("DELETE", SESSION, headers={"Cookie": cookie}))[0] == 403, "nor does a form that hides where it is"
    assert (await locked.call("GET", "/v1/box", headers={"Cookie": cookie}))[0] == 200


async def test_by_another_name_there_is_no_log_in_and_no_word_about_it(locked):
    for method, more in (("GET", {}), ("POST", {"json": {"token": TOKEN}}), ("DELETE", {})):
        status, body = await locked.call(method, SESSION, headers={"Host": "evil.example"}, **more)
        assert (status, body["error"]["code"]) == (403, "wrong_host")


async def test_a_program_may_log_in_too(locked):
    assert (await locked.call("POST", SESSION, json={"token": TOKEN}))[0] == 204


# -- wrong tokens


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "ключ", "x" * 10_000])
async def test_a_wrong_token_is_refused(locked, token, caplog):
    caplog.set_level("DEBUG")
    async with locked.session.post(locked.url(SESSION), json={"token": token}) as answer:
        assert answer.status == 401
        assert (await answer.json())["error"]["code"] == "wrong_token"
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["WWW-Authenticate"].startswith("Bearer"), "which no browser asks a person about"
    assert "login_failed source=127.0.0.1" in caplog.text
    assert len(token) < 4 or token not in caplog.text


async def test_a_flood_of_wrong_tokens_is_held_up_and_so_is_the_right_one_meanwhile(locked, clock, caplog):
    statuses = [(await log_in(locked, f"guess-{n}"))[0] for n in range(40)]
    assert statuses == [401] * 5 + [429] * 35
    async with locked.session.post(locked.url(SESSION), json={"token": TOKEN}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "10")
        limited = await answer.json()
    assert limited["error"]["code"] == "too_many_attempts"
    assert (await locked.call("POST", SESSION, json={"token": "wrong"}))[1] == limited, "nothing tells a right guess from a wrong one"
    assert (await locked.call("GET", "/v1/box", headers={"Authorization": f"Bearer {TOKEN}"}))[0] == 200, "programs go on"
    clock.now += 10
    assert (await log_in(locked))[0] == 204
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == ["login_failed source=127.0.0.1", "login_limited source=127.0.0.1"]
    assert "guess" not in caplog.text
    assert TOKEN not in caplog.text


async def test_right_tokens_are_never_too_many(locked):
    assert [(await log_in(locked))[0] for _ in range(30)] == [204] * 30


def test_the_log_is_told_of_each_address_once_a_minute_and_ten_times_in_all():
    told = Told()
    assert [told.is_due("login_failed", "a", now) for now in (0.0, 1.0, 59.9, 60.0)] == [True, False, False, True]
    assert told.is_due("login_limited", "a", 61.0)
    assert sum(told.is_due("login_failed", f"b{n}", 62.0) for n in range(1000)) == 8
    assert told.is_due("login_failed", "a", 120.0)


# -- without a token


async def test_without_a_token_nobody_needs_to_log_in(box):
    assert await box.call("GET", SESSION) == (200, {"needs_token": False, "logged_in": False, "expires_in_s": None})
    async with box.session.post(box.url(SESSION), json={"token": "anything"}) as answer:
        assert answer.status == 204
        assert "Set-Cookie" not in answer.headers
    assert (await box.call("DELETE", SESSION))[0] == 204
    assert (await box.call("POST", SESSION, json={"token": ""}, headers={"Host": "evil.example"}))[0] == 403


async def test_pages_that_are_logged_in_are_bounded_in_number(serve):
    box = await serve(token=Secret(TOKEN), limits=replace(Limits(), sessions=2))
    cookies = [(await log_in(box))[1] for _ in range(3)]
    assert [(await box.call("GET", "/v1/box", headers={"Cookie": cookie}))[0] for cookie in cookies] == [401, 200, 200]
