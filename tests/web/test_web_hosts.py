"""The names by which browsers may call (`daemon.web.hosts`), and which pages are the box's own."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from daemon.web.errors import Problem
from daemon.web.hosts import Names, host_in, own_hosts, refuse_foreign, refuse_other_sites

NAMES = Names("192.168.1.5", ["box.shop.lan", "Till.Example"], machine=lambda: "Tillbox-7")


def a_request(method: str = "GET", *headers: tuple[str, str]) -> Any:
    return make_mocked_request(method, "/v1/box", headers=CIMultiDict(headers))


def code_of(check: Any, *given: Any) -> str | None:
    """The code of the 403 that it raises; None where it lets the request pass."""
    try:
        check(*given)
    except Problem as problem:
        return problem.code if problem.status == 403 else str(problem.status)
    return None


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LOCALHOST:8080", "127.0.0.1", "[::1]:80", "192.168.1.5:8443", "10.0.0.1", "[fe80::1]", "[2001:db8::7]:8080",
        "tillbox-7", "TILLBOX-7.local:8080", "box.shop.lan", "BOX.shop.lan:443", "till.example",
    ],
)  # fmt: skip
def test_the_boxs_own_names(host):
    assert code_of(NAMES.check, a_request("GET", ("Host", host))) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "shop.lan", "x.box.shop.lan", "",
        "a@localhost", "localhost:port", "tillbox-7.evil.example", "[evil]", "2130706433", "0x7f.1", "１27.0.0.1", ".local", "tillbox-7.",
    ],
)  # fmt: skip
def test_a_name_that_a_stranger_lets_resolve_to_the_box(host):
    assert code_of(NAMES.check, a_request("GET", ("Host", host))) == "wrong_host"


def test_no_host_and_two_hosts_are_no_browsers():
    assert code_of(NAMES.check, a_request()) == "wrong_host"
    assert code_of(NAMES.check, a_request("GET", ("Host", "localhost"), ("Host", "localhost"))) == "wrong_host"


@pytest.mark.parametrize(("machine", "good", "bad"), [("till.shop.lan", "till.shop.lan", "shop.lan"), ("", "localhost", ".local")])
def test_the_machines_name_long_and_short(machine, good, bad):
    names = Names("127.0.0.1", machine=lambda: machine)
    assert code_of(names.check, a_request("GET", ("Host", good))) is None
    assert code_of(names.check, a_request("GET", ("Host", bad))) == "wrong_host"
    if machine:
        assert code_of(names.check, a_request("GET", ("Host", "till.local"))) is None


def test_a_machine_that_is_given_another_name_goes_by_that():
    called = ["one"]
    names = Names("127.0.0.1", machine=lambda: called[0])
    called[0] = "two"
    assert code_of(names.check, a_request("GET", ("Host", "two.local"))) is None
    assert code_of(names.check, a_request("GET", ("Host", "one.local"))) == "wrong_host"


def test_own_hosts_as_they_stand_in_host():
    assert own_hosts("::") == {"localhost", "127.0.0.1", "[::1]", "[::]"}
    assert own_hosts("box.lan") >= {"box.lan"}
    assert host_in("[::1]:80") == "[::1]"
    assert host_in("a:b:c") is None


HOST = ("Host", "box.lan:8080")
OWN = [
    [("Origin", "http://box.lan:8080")],
    [("Origin", "HTTP://BOX.lan:8080")],
    [("Sec-Fetch-Site", "same-origin")],
    [("Sec-Fetch-Site", "same-origin"), ("Origin", "https://box.lan:8080")],  # behind a TLS proxy
]
FOREIGN = [
    [("Origin", "null")],
    [("Origin", "")],
    [("Origin", "https://evil.example")],
    [("Origin", "https://box.lan:8080")],
    [("Origin", "http://box.lan")],
    [("Origin", "http://box.lan:8081")],
    [("Origin", "http://box.lan:8080.evil.example")],
    [("Origin", "http://evil.example"), ("Origin", "http://box.lan:8080")],
    [("Sec-Fetch-Site", "same-site")],
    [("Sec-Fetch-Site", "cross-site")],
    [("Sec-Fetch-Site", "none")],
    [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-origin")],
]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "OPTIONS", "MADE-UP"])
def test_what_changes_something_comes_from_the_boxs_own_page(method):
    for headers in OWN:
        assert code_of(refuse_foreign, a_request(method, HOST, *headers), "http") is None
        assert code_of(refuse_other_sites, a_request(method, HOST, *headers), "http") is None
    for headers in FOREIGN:
        assert code_of(refuse_foreign, a_request(method, HOST, *headers), "http") == "wrong_origin", headers
        assert code_of(refuse_other_sites, a_request(method, HOST, *headers), "http") == "wrong_origin", headers


def test_where_nothing_says_where_it_comes_from_only_a_cookie_is_refused():
    assert code_of(refuse_foreign, a_request("POST", HOST), "http") == "wrong_origin"
    assert code_of(refuse_foreign, a_request("POST", ("Origin", "http://")), "http") is None  # `Host` is judged before: Names.check
    assert code_of(refuse_other_sites, a_request("POST", HOST), "http") is None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_changes_nothing_may_come_from_anywhere(method):
    assert code_of(refuse_foreign, a_request(method, HOST, ("Origin", "null")), "http") is None


def test_with_tls_its_own_origin_is_https():
    assert code_of(refuse_foreign, a_request("POST", HOST, ("Origin", "https://box.lan:8080")), "https") is None
    assert code_of(refuse_foreign, a_request("POST", HOST, ("Origin", "http://box.lan:8080")), "https") == "wrong_origin"
