"""`[mqtt]` (`daemon.tables.mqtt`): a fleet's broker, and what would tell others the password."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_data import problems, read, secret_file

from daemon.commands.run import secrets_of
from daemon.fleet.settings import MqttSettings
from daemon.gateways.tls import TlsSettings
from daemon.secret import Secret


def test_without_it_the_box_belongs_to_no_fleet() -> None:
    assert read().mqtt is None


def test_a_host_is_enough_and_beyond_this_machine_it_is_spoken_to_over_tls() -> None:
    assert read('[mqtt]\nhost = "mqtt.example.org"').mqtt == MqttSettings("mqtt.example.org", 8883, "box-1", "tillbox", TlsSettings())
    for host in ("localhost", "127.0.0.1", "::1"):
        assert read(f'[mqtt]\nhost = "{host}"').mqtt == MqttSettings(host, 1883, "box-1", "tillbox")


def test_everything_can_be_said(tmp_path: Path) -> None:
    for name in ("ca.pem", "box.pem", "box.key"):
        secret_file(tmp_path, name)
    secret_file(tmp_path, "mqtt.password", "made-up-words")
    config = read(
        """
        [mqtt]
        host = "192.0.2.7"
        port = 443
        tls = true
        ca_file = "ca.pem"
        client_cert_file = "box.pem"
        client_key_file = "box.key"
        username = "box 1"
        password_file = "mqtt.password"
        topic = "shops/north"
        client_id = "tillbox-box-1"
        keepalive_s = 30
        """,
        tmp_path,
    )
    tls = TlsSettings(tmp_path / "ca.pem", tmp_path / "box.pem", tmp_path / "box.key")
    password = Secret("made-up-words")
    assert config.mqtt == MqttSettings("192.0.2.7", 443, "tillbox-box-1", "shops/north", tls, "box 1", password, 30)
    assert not any("mqtt" in warning for warning in config.warnings)
    assert password in secrets_of(config), "so that no log line can show it"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("", "mqtt.host: is missing; expected a name or an IP address"),
        ('host = "box:word@mqtt.example.org"', "mqtt.host: is neither a name nor an IP address; expected"),
        ("host = 7", "mqtt.host: is 7; expected"),
        ('host = "h"\nport = 0', "mqtt.port: is 0; expected a port"),
        ('host = "h"\ntopic = "a/+/b"', "mqtt.topic: is 'a/+/b'; expected words"),
        ('host = "h"\ntopic = "$SYS"', "mqtt.topic: is '$SYS'; expected words"),
        ('host = "h"\ntopic = "a//b"', "mqtt.topic: is 'a//b'; expected words"),
        ('host = "h"\nkeepalive_s = 4', "mqtt.keepalive_s: is 4; expected seconds"),
        ('host = "h"\nclient_cert_file = "c"', "mqtt.client_key_file: is missing"),
        ('host = "h"\nclient_key_file = "c"', "mqtt.client_cert_file: is missing, and client_key_file is there"),
        ('host = "localhost"\nclient_cert_file = "c"\nclient_key_file = "c"', "mqtt.client_cert_file: is for TLS, which is off"),
        ('host = "h"\nbroker = "x"', "mqtt.broker: is not known here"),
    ],
)
def test_what_is_wrong_is_said(keys: str, said: str) -> None:
    found = problems(f"[mqtt]\n{keys}")
    assert any(line.startswith(said) for line in found), found
    assert not any("box:" in line for line in found), "people put credentials into addresses"


def test_a_password_goes_with_a_name_and_never_in_the_clear(tmp_path: Path) -> None:
    secret_file(tmp_path, "p")
    assert problems('[mqtt]\nhost = "h"\npassword_file = "p"', tmp_path) == [
        "mqtt.username: is missing, and password_file is there; expected the name that the password belongs to"
    ]
    in_the_clear = problems('[mqtt]\nhost = "h"\ntls = false\nusername = "u"\npassword_file = "p"', tmp_path)
    assert [line.split(":")[0] for line in in_the_clear] == ["mqtt.tls"]
    here = read('[mqtt]\nhost = "localhost"\nusername = "u"\npassword_file = "p"', tmp_path)
    assert not any("mqtt" in warning for warning in here.warnings)


def test_tls_may_be_switched_off_and_that_is_worth_a_word() -> None:
    config = read('[mqtt]\nhost = "broker.lan"\ntls = false')
    assert config.mqtt is not None
    assert (config.mqtt.port, config.mqtt.tls) == (1883, None)
    assert [warning.split(":")[0] for warning in config.warnings if "mqtt" in warning] == ["mqtt.tls"]
