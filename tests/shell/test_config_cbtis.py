"""`[gateways.NAME]` of kind `cbtis` (`daemon.tables.cbtis`), and the routes to it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from config_data import BOX, problems, read, secret_file

from daemon.config import parse
from daemon.gateways.settings import CbtisSettings
from daemon.secret import Secret

CBTIS = """
[gateways.hk]
kind = "cbtis"
base_url = "https://cbtis.example/"
uid = 39172931
client_secret_file = "hk.secret"
apikey_file = "hk.key"
type = "wechat"
"""
ALIPAY = CBTIS.replace('"wechat"', '"alipayhk"') + 'payment_method = "ALIPAYHK"\n'
SHOWN = "[routes]\nshow = 'hk'\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    secret_file(tmp_path, "hk.secret", "made-up-client-secret\n")
    secret_file(tmp_path, "hk.key", "made-up-apikey\n")
    return tmp_path


def settings(place: Path, text: str = CBTIS) -> CbtisSettings:
    found = read(text + SHOWN, place).gateways["hk"]
    assert isinstance(found, CbtisSettings)
    return found


def test_with_what_it_must_have(place: Path) -> None:
    assert settings(place) == CbtisSettings(
        "hk",
        base_url="https://cbtis.example",
        uid="39172931",
        client_secret=Secret("made-up-client-secret"),
        apikey=Secret("made-up-apikey"),
        type="wechat",
        flow="qrcode",
    )


def test_with_all_it_can_have(place: Path) -> None:
    more = 'flow = "csb_qrcode"\nsettlement_currency = "USD"\nnotify_url = "https://shop.example/v1/notify/hk"\n'
    found = settings(place, f"{ALIPAY}{more}ca_file = '{secret_file(place, 'ca.pem')}'\n")
    assert (found.type, found.flow, found.payment_method) == ("alipayhk", "csb_qrcode", "ALIPAYHK")
    assert (found.settlement_currency, found.notify_url) == ("USD", "https://shop.example/v1/notify/hk")
    assert found.ca_file == place / "ca.pem"


def test_the_flow_is_the_one_that_the_type_has(place: Path) -> None:
    assert settings(place, ALIPAY).flow == "csb_qrcode"


def test_it_names_everything_that_is_missing() -> None:
    lines = problems("[gateways.hk]\nkind = 'cbtis'\n" + SHOWN)
    keys = ("type", "base_url", "uid", "client_secret_file", "apikey_file")
    assert [line.split(";")[0] for line in lines] == [f"gateways.hk.{key}: is missing" for key in keys]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (CBTIS + "flow = 'mobile_app'\n", "gateways.hk.flow: is 'mobile_app'; expected \"qrcode\""),
        (ALIPAY + "flow = 'qrcode'\n", "gateways.hk.flow: is 'qrcode', did you mean csb_qrcode?; expected \"csb_qrcode\""),
        (CBTIS + "payment_method = 'ALIPAYHK'\n", "gateways.hk.payment_method: is not known here"),
        (ALIPAY.replace("ALIPAYHK", "WECHAT"), "gateways.hk.payment_method: is 'WECHAT'"),
        (ALIPAY.replace('payment_method = "ALIPAYHK"\n', ""), "gateways.hk.payment_method: is missing"),
        (CBTIS.replace('"wechat"', '"aplus"'), 'gateways.hk.type: is \'aplus\'; expected one of "wechat", "alipayhk"'),
        (CBTIS.replace('"wechat"', '"aplus"') + "flow = 'x'\npayment_method = 'y'\n", "gateways.hk.type: is 'aplus'"),
        (CBTIS.replace('"wechat"', "7"), "gateways.hk.type: is 7"),
        (CBTIS + "settlement_currency = 'usd'\n", "gateways.hk.settlement_currency: is 'usd'"),
        (CBTIS + "notify_url = 'shop.example?token=hunter2'\n", "gateways.hk.notify_url: is not an address"),
        (CBTIS + "notify_url = 'https://a b'\n", "gateways.hk.notify_url: is not an address"),
        (CBTIS + "notify_url = 5\n", "gateways.hk.notify_url: is not an address"),
        (CBTIS.replace("39172931", "'a b'"), "gateways.hk.uid: is too long or has characters"),
        (CBTIS.replace("https://cbtis", "http://cbtis"), "gateways.hk.base_url: is neither https nor http on this machine"),
        (CBTIS + "apikey = 'x'\n", "gateways.hk.apikey: is not known here, did you mean apikey_file?"),
    ],
)
def test_what_it_does_not_take(place: Path, text: str, line: str) -> None:
    (found,) = problems(text + SHOWN, place)
    assert found.startswith(line)
    assert "hunter2" not in found


@pytest.mark.parametrize(("text", "its", "others"), [(CBTIS, "wechat", "alipay"), (ALIPAY, "alipay", "wechat")])
def test_a_type_shows_its_own_wallet_and_scans_nothing(place: Path, text: str, its: str, others: str) -> None:
    routes = read(f"{text}[routes]\nshow.default = 'sim'\nshow.{its} = 'hk'\n", place).routes
    assert routes.show[its] == "hk"
    (line,) = problems(f"{text}[routes]\nshow.default = 'sim'\nshow.{others} = 'hk'\n", place)
    assert line.startswith(f"routes.show.{others}: is 'hk', a gateway that does not take {others}")
    assert any("cannot scan" in line for line in problems(f"{text}[routes]\nshow = 'hk'\nscan.{its} = 'hk'\n", place))


def test_alone_it_shows_and_what_comes_late_is_reported(place: Path) -> None:
    """Its call for refunds is not published."""
    config = parse(tomllib.loads(BOX + CBTIS), place, {})
    assert (config.routes.scan, config.routes.show) == ({}, {"default": "hk"})
    assert "policy.late_payment: gateway hk cannot refund: money that comes late is reported instead" in config.warnings


def test_a_currency_that_its_wallet_does_not_take_is_warned_of(place: Path) -> None:
    told = "box.currency: is CNY, and gateway hk takes HKD only"
    assert told in parse(tomllib.loads(BOX + ALIPAY), place, {}).warnings
    assert not any("box.currency" in warning for warning in parse(tomllib.loads(f'{BOX}currency = "HKD"\n{ALIPAY}'), place, {}).warnings)
    assert not any("box.currency" in warning for warning in parse(tomllib.loads(BOX + CBTIS), place, {}).warnings)


def test_no_secret_is_in_a_repr_or_a_problem(place: Path) -> None:
    assert "made-up" not in repr(settings(place))
    secret_file(place, "hk.secret", "")
    (line,) = problems(CBTIS + SHOWN, place)
    assert line.startswith("gateways.hk.client_secret_file: cannot be used")
