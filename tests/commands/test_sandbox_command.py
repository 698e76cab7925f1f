"""`tillbox sandbox` (daemon.commands.sandbox) as a process."""

from __future__ import annotations

import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from daemon.cli import main


def test_it_prints_what_to_paste_and_ends_when_told(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "daemon", "sandbox", "--dir", str(tmp_path / "box")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.strip().startswith("00") or "password_then_paid" in line:
                break
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=20)
    said = "".join(lines) + rest
    assert process.returncode == 0, errors
    assert "[gateways.wechat]" in said
    assert "https://127.0.0.1:" in said


def test_a_script_that_is_wrong_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "script.toml"
    script.write_text("[[order]]\ncase = 'no_such_case'\n")
    assert main(["sandbox", "--script", str(script)]) == 1
    assert "no_such_case" in capsys.readouterr().err
    assert tomllib.loads(script.read_text())["order"]


def test_a_port_that_is_taken_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["sandbox", "--port", str(taken.getsockname()[1]), "--dir", str(tmp_path)]) == 1
    assert "tillbox: " in capsys.readouterr().err
