"""The command line (daemon.cli, daemon.__main__): words, exit codes, and what is loaded for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from daemon.cli import main, parser

COMMANDS = ("run", "demo", "check", "devices", "payments", "sandbox", "journal", "diagram")


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert all(f"\n    {command}" in said for command in COMMANDS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "required: COMMAND"),
        (["pay"], "invalid choice: 'pay'"),
        (["demo", "--port", "70000"], "expected a port from 0 to 65535, not '70000'"),
        (["demo", "--port", "８０"], "expected a port"),
        (["payments", "list", "--limit", "0"], "expected a whole number of at least 1"),
        (["payments"], "required: WHAT"),
        (["run", "--log-level", "loud"], "invalid choice: 'loud'"),
    ],
)
def test_wrong_use_is_exit_2_and_says_what_is_expected(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert said in capsys.readouterr().err


def test_the_version_is_the_distribution_s(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("tillbox ")


def test_every_command_has_a_module() -> None:
    import importlib

    lines = (["run"], ["demo"], ["check"], ["devices"], ["payments", "list"], ["sandbox"], ["journal", "confirm"], ["diagram"])
    for line in lines:
        arguments = parser().parse_args(line)
        assert callable(importlib.import_module(f"daemon.commands.{arguments.module}").run)


def test_a_small_command_loads_no_web_server_and_no_panel() -> None:
    """`tillbox diagram` on a Pi starts at once: the command line itself imports nothing heavy."""
    code = (
        "import sys; from daemon.cli import main; main(['diagram']);"
        "print([m for m in ('aiohttp', 'luma', 'PIL', 'evdev', 'cryptography') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")


def test_the_package_can_be_run_and_a_reader_that_goes_away_is_no_error() -> None:
    """`tillbox diagram | head -1` ends quietly."""
    done = subprocess.run(f"{sys.executable} -m daemon diagram | head -1", shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr
