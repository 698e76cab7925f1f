"""Gateways, tills, routes, timing and addresses in the configuration (`daemon.tables.gateways`, `daemon.tables.tills`,
`daemon.tables.names`, `daemon.tables.routes`, `daemon.tables.timing`, `daemon.tables.addresses`,
`daemon.tables.box`)."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import pytest
from config_data import BOX, problems, problems_of, read, secret_file

from daemon.config import Config, SerialTillSettings, TillSettings, _warn_of_refunds, parse
from daemon.gateways.base import Ability
from daemon.gateways.cbtis import CbtisGateway
from daemon.gateways.merchant import MerchantGateway
from daemon.gateways.settings import CbtisSettings, MerchantSettings, SimulatedSettings, Smart2paySettings, WechatSettings
from daemon.gateways.smart2pay import Smart2payGateway
from daemon.gateways.wechat import WechatGateway
from daemon.secret import Secret
from daemon.tables.findings import Findings
from daemon.tables.gateways import _KINDS
from daemon.tables.routes import OFFERS, Offer
from daemon.tables.tills import _KINDS as TILL_KINDS

WECHAT = """
[gateways.wx]
kind = "wechat"
base_url = "https://pay.example.org/"
appid = "wx0000"
mch_id = 10000100
key_file = "wx.key"
client_cert_file = "cert.pem"
client_key_file = "cert.key"
"""

BACKEND = """
[gateways.backend]
kind = "merchant"
base_url = "https://pay.example.org/box"
key_id = "k1"
secret_file = "wx.key"
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    secret_file(tmp_path, "wx.key", "the-key\n")
    return tmp_path


def route(lines: str) -> str:
    return f"[routes]\n{lines}\n"


ALL_TO_SIM = route('scan.wechat = "sim"\nshow = "sim"')


def test_wechat_with_what_it_must_have(place: Path) -> None:
    wechat = read(WECHAT + ALL_TO_SIM, place).gateways["wx"]
    assert wechat == WechatSettings(
        "wx",
        base_url="https://pay.example.org",
        appid="wx0000",
        mch_id="10000100",
        key=Secret("the-key"),
        sign_type="HMAC-SHA256",
        client_cert_file=place / "cert.pem",
        client_key_file=place / "cert.key",
    )


def test_wechat_with_all_it_can_have(place: Path) -> None:
    more = f'sub_mch_id = 7\nsign_type = "MD5"\nca_file = "{secret_file(place, "ca.pem")}"\n'
    wechat = read(WECHAT + more + ALL_TO_SIM, place).gateways["wx"]
    assert isinstance(wechat, WechatSettings)
    assert (wechat.sub_mch_id, wechat.sign_type, wechat.ca_file) == ("7", "MD5", place / "ca.pem")


def test_wechat_names_everything_that_is_missing() -> None:
    lines = problems("[gateways.wx]\nkind = 'wechat'\n" + ALL_TO_SIM)
    assert [line.split(";")[0] for line in lines] == [
        f"gateways.wx.{key}: is missing" for key in ("base_url", "appid", "mch_id", "key_file", "client_cert_file", "client_key_file")
    ]


def test_a_client_certificate_that_is_not_there_is_the_gateway_s_to_report(place: Path) -> None:
    assert not (place / "cert.pem").exists()
    assert isinstance(read(WECHAT + ALL_TO_SIM, place), Config)


def test_a_merchant_s_backend_by_signature(place: Path) -> None:
    assert read(BACKEND + ALL_TO_SIM, place).gateways["backend"] == MerchantSettings(
        "backend", "https://pay.example.org/box", "signature", "k1", Secret("the-key")
    )


def test_a_merchant_s_backend_by_token(place: Path) -> None:
    text = BACKEND.replace('key_id = "k1"', 'auth = "bearer"')
    assert read(text + ALL_TO_SIM, place).gateways["backend"] == MerchantSettings(
        "backend", "https://pay.example.org/box", "bearer", secret=Secret("the-key")
    )


def test_a_merchant_s_backend_by_certificate(place: Path) -> None:
    text = '[gateways.b]\nkind = "merchant"\nauth = "mtls"\nbase_url = "https://b.example"\nclient_cert_file = "c"\nclient_key_file = "k"\n'
    settings = read(text + ALL_TO_SIM, place).gateways["b"]
    assert settings == MerchantSettings("b", "https://b.example", "mtls", client_cert_file=place / "c", client_key_file=place / "k")
    assert problems(text.replace("https://b.example", "http://127.0.0.1:1") + ALL_TO_SIM, place) == [
        "gateways.b.base_url: has no TLS, which auth = 'mtls' needs; expected an address that begins with https://"
    ]


@pytest.mark.parametrize(
    ("auth", "missing"),
    [("signature", ["key_id", "secret_file"]), ("bearer", ["secret_file"]), ("mtls", ["client_cert_file", "client_key_file"])],
)
def test_each_way_to_prove_oneself_needs_its_own(auth: str, missing: list[str]) -> None:
    lines = problems(f'[gateways.b]\nkind = "merchant"\nbase_url = "https://b.example"\nauth = "{auth}"\n' + ALL_TO_SIM)
    assert [line.split(";")[0] for line in lines] == [f"gateways.b.{key}: is missing" for key in missing]


KINDS = "one of " + ", ".join(f'"{kind}"' for kind in _KINDS)


def test_a_till_has_a_name_and_a_kind() -> None:
    assert list(read("[tills.counter]\nkind = 'http'").tills) == ["counter"]
    assert problems("[tills.a]\n") == [f"tills.a.kind: is missing; expected {TILL_KINDS.expected}"]
    assert problems("[tills.a]\nkind = 'http'\nport = 1")[0].startswith("tills.a.port: is not known here")


def test_one_till_of_kind_http_serves_all() -> None:
    assert problems("[tills.a]\nkind = 'http'\n[tills.b]\nkind = 'http'") == [
        "tills.b.kind: is a second till of kind http; expected one of them; it serves any number of machines"
    ]


def test_a_till_on_a_serial_line() -> None:
    tills = read("[tills.a]\nkind = 'serial'\nport = '/dev/ttyUSB0'\n[tills.b]\nkind = 'http'").tills
    assert tills == {"a": SerialTillSettings("a", port="/dev/ttyUSB0", baudrate=115200, crc_required=True), "b": TillSettings("b")}
    tills = read("[tills.a]\nkind = 'serial'\nport = '/dev/ttyS0'\nbaudrate = 9600\ncrc = 'optional'").tills
    assert tills == {"a": SerialTillSettings("a", port="/dev/ttyS0", baudrate=9600, crc_required=False)}


def test_what_is_wrong_with_a_serial_till() -> None:
    assert problems("[tills.a]\nkind = 'serial'") == ["tills.a.port: is missing; expected a path such as /dev/ttyACM0"]
    lines = problems("[tills.a]\nkind = 'serial'\nport = 'ttyUSB0'\nbaudrate = 100\ncrc = 'none'\nparity = 'even'")
    assert [line.split(":")[0] for line in lines] == ["tills.a.port", "tills.a.baudrate", "tills.a.crc", "tills.a.parity"]


def test_a_port_has_one_owner() -> None:
    till = "[tills.{0}]\nkind = 'serial'\nport = '/dev/ttyUSB0'\n"
    assert problems(till.format("a") + till.format("b")) == ["tills.b.port: is that of till a as well; expected a port of its own"]
    scanner = "[scanner]\nkind = 'serial'\nport = '/dev/ttyUSB0'\n"
    assert problems(scanner + till.format("a")) == ["tills.a.port: is the scanner's as well; expected a port of its own"]


@pytest.mark.parametrize("name", ["scanner", "display", "lights", "buzzer", "button", "gateway", "journal"])
def test_a_serial_till_bears_no_name_of_a_part(name: str) -> None:
    (line,) = problems(f"[tills.{name}]\nkind = 'serial'\nport = '/dev/ttyUSB0'")
    assert line.endswith("as a part of the box is; expected another NAME in [tills.NAME]")


@pytest.mark.parametrize("name", ["Main", "a b", "x" * 33, "ü", "a.b", ""])
def test_names_are_plain_words(name: str) -> None:
    for table in ("gateways", "tills"):
        kind = {"kind": "simulated" if table == "gateways" else "http"}
        data = {"box": {"terminal_id": 1}, "gateways": {"g": {"kind": "simulated"}}, "routes": {"show": "g"}}
        data[table] = {**data.get(table, {}), name: kind}  # type: ignore[dict-item]  # tables in tables
        (line,) = problems_of(data)
        assert line.endswith(": is no name; expected 1 to 32 of a-z, 0-9, _ and -")


def test_a_gateway_has_a_kind() -> None:
    lines = problems("[gateways.g]\nbase_url = 'x'\n" + ALL_TO_SIM)
    assert lines == [f"gateways.g.kind: is missing; expected {KINDS}"]
    assert problems_of({"box": {"terminal_id": 1}, "gateways": {}}) == [
        "gateways: names no gateway; expected at least one table [gateways.NAME]"
    ]


@pytest.mark.parametrize(
    "address",
    ["https://pay.example.org", "https://pay.example.org:8443/a/b", "http://127.0.0.1:9000", "http://localhost", "http://[::1]:1/x"],
)
def test_addresses_that_money_may_be_asked_at(place: Path, address: str) -> None:
    backend = read(BACKEND.replace("https://pay.example.org/box", address) + ALL_TO_SIM, place).gateways["backend"]
    assert isinstance(backend, MerchantSettings)
    assert backend.base_url == address


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("http://pay.example.org", "is neither https nor http on this machine"),
        ("http://127.0.0.1.example.org", "is neither https nor http on this machine"),
        ("http://10.0.0.1", "is neither https nor http on this machine"),
        ("ftp://127.0.0.1", "is neither https nor http on this machine"),
        ("pay.example.org", "names no host, or port 0"),
        ("https://", "names no host, or port 0"),
        ("https://a:0/", "names no host, or port 0"),
        ("https://a:99999/", "is not an address"),
        ("https://[::1/", "is not an address"),
        ("https://a b/", "is not an address"),
        ("", "is not an address"),
        ("https://user:hunter2@a/", "has credentials, a query or a fragment in it"),
        ("https://a/?token=hunter2", "has credentials, a query or a fragment in it"),
        ("https://a/#x", "has credentials, a query or a fragment in it"),
    ],
)
def test_addresses_that_money_is_never_asked_at(place: Path, address: str, wrong: str) -> None:
    """What was written is not repeated: people put credentials into addresses."""
    (line,) = problems(BACKEND.replace("https://pay.example.org/box", address) + ALL_TO_SIM, place)
    assert line.startswith(f"gateways.backend.base_url: {wrong}; expected an address that begins with https://")
    assert "hunter2" not in line


@pytest.mark.parametrize("listen", ["0.0.0.0:80", "192.168.0.7:80", "[::]:80", "box.local:80"])
def test_listening_beyond_this_machine_needs_a_token(place: Path, listen: str) -> None:
    (line,) = problems(f"[web]\nlisten = '{listen}'")
    assert line.startswith("web.token_file: is missing, and other machines can reach the box; expected")
    web = read(f"[web]\nlisten = '{listen}'\ntoken_file = 'wx.key'", place).web
    assert web.token == Secret("the-key")


@pytest.mark.parametrize("listen", ["127.0.0.1:8080", "127.8.8.8:1", "localhost:65535", "[::1]:8080", "127.0.0.1:0"])
def test_on_this_machine_it_needs_none(listen: str) -> None:
    assert read(f"[web]\nlisten = '{listen}'").web.token is None


@pytest.mark.parametrize(
    "listen",
    ["8080", ":8080", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:x", "1.2.3:80", "[x]:80", "[1:2]:8", "::1:80", 8080],
)
def test_what_cannot_be_listened_on(listen: str | int) -> None:
    (line,) = problems(f"[web]\nlisten = {listen!r}")
    assert line.startswith(f"web.listen: is {listen!r}")


def test_a_single_wechat_gateway_serves_only_its_own(place: Path) -> None:
    routes = parse(tomllib.loads(BOX + WECHAT), place, {}).routes
    assert routes.scan == {"wechat": "wx"}
    assert routes.show == {"default": "wx"}


def test_several_gateways_need_routes(place: Path) -> None:
    (line,) = problems(BACKEND, place)
    assert line.startswith("routes: is missing, and there are several gateways; expected")


def test_routes_name_a_gateway_for_each_scheme(place: Path) -> None:
    routes = read(WECHAT + route('scan.wechat = "wx"\nscan.alipay = "sim"\nshow.default = "sim"\nshow.wechat = "wx"'), place).routes
    assert routes.scan == {"wechat": "wx", "alipay": "sim"}
    assert routes.show == {"default": "sim", "wechat": "wx"}


def test_what_no_route_names_is_not_served() -> None:
    assert read(route('scan.wechat = "sim"')).routes.show == {}
    assert read(route('show = "sim"')).routes.scan == {}


def test_a_table_that_names_one_gateway_needs_no_default(place: Path) -> None:
    assert read(route('show.wechat = "sim"')).routes.show == {"default": "sim", "wechat": "sim"}
    (line,) = problems(WECHAT + route('show.wechat = "wx"\nshow.alipay = "sim"'), place)
    assert line == "routes.show.default: is missing; expected the gateway for requests that name no scheme"


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (
            'scan.wechat = "nobody"',
            "routes.scan.wechat: is 'nobody', and no gateway has that name; expected the name of a gateway: 'sim', 'wx'",
        ),
        ("scan.wechat = 3", "routes.scan.wechat: is 3, and no gateway has that name"),
        ('scan.alipay = "wx"', "routes.scan.alipay: is 'wx', a gateway that does not take alipay"),
        ('show.default = "sim"\nshow.alipay = "wx"', "routes.show.alipay: is 'wx', a gateway that does not take alipay"),
        ('show = "nobody"', "routes.show: is 'nobody', and no gateway has that name"),
        ("show = 3", "routes.show: is 3; expected a table, [routes.show]"),
        ('scan = "sim"', "routes.scan: is 'sim'; expected a table, [routes.scan]"),
        ('scan.wechatt = "sim"', "routes.scan.wechatt: is not known here, did you mean wechat?"),
        ('shows = "sim"', "routes.shows: is not known here, did you mean show?"),
        ("", "routes: says nothing; expected scan.SCHEME or show"),
    ],
)
def test_routes_that_lead_nowhere(place: Path, lines: str, line: str) -> None:
    found = problems(WECHAT + route(lines), place)
    assert any(problem.startswith(line) for problem in found)


def test_a_route_to_a_gateway_that_lacks_the_ability_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OFFERS, SimulatedSettings, Offer(frozenset({Ability.SHOW})))
    (line,) = problems(route('scan.wechat = "sim"\nshow = "sim"'))
    assert line.startswith("routes.scan.wechat: is 'sim', a gateway that cannot scan")
    assert read().routes.scan == {}, "what it cannot do is not routed to it"


def test_what_the_gateways_offer_is_what_they_do() -> None:
    kinds = (
        (WechatGateway, WechatSettings),
        (MerchantGateway, MerchantSettings),
        (Smart2payGateway, Smart2paySettings),
        (CbtisGateway, CbtisSettings),
    )
    for gateway, settings in kinds:
        assert gateway.abilities == OFFERS[settings].abilities


def test_late_money_at_a_gateway_that_cannot_refund_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OFFERS, SimulatedSettings, Offer(frozenset({Ability.SCAN, Ability.SHOW})))
    assert "policy.late_payment: gateway sim cannot refund: money that comes late is reported instead" in read().warnings
    findings = Findings()
    _warn_of_refunds(read("[policy]\nlate_payment = 'report'").policy, {"sim": SimulatedSettings("sim")}, findings)
    assert findings.warnings == []


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "-inf", "true", "'5'", "604801", "1e300", "9" * 400, "[1]"])
def test_a_wait_is_a_number_of_seconds_greater_than_zero(value: str) -> None:
    (line,) = problems(f"[timing]\nquery_every_s = {value}")
    assert line.startswith("timing.query_every_s: is ")


def test_waits_have_decimals() -> None:
    schedule = read("[timing]\nquery_every_s = 2.5\nanswer_s = 7").schedule
    assert (schedule.query_every_s, schedule.answer_s) == (2.5, 7.0)
    assert isinstance(schedule.answer_s, float)
    assert math.isclose(schedule.give_up_s, 30)


def warnings_of_timing(config: Config) -> list[str]:
    return [warning.split(":")[0] for warning in config.warnings if warning.startswith("timing")]


def test_waits_tighter_than_the_provider_s_rule_are_obeyed_with_a_warning(place: Path) -> None:
    tight = "[timing]\nquery_every_s = 2.9\ngive_up_s = 46\nrevoke_not_before_s = 14\n"
    config = read(WECHAT + ALL_TO_SIM + tight, place)
    assert config.schedule.query_every_s == 2.9
    assert warnings_of_timing(config) == ["timing.query_every_s", "timing.give_up_s", "timing.revoke_not_before_s"]
    assert warnings_of_timing(read(BACKEND + ALL_TO_SIM + tight, place)) == ["timing.give_up_s"]
    assert warnings_of_timing(read(tight)) == [], "a simulated gateway has no rules"
    assert warnings_of_timing(read(WECHAT + ALL_TO_SIM, place)) == []
