"""Secrets and other files that the configuration names (`daemon.tables.files`)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from config_data import problems, read, secret_file

from daemon.secret import Secret

SECRET = "hunter2hunter2"


def web(name: str) -> str:
    return f"[web]\ntoken_file = '{name}'\n"


def test_a_secret_is_read_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    secret_file(tmp_path, "secrets/token", f"{SECRET}\n")
    assert read(web("secrets/token"), tmp_path).web.token == Secret(SECRET)
    assert read(web(str(tmp_path / "secrets/token"))).web.token == Secret(SECRET), "or by its whole path"


def test_a_secret_is_read_from_what_systemd_hands_over(tmp_path: Path) -> None:
    secret_file(tmp_path, "web-token", SECRET)
    (tmp_path / "web-token").chmod(0o440)
    config = read(web("credential:web-token"), environ={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert config.web.token == Secret(SECRET)
    assert not [warning for warning in config.warnings if "token" in warning]


def wrong_file(name: str, tmp_path: Path, environ: dict[str, str] | None = None) -> str:
    (line,) = problems(web(name), tmp_path, environ)
    assert line.startswith("web.token_file: ")
    assert line.endswith(
        '; expected a file that holds the secret and nothing else: a path, relative to the configuration, or "credential:NAME"'
    )
    return line


def test_a_secret_that_is_not_there_names_the_key_but_never_what_was_written(tmp_path: Path) -> None:
    """P10: people put the secret itself where its file's name belongs."""
    line = wrong_file(SECRET, tmp_path)
    assert "cannot be read (No such file or directory)" in line
    assert SECRET not in line


@pytest.mark.parametrize(("content", "why"), [("", "the file is empty"), (" \n", "the file is empty"), ("x" * 70_000, "short text")])
def test_a_file_that_holds_no_secret(tmp_path: Path, content: str, why: str) -> None:
    assert why in wrong_file(secret_file(tmp_path, "token", content), tmp_path)


def test_a_file_that_holds_no_text(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff\xfe\x00")
    assert "does not hold text" in wrong_file("token", tmp_path)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "/dev/zero"):
        assert "is not a file" in wrong_file(name, tmp_path)


def test_a_name_that_the_system_cannot_take(tmp_path: Path) -> None:
    assert "cannot be read" in wrong_file("x" * 5000, tmp_path)
    for line in ("''", "3", '"a\\u0000b"', "['a']"):
        (found,) = problems(f"[web]\ntoken_file = {line}", tmp_path)
        assert found.startswith("web.token_file: is not the name of a file")


def test_a_credential_without_systemd_is_explained(tmp_path: Path) -> None:
    assert "systemd handed none over" in wrong_file("credential:web-token", tmp_path)


def test_a_credential_of_a_folder_that_was_handed_over_whole(tmp_path: Path) -> None:
    """systemd puts the id of `LoadCredential=secrets:FOLDER` before each file's name."""
    secret_file(tmp_path, "secrets_web-token")
    config = read(web("credential:web-token"), environ={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert config.web.token is not None
    assert not [warning for warning in config.warnings if "token" in warning]


def test_without_systemd_it_is_looked_for_in_the_folder_that_would_be_handed_over(tmp_path: Path) -> None:
    secret_file(tmp_path, "secrets/web-token")
    assert read(web("credential:web-token"), tmp_path, {}).web.token is not None
    (tmp_path / "secrets" / "web-token").chmod(0o644)
    assert "web.token_file" in read(web("credential:web-token"), tmp_path, {}).warnings[0], "there others could read it"


@pytest.mark.parametrize("name", ["", "../token", "a/b", ".", ".."])
def test_a_credential_is_a_plain_name(tmp_path: Path, name: str) -> None:
    line = wrong_file(f"credential:{name}", tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert "is not a credential's name" in line


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_secret_that_others_can_read_is_only_a_warning(tmp_path: Path, mode: int) -> None:
    secret_file(tmp_path, "token", SECRET)
    (tmp_path / "token").chmod(mode)
    warnings = read(web("token"), tmp_path).warnings
    assert "web.token_file: other users of this machine can read the file: chmod 600 would stop them" in warnings


def test_no_secret_shows_in_what_is_printed_of_a_configuration(tmp_path: Path) -> None:
    secret_file(tmp_path, "token", SECRET)
    assert SECRET not in repr(read(web("token"), tmp_path))


MERCHANT = """
[gateways.b]
kind = "merchant"
base_url = "https://b.example"
auth = "bearer"
secret_file = "token"
ca_file = "{ca}"
[routes]
show = "b"
"""


def test_a_pipe_in_the_place_of_a_certificate_is_not_waited_for(tmp_path: Path) -> None:
    """Found by fuzzing: it was opened before it was looked at, and the box waited for ever for somebody to write to it."""
    secret_file(tmp_path, "token", SECRET)
    os.mkfifo(tmp_path / "pipe")
    assert any("is not a file" in line for line in problems(MERCHANT.format(ca="pipe"), tmp_path))


def test_a_certificate_of_an_authority_must_be_there(tmp_path: Path) -> None:
    secret_file(tmp_path, "token", SECRET)
    secret_file(tmp_path, "ca.pem")
    assert read(MERCHANT.format(ca="ca.pem"), tmp_path)
    for name, why in (("none.pem", "No such file"), (".", "is not a file"), ("/dev/null", "is not a file")):
        (line,) = problems(MERCHANT.format(ca=name), tmp_path)
        assert line.startswith("gateways.b.ca_file: ")
        assert why in line


def test_a_client_s_certificate_may_come_from_systemd(tmp_path: Path) -> None:
    text = """
    [gateways.b]
    kind = "merchant"
    base_url = "https://b.example"
    auth = "mtls"
    client_cert_file = "credential:cert"
    client_key_file = "key.pem"
    [routes]
    show = "b"
    """
    settings = read(text, tmp_path, {"CREDENTIALS_DIRECTORY": "/run/credentials/tillbox"}).gateways["b"]
    assert getattr(settings, "client_cert_file", None) == Path("/run/credentials/tillbox/cert")
    assert getattr(settings, "client_key_file", None) == tmp_path / "key.pem"
