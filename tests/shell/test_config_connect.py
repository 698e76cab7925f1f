"""`[gateways.NAME]` of kind `connect` (`daemon.tables.connect`), the routes to it, and what its provider asks of the timing."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from config_data import BOX, problems, read, secret_file

from daemon.config import parse
from daemon.gateways.connect import ConnectGateway
from daemon.gateways.settings import ConnectSettings
from daemon.secret import Secret
from daemon.tables.routes import OFFERS

CONNECT = """
[gateways.wl]
kind = "connect"
base_url = "https://connect.example/"
merchant_id = 1234
api_key_id = "5e45c937b9db33ae"
secret_file = "wl.secret"
country = "CN"
"""
SHOWN = "[routes]\nshow = 'wl'\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    secret_file(tmp_path, "wl.secret", "made-up-secret\n")
    secret_file(tmp_path, "wl.hook", "made-up-webhook-secret\n")
    return tmp_path


def settings(place: Path, more: str = "") -> ConnectSettings:
    found = read(CONNECT + more + SHOWN, place).gateways["wl"]
    assert isinstance(found, ConnectSettings)
    return found


def test_with_what_it_must_have(place: Path) -> None:
    assert settings(place) == ConnectSettings("wl", "https://connect.example", "1234", "5e45c937b9db33ae", Secret("made-up-secret"), "CN")


def test_with_all_it_can_have(place: Path) -> None:
    more = 'customer_ip = "203.0.113.7"\nwebhook_key_id = "k-1"\nwebhook_secret_file = "wl.hook"\n'
    found = settings(place, f"{more}ca_file = '{secret_file(place, 'ca.pem')}'\n")
    assert (found.customer_ip, found.webhook_key_id, found.webhook_secret) == ("203.0.113.7", "k-1", Secret("made-up-webhook-secret"))
    assert found.ca_file == place / "ca.pem"


def test_it_names_everything_that_is_missing() -> None:
    lines = problems("[gateways.wl]\nkind = 'connect'\n" + SHOWN)
    missing = ("base_url", "merchant_id", "api_key_id", "secret_file", "country")
    assert [line.split(";")[0] for line in lines] == [f"gateways.wl.{key}: is missing" for key in missing]


@pytest.mark.parametrize(("given", "missing"), [("webhook_key_id", "webhook_secret_file"), ("webhook_secret_file", "webhook_key_id")])
def test_notifications_need_both_the_key_and_its_id(place: Path, given: str, missing: str) -> None:
    (line,) = problems(f"{CONNECT}{given} = 'wl.hook'\n{SHOWN}", place)
    assert line.startswith(f"gateways.wl.{missing}: is missing")


@pytest.mark.parametrize(
    ("key", "value", "wrong"),
    [
        ("base_url", "https://connect.example/v1", "has a path"),
        ("base_url", "https://connect.example/v1/1234", "has a path"),
        ("base_url", "http://connect.example", "is neither https nor http on this machine"),
        ("merchant_id", "12/34", "is '12/34'"),
        ("merchant_id", "..", "is '..'"),
        ("merchant_id", "12%2034", "is '12%2034'"),
        ("api_key_id", "a:b", "is 'a:b'"),
        ("country", "cn", "is 'cn'"),
        ("country", "CHN", "is 'CHN'"),
        ("customer_ip", "203.0.113", "is '203.0.113'"),
        ("customer_ip", "shop.example", "is 'shop.example'"),
        ("colour", "red", "is not known here"),
    ],
)
def test_what_cannot_be(place: Path, key: str, value: str, wrong: str) -> None:
    table = {**tomllib.loads(CONNECT)["gateways"]["wl"], key: value}
    text = "[gateways.wl]\n" + "".join(f"{name} = {str(value)!r}\n" for name, value in table.items())
    (line,) = problems(text + SHOWN, place)
    assert line.startswith(f"gateways.wl.{key}: {wrong}")


def test_addresses_of_both_kinds(place: Path) -> None:
    assert settings(place, 'customer_ip = "2001:DB8::1"\n').customer_ip == "2001:db8::1"


def test_it_shows_wechat_s_codes_and_scans_none(place: Path) -> None:
    assert OFFERS[ConnectSettings].abilities == ConnectGateway.abilities
    routes = parse(tomllib.loads(BOX + CONNECT), place, {}).routes
    assert (routes.scan, routes.show) == ({}, {"default": "wl"})
    for route, wrong in (("show.alipay", "does not take alipay"), ("scan.wechat", "cannot scan")):
        lines = problems(f"{CONNECT}[routes]\n{route} = 'wl'\n", place)
        assert any(wrong in line for line in lines)


def test_asking_sooner_than_the_provider_wants_it_is_warned_of(place: Path) -> None:
    warnings = read(CONNECT + SHOWN + "[timing]\nqr_query_every_s = 2\n", place).warnings
    assert "timing.qr_query_every_s: is 2 s, but Worldline Connect asks for one question every 3 s" in warnings
    assert not [line for line in read(CONNECT + SHOWN, place).warnings if line.startswith("timing")]


def test_no_secret_in_what_is_printed(place: Path) -> None:
    more = 'webhook_key_id = "k-1"\nwebhook_secret_file = "wl.hook"\n'
    assert "made-up" not in repr(settings(place, more))
