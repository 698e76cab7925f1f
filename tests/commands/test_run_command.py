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
