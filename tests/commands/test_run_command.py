"""`tillbox run` (daemon.commands.run): how it ends. What it does while it runs is told in tests/stories."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from daemon.cli import main


def test_a_wrong_configuration_is_exit_2_and_names_each_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[box]\nmax_amount = 0\n[lights]\nkind = 'disco'\n")
    assert main(["run", "--config", str(config)]) == 2
    said = capsys.readouterr().err
    assert "box.max_amount: " in said
    assert "lights.kind: " in said
    assert "gateways" in said


def test_a_port_that_is_taken_is_exit_1_and_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = tmp_path / "config.toml"
        port = taken.getsockname()[1]
        config.write_text(
            f'[box]\nterminal_id = "T"\n[gateways.sim]\nkind = "simulated"\n'
            f'[journal]\npath = "j.sqlite"\n[web]\nlisten = "127.0.0.1:{port}"\n'
        )
        assert main(["run", "--config", str(config)]) == 1
    assert "tillbox: " in capfd.readouterr().err


def test_every_secret_of_the_configuration_is_known_to_the_log(tmp_path: Path) -> None:
    from daemon.commands.run import secrets_of
    from daemon.config import load

    for name in ("token", "secret"):
        (tmp_path / name).write_text(f"made-up-{name}-0123456789abcdef0123")
        (tmp_path / name).chmod(0o600)
    config = tmp_path / "config.toml"
    config.write_text(
        '[box]\nterminal_id = "T"\n[web]\nlisten = "127.0.0.1:0"\ntoken_file = "token"\n'
        '[gateways.shop]\nkind = "merchant"\nbase_url = "https://127.0.0.1:1"\nauth = "bearer"\nsecret_file = "secret"\n'
    )
    assert {secret.reveal()[:14] for secret in secrets_of(load(config))} == {"made-up-token-", "made-up-secret"}
