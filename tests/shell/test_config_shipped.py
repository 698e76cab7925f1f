"""`config.toml` at the root is what people begin with: all of it works, and all of the format is in it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from config_data import secret_file

from daemon.config import load, parse
from daemon.sandbox.tls import make_certificates
from daemon.tables.devices import _PANELS
from hw.factory import display_kinds

SHIPPED = Path(__file__).parents[2] / "config.toml"
TEXT = SHIPPED.read_text()


def alternatives() -> list[str]:
    """The runs of lines that are settings behind a "#", each with the table that it stands in."""
    found, table, run = [], "", []
    for line in [*TEXT.splitlines(), ""]:
        if re.match(r"#[^ #]", line):
            run.append(line[1:])
            continue
        if run:
            found.append("\n".join(run if run[0].startswith("[") else [table, *run]))
            run = []
        if line.startswith("["):
            table = line
    return found


def merged(data: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    both = dict(data)
    for key, value in more.items():
        both[key] = merged(both.get(key, {}), value) if isinstance(value, dict) else value
    return both


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with every file that the configuration names, and a credential."""
    for name in re.findall(r'_file = "([^":]+)"', TEXT):
        secret_file(tmp_path, name)
    for name in re.findall(r'_file = "credential:([^"]+)"', TEXT):
        secret_file(tmp_path, f"credentials/{name}")
    made = make_certificates(tmp_path / "made")
    made.server_cert_file.replace(tmp_path / "secrets/web.pem")
    made.server_key_file.replace(tmp_path / "credentials/web.key")
    return tmp_path


def test_it_loads_as_it_stands_without_any_secret_and_without_a_warning() -> None:
    config = load(SHIPPED, {})
    assert config.warnings == ()
    assert {config.hardware.scanner.kind, config.hardware.display.kind} == {"simulated"}


def test_there_are_alternatives_to_try() -> None:
    assert len(alternatives()) >= 13


@pytest.mark.parametrize("alternative", alternatives(), ids=lambda text: re.sub(r"\s+", " ", text)[:40])
def test_every_alternative_works_in_its_place(place: Path, alternative: str) -> None:
    data = merged(tomllib.loads(TEXT), tomllib.loads(alternative))
    config = parse(data, place, {"CREDENTIALS_DIRECTORY": str(place / "credentials")})
    unwanted = [warning for warning in config.warnings if "gateway cbtis cannot refund" not in warning]  # as the file itself says
    assert unwanted == []


# DESIGN, section 7, `config.toml`, and `[button]`; without the kinds that come later.
FORMAT = {
    "box": "terminal_id store_id store_name currency language max_amount",
    "scanner": "kind device vendor product port baudrate",
    "display": "kind interface bus address width height rotate contrast min_module_px",
    "lights": "kind green amber red active_high",
    "buzzer": "kind pin passive",
    "button": "kind pin active_low",
    "tills.http": "kind",
    "tills.counter": "kind port baudrate crc",
    "tills.pad": "kind device vendor product",
    "tills.machine": "kind price value_per_pulse prices output pin active_low on_ms off_ms inhibit_pin inhibit_active_low",
    "tills.vending": "kind port baudrate mode max_vend_wait_s",
    "tills.vending-paid-first": "kind port mode max_vend_wait_s price",
    "tills.pole": "kind port baudrate dialect confirm words total_pattern point",
    "gateways.wechat": "kind base_url appid mch_id sub_mch_id key_file sign_type client_cert_file client_key_file ca_file",
    "gateways.backend": "kind base_url auth key_id secret_file ca_file",
    "gateways.backend-mtls": "client_cert_file client_key_file",
    "gateways.cbtis": "kind base_url uid client_secret_file apikey_file type flow settlement_currency notify_url ca_file",
    "gateways.smart2pay": "kind base_url site_id api_key_file method_id return_url email country token_lifetime fallback_redirect_url "
    "is_offline ca_file",
    "gateways.connect": "kind base_url merchant_id api_key_id secret_file country customer_ip webhook_key_id webhook_secret_file ca_file",
    "gateways.simulated": "kind",
    "routes": "scan show",
    "routes.scan": "wechat alipay unionpay emvco",
    "timing": "scan_s answer_s reply_s query_every_s give_up_s revoke_not_before_s revoke_retry_s in_doubt_s qr_s qr_query_every_s chase_s",
    "policy": "late_payment sell_while_in_doubt",
    "journal": "path keep_days",
    "web": "listen token_file hosts cert_file key_file",
    "mqtt": "host port tls ca_file client_cert_file client_key_file username password_file topic client_id keepalive_s",
}


@pytest.mark.parametrize("table", FORMAT)
def test_every_key_of_the_format_is_in_it(table: str) -> None:
    data = tomllib.loads(TEXT)
    for alternative in alternatives():
        data = merged(data, tomllib.loads(alternative))
    for name in table.split("."):
        data = data[name]
    assert set(FORMAT[table].split()) <= set(data)


def test_the_values_it_shows_as_usual_are_the_usual_ones() -> None:
    """It says that a key left out has the value shown."""
    shown = load(SHIPPED, {})
    bare = parse({"box": {"terminal_id": "box-1"}, "gateways": {"g": {"kind": "simulated"}}}, SHIPPED.parent, {})
    for part in ("schedule", "policy", "journal", "web"):
        assert getattr(shown, part) == getattr(bare, part)
    assert (shown.box.currency, shown.box.language, shown.box.max_amount) == (bare.box.currency, bare.box.language, bare.box.max_amount)


def test_panels_are_those_that_can_be_built() -> None:
    assert set(_PANELS) == set(display_kinds())
