"""`[gateways.NAME]` of kind `smart2pay` (`daemon.tables.smart2pay`), and the routes to it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from config_data import BOX, problems, read, secret_file

from daemon.config import parse
from daemon.gateways.settings import Smart2paySettings
from daemon.secret import Secret

S2P = """
[gateways.s2p]
kind = "smart2pay"
base_url = "https://globalpay.example/"
site_id = 30201
api_key_file = "s2p.key"
method_id = 1066
return_url = "https://shop.example/thanks"
email = "till@shop.example"
country = "CN"
token_lifetime = 3
"""
SHOWN = "[routes]\nshow = 's2p'\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    secret_file(tmp_path, "s2p.key", "made+up/key=\n")
    return tmp_path


def settings(place: Path, text: str = S2P) -> Smart2paySettings:
    found = read(text + SHOWN, place).gateways["s2p"]
    assert isinstance(found, Smart2paySettings)
    return found


def test_with_what_it_must_have(place: Path) -> None:
    assert settings(place) == Smart2paySettings(
        "s2p",
        base_url="https://globalpay.example",
        site_id="30201",
        api_key=Secret("made+up/key="),
        method_id=1066,
        return_url="https://shop.example/thanks",
        email="till@shop.example",
        country="CN",
        token_lifetime=3,
    )


def test_with_all_it_can_have(place: Path) -> None:
    text = S2P.replace("1066", "'24'").replace("30201", "'30201'") + "fallback_redirect_url = true\n"
    text += f"ca_file = '{secret_file(place, 'ca.pem')}'\n"
    found = settings(place, text)
    assert (found.method_id, found.site_id, found.fallback_redirect_url, found.ca_file) == (24, "30201", True, place / "ca.pem")


def test_country_and_lifetime_may_be_left_out(place: Path) -> None:
    """Ten minutes and CN, as in both of the vendor's samples."""
    found = settings(place, S2P.replace('country = "CN"\ntoken_lifetime = 3\n', ""))
    assert (found.country, found.token_lifetime) == ("CN", 10)


def test_it_names_everything_that_is_missing() -> None:
    lines = problems("[gateways.s2p]\nkind = 'smart2pay'\n" + SHOWN)
    assert [line.split(";")[0] for line in lines] == [
        f"gateways.s2p.{key}: is missing" for key in ("base_url", "site_id", "api_key_file", "method_id", "return_url", "email")
    ]


@pytest.mark.parametrize(
    ("key", "value", "wrong"),
    [
        ("site_id", "'3:4'", "is '3:4'; expected the number of the site"),
        ("site_id", "true", "is true"),
        ("site_id", "-1", "is -1"),
        ("method_id", "25", "is 25; expected 1066 (WeChat POS) or 24 (Alipay POS)"),
        ("method_id", "true", "is true"),
        ("method_id", "[24]", "is an array"),
        ("return_url", "'shop.example'", "is 'shop.example'"),
        ("return_url", "'https://a b'", "is 'https://a b'"),
        ("email", "'till'", "is 'till'"),
        ("country", "'China'", "is 'China'; expected two letters"),
        ("token_lifetime", "0", "is 0; expected minutes"),
        ("token_lifetime", "2.5", "is 2.5"),
        ("fallback_redirect_url", "1", "is 1; expected true or false"),
    ],
)
def test_what_it_does_not_take(place: Path, key: str, value: str, wrong: str) -> None:
    kept = "".join(f"{line}\n" for line in S2P.splitlines() if not line.startswith(key))
    (line,) = problems(f"{kept}{key} = {value}\n{SHOWN}", place)
    assert line.startswith(f"gateways.s2p.{key}: {wrong}")


def test_a_qr_code_is_not_shown_for_longer_than_it_lives(place: Path) -> None:
    (line,) = problems(S2P + SHOWN + "[timing]\nqr_s = 181\n", place)
    assert line == ("gateways.s2p.token_lifetime: is 3, less than the 181 s of timing.qr_s; expected minutes, not fewer than qr_s has")
    assert read(S2P + SHOWN + "[timing]\nqr_s = 180\n", place).schedule.qr_s == 180


def test_the_switch_of_the_sample_without_details_is_for_wechat_only(place: Path) -> None:
    assert not settings(place, S2P + "is_offline = false\n").is_offline
    (line,) = problems(S2P.replace("1066", "24") + "is_offline = false\n" + SHOWN, place)
    assert line.startswith("gateways.s2p.is_offline: is false, and Alipay POS (24) must be told")


@pytest.mark.parametrize(("method", "its", "others"), [("1066", "wechat", "alipay"), ("24", "alipay", "wechat")])
def test_a_method_shows_its_own_wallet_and_scans_nothing(place: Path, method: str, its: str, others: str) -> None:
    text = S2P.replace("1066", method)
    routes = read(f"{text}[routes]\nshow.default = 'sim'\nshow.{its} = 's2p'\n", place).routes
    assert routes.show[its] == "s2p"
    (line,) = problems(f"{text}[routes]\nshow.default = 'sim'\nshow.{others} = 's2p'\n", place)
    assert line.startswith(f"routes.show.{others}: is 's2p', a gateway that does not take {others}")
    assert any("cannot scan" in line for line in problems(f"{text}[routes]\nshow = 's2p'\nscan.{its} = 's2p'\n", place))


def test_alone_it_shows_everything_and_scans_nothing(place: Path) -> None:
    routes = parse(tomllib.loads(BOX + S2P), place, {}).routes
    assert (routes.scan, routes.show) == ({}, {"default": "s2p"})


def test_the_key_is_in_no_problem_and_no_repr(place: Path) -> None:
    assert "made+up" not in repr(settings(place))
    secret_file(place, "s2p.key", "")
    (line,) = problems(S2P + SHOWN, place)
    assert line.startswith("gateways.s2p.api_key_file: cannot be used")
