"""The cookie of a log-in (`daemon.web.cookies`)."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from daemon.web.cookies import Cookie

PLAIN, SECURE = Cookie(secure=False), Cookie(secure=True)


def with_cookies(*lines: str) -> Any:
    return make_mocked_request("GET", "/", headers=CIMultiDict([("Cookie", line) for line in lines]))


def test_no_script_and_no_other_site_gets_it():
    answer = web.Response()
    PLAIN.set(answer, "NUMBER")
    assert answer.headers["Set-Cookie"] == "tillbox=NUMBER; Path=/; HttpOnly; SameSite=Strict"


def test_with_tls_it_is_bound_to_this_host_and_to_tls():
    answer = web.Response()
    SECURE.set(answer, "NUMBER")
    assert answer.headers["Set-Cookie"] == "__Host-tillbox=NUMBER; Path=/; HttpOnly; SameSite=Strict; Secure"


@pytest.mark.parametrize("cookie", [PLAIN, SECURE])
def test_it_is_taken_back_by_the_same_flags(cookie):
    given, taken = web.Response(), web.Response()
    cookie.set(given, "")
    cookie.take_back(taken)
    assert taken.headers["Set-Cookie"].replace("; Max-Age=0", "") == given.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("lines", "numbers"),
    [
        (["tillbox=a"], ["a"]),
        (["x=1; tillbox=a ;y=2"], ["a"]),
        (["tillbox=a; tillbox=b"], ["a", "b"]),
        (["tillbox=a", "tillbox=b"], ["a", "b"]),
        (["{bad]=; tillbox=a"], ["a"]),
        (["Tillbox=a", "xtillbox=b", "__Host-tillbox=c", "tillbox", "tillbox="], []),
        (["tillbox=" + "a" * 65], []),
        (["; ".join(f"tillbox={n}" for n in range(9))], ["0", "1", "2", "3"]),
        ([], []),
    ],
)
def test_what_a_request_shows(lines, numbers):
    assert PLAIN.numbers(with_cookies(*lines)) == numbers


def test_with_tls_only_the_one_of_tls_counts():
    assert SECURE.numbers(with_cookies("tillbox=a; __Host-tillbox=b")) == ["b"]
