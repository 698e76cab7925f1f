"""`tillbox pole learn` (daemon.commands.pole) as a process, before an emulated till on a pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.cli import main
from daemon.sandbox.tills.pole import PoleCounter

ROOT = Path(__file__).resolve().parents[2]
NOTHING = bytes(4)  # to be read, as FIONREAD says it


class Learning:
    """The command, and the till that it listens to."""

    def __init__(self, *options: str) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.till = PoleCounter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "daemon", "pole", "learn", "--port", os.ttyname(self.slave), *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""

    def until(self, words: str) -> None:
        assert self.process.stdout is not None
        while words not in self.said.splitlines()[-1:][0] if self.said else True:
            line = self.process.stdout.readline()
            assert line, self.said
            self.said += line

    def rings(self, *commands: str) -> None:
        """What is done at the till, and Enter at the command."""
        for command in commands:
            self.till.command(command, 0.0)
        self.writes(self.till.take())

    def writes(self, data: bytes) -> None:
        os.write(self.master, data)
        while fcntl.ioctl(self.slave, termios.FIONREAD, NOTHING) != NOTHING:
            time.sleep(0.01)
        time.sleep(0.2)  # "wait a second", it says: the display is quiet before the Enter
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def ends(self) -> int:
        rest, _ = self.process.communicate(timeout=30)
        self.said += rest
        return self.process.returncode

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def learning() -> Iterator[Learning]:
    one = Learning()
    yield one
    one.close()


def test_three_totals_and_the_lines_to_paste(learning: Learning) -> None:
    for amount in ("12.34", "5.67", "208.90"):
        learning.until(f"Ring up {amount}")
        learning.rings("clear", f"item TEA {amount}", "total")
    assert learning.ends() == 0, learning.said
    port = os.ttyname(learning.slave)
    assert learning.said.endswith(f'[tills.pole]\nkind = "pole"\nport = "{port}"\nbaudrate = 9600\ndialect = "cd5220"\n')


def test_a_speed_at_which_nothing_can_be_read_is_followed_by_the_next(learning: Learning) -> None:
    learning.until("9600 baud")
    learning.writes(b"\xf8\x80\x00\xfe")
    learning.until("2400 baud")
    assert "none of them shows 12.34" in learning.said
    learning.rings("total 12.34")
    learning.until("5.67")
    learning.rings("total 5.67")
    learning.until("208.90")
    learning.rings("total 208.90")
    assert learning.ends() == 0, learning.said
    assert "baudrate = 2400" in learning.said


def test_a_display_without_a_word_teaches_nothing(learning: Learning) -> None:
    for amount in ("12.34", "5.67", "208.90"):
        learning.until(f"Ring up {amount}")
        learning.writes(b"\x0c" + amount.encode())
    assert learning.ends() == 1
    assert "no word or sign" in learning.said


def test_an_input_that_ends_is_said(learning: Learning) -> None:
    learning.until("Ring up 12.34")
    assert learning.process.stdin is not None
    learning.process.stdin.close()
    learning.process.stdin = None
    assert learning.ends() == 1
    assert "the input ended" in learning.said


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--port", "/dev/none", "1.00", "2.00", "x"], 2, "expected a number like 12.50"),
        (["--port", "/dev/none", "1.00", "2.00"], 2, "expected 3 amounts, each another"),
        (["--port", "/dev/none", "1.00", "2.00", "1.00"], 2, "expected 3 amounts, each another"),
        (["--port", "/dev/none"], 1, "/dev/none is not there"),
    ],
)
def test_wrong_use_and_a_port_that_is_not_there(options: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pole", "learn", *options]) == code
    assert words in capsys.readouterr().err
