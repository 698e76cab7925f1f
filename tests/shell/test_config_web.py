"""`[web]`: the box's own certificate, and the names by which browsers may call it (`daemon.tables.web`)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from config_data import problems, read, secret_file

from daemon.gateways.certificate import fingerprint
from daemon.sandbox.tls import make_certificates

TLS = '[web]\ncert_file = "web.pem"\nkey_file = "web.key"\n'
TOKEN = '[web]\ntoken_file = "token"\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate and its key, `web.pem` and `web.key`, and another, `client.pem` and `client.key`."""
    folder = tmp_path_factory.mktemp("made")
    certificates = make_certificates(folder)
    certificates.server_cert_file.rename(folder / "web.pem")
    certificates.server_key_file.rename(folder / "web.key")
    return folder


@pytest.fixture
def place(tmp_path: Path, made: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    secret_file(tmp_path, "token")
    return tmp_path


def test_usually_there_is_neither_tls_nor_any_other_name() -> None:
    web = read().web
    assert (web.tls, web.hosts) == (None, ())


def test_a_certificate_and_its_key(place: Path) -> None:
    config = read(TLS, place)
    assert config.web.tls is not None
    assert (config.web.tls.cert_file, config.web.tls.key_file) == (place / "web.pem", place / "web.key")
    assert config.web.tls.fingerprint == fingerprint(place / "web.pem")
    assert config.web.tls.trouble == ""
    assert [warning for warning in config.warnings if warning.startswith("web")] == []


def test_both_may_be_credentials(place: Path) -> None:
    config = read(TLS.replace('"web.', '"credential:web.'), environ={"CREDENTIALS_DIRECTORY": str(place)})
    assert config.web.tls is not None
    assert config.web.tls.key_file == place / "web.key"


@pytest.mark.parametrize(("given", "missing"), [("cert_file", "key_file"), ("key_file", "cert_file")])
def test_one_without_the_other(place: Path, given: str, missing: str) -> None:
    file = {"cert_file": "web.pem", "key_file": "web.key"}[given]
    (line,) = problems(f'[web]\n{given} = "{file}"\n', place)
    assert line == f"web.{missing}: is missing, and there is a {given}; expected both for TLS, or none of them"


@pytest.mark.parametrize("which", ["web.pem", "web.key"])
def test_one_that_cannot_be_read(place: Path, which: str) -> None:
    (place / which).unlink()
    (line,) = problems(TLS, place)
    assert line.startswith(f"web.{'cert' if which == 'web.pem' else 'key'}_file: cannot be read (No such file or directory); expected")


def test_a_key_of_another_certificate(place: Path) -> None:
    shutil.copy(place / "client.key", place / "web.key")
    (line,) = problems(TLS, place)
    assert line.startswith("web.cert_file: cannot be used: web.key is not the key of web.pem; expected")


@pytest.mark.parametrize(("which", "why"), [("web.pem", "web.pem is not PEM"), ("web.key", "web.key is not PEM")])
def test_what_is_none(place: Path, which: str, why: str) -> None:
    (place / which).write_text("something else")
    (line,) = problems(TLS, place)
    assert f"cannot be used: {why}" in line


def test_what_is_in_the_key_is_never_repeated(place: Path) -> None:
    (place / "web.key").write_text("-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----\n")
    (line,) = problems(TLS, place)
    assert "hunter2" not in line
    assert "hunter2" not in repr(problems(f'[web]\ncert_file = "web.pem"\nkey_file = "{"hunter2" * 2}"\n', place))


@pytest.mark.parametrize(
    ("days", "trouble"), [(-1, "server.pem has expired, or the box's clock is wrong"), (10, "server.pem expires in 9 days"), (60, "")]
)
def test_an_expired_one_keeps_no_box_from_starting_and_is_told(tmp_path: Path, days: int, trouble: str) -> None:
    make_certificates(tmp_path, server_days=days)
    web = read('[web]\ncert_file = "server.pem"\nkey_file = "server.key"\n', tmp_path).web
    assert web.tls is not None
    assert web.tls.trouble == trouble


def test_a_key_that_others_can_read_is_worth_a_word(place: Path) -> None:
    (place / "web.key").chmod(0o644)
    warnings = read(TLS, place).warnings
    assert "web.key_file: other users of this machine can read the file: chmod 600 would stop them" in warnings


# -- names


def test_names_are_read_in_small_letters(place: Path) -> None:
    assert read(TOKEN + 'hosts = ["Box.Shop.LAN", "till"]\n', place).web.hosts == ("box.shop.lan", "till")
    assert read(TOKEN + 'hosts = "box.shop.lan"\n', place).web.hosts == ("box.shop.lan",)


@pytest.mark.parametrize(
    "hosts", ['"https://box.lan"', '"box.lan:8080"', '"box_lan"', '"*.lan"', '"-a"', '"a."', '""', '"a\\n"', "5", "[]", '["a", "a"]', "[5]"]
)
def test_what_is_no_name(place: Path, hosts: str) -> None:
    (line,) = problems(TOKEN + f"hosts = {hosts}\n", place)
    assert line.startswith("web.hosts: ")
    assert "expected a host name such as box.shop.lan" in line


def test_names_without_a_token_change_nothing_and_that_is_said() -> None:
    config = read('[web]\nhosts = ["box.shop.lan"]\n')
    assert "web.hosts: without a token_file the box answers to localhost, 127.0.0.1 and [::1] only" in config.warnings
