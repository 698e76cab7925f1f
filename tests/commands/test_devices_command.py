"""`tillbox devices` (daemon.commands.devices): whatever this machine has, it says something and does not fail."""

from __future__ import annotations

import pytest

from daemon.cli import main
from hw.find import Found


def test_what_is_found_is_printed_as_lines_for_the_configuration(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [Found("scanner", "serial port /dev/ttyACM0", ('kind = "serial"', 'port = "/dev/ttyACM0"'))]
    monkeypatch.setattr("daemon.commands.devices.find_all", lambda: found)
    assert main(["devices"]) == 0
    assert 'port = "/dev/ttyACM0"' in capsys.readouterr().out


def test_where_nothing_is_found_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("daemon.commands.devices.find_all", list)
    assert main(["devices"]) == 0
    assert "Nothing found" in capsys.readouterr().out


def test_on_any_machine_it_looks_without_failing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"]) == 0
    assert capsys.readouterr().out
