"""An emulated till on a real pseudo-terminal: `daemon.sandbox.tills.bench`, `daemon.sandbox.tills.kinds`, `daemon.sandbox.tills.outlet`,
`daemon.typed`, and
`tillbox sandbox --till` as a process."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tomllib
import tty
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daemon.cli import TILL_KINDS, main
from daemon.config import parse
from daemon.sandbox.tills.base import Emulator
from daemon.sandbox.tills.bench import Bench, serve
from daemon.sandbox.tills.kinds import EMULATORS
from daemon.sandbox.tills.serial import SerialCounter

ACK = b'{"t":"ack","ref":"E-1"}*8E4C\n'


def typed(*lines: str) -> AsyncIterator[str]:
    async def each() -> AsyncIterator[str]:
        for line in lines:
            yield line

    return each()


def test_every_kind_that_can_be_asked_for_is_there() -> None:
    assert set(TILL_KINDS) == set(EMULATORS)
    for make in EMULATORS.values():
        emulator: Emulator = make()
        assert emulator.help
        assert emulator.next_deadline() is None
        with pytest.raises(ValueError, match="nothing"):
            emulator.command("nothing-that-it-knows", 0.0)


async def test_what_is_typed_goes_out_and_what_comes_in_is_said() -> None:
    words: list[str] = []
    async with Bench(till := SerialCounter(), words.append) as bench:
        fd = os.open(bench.path, os.O_RDWR | os.O_NOCTTY)
        try:
            await serve(bench, typed("", "pay 12.50", "steal", "quit", "pay 1"), words.append)
            assert await asyncio.to_thread(os.read, fd, 1000) == b'{"v":1,"t":"pay","ref":"E-1","amt":1250}*902E\n'
            os.write(fd, ACK)
            async with asyncio.timeout(5):
                while not till.heard:
                    await asyncio.sleep(0.01)
        finally:
            os.close(fd)
    assert words[0] == till.help
    assert any(word.startswith("? 'steal' is nothing") for word in words)
    assert till.ref == "E-1"


async def test_a_port_that_is_there_is_used(tmp_path: Path) -> None:
    main_end, box_end = os.openpty()
    tty.setraw(box_end)
    try:
        async with Bench(SerialCounter(), lambda _text: None, Path(os.ttyname(box_end))) as bench:
            bench.command("hello")
            assert b'"t":"hello"' in await asyncio.to_thread(os.read, main_end, 1000)
            os.close(main_end)
            main_end = -1
            await asyncio.wait_for(bench.lost.wait(), 5)
    finally:
        for fd in (main_end, box_end):
            if fd >= 0:
                os.close(fd)


def test_a_port_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["sandbox", "--till", "serial", "--port", str(tmp_path / "ttyUSB9")]) == 1
    assert "ttyUSB9" in capsys.readouterr().err


def test_a_line_is_no_port_of_the_providers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--port", "/dev/pts/0"]) == 2
    assert "expected a port from 0 to 65535, not '/dev/pts/0'; a line is for --till" in capsys.readouterr().err


def test_a_person_has_a_till_in_the_terminal() -> None:
    command = [sys.executable, "-m", "daemon", "sandbox", "--till", "serial"]
    done = subprocess.run(command, input="hello\nsteal\nquit\n", capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 0, done.stderr
    assert re.search(r'\[tills\.counter\]\nkind = "serial"\nport = "/dev/pts/\d+"\nbaudrate = 115200\n', done.stdout)
    assert "pay 12.50" in done.stdout
    assert "? 'steal' is nothing this till can do" in done.stdout


@pytest.mark.parametrize("kind", TILL_KINDS)
def test_what_is_printed_can_be_pasted(kind: str) -> None:
    command = [sys.executable, "-m", "daemon", "sandbox", "--till", kind]
    done = subprocess.run(command, input="quit\n", capture_output=True, text=True, check=False, timeout=50)
    table = tomllib.loads(done.stdout.split("\n\n")[0])
    data = {**table, "box": {"terminal_id": "box-1"}, "gateways": {"sim": {"kind": "simulated"}}}
    assert parse(data, Path("/nowhere"), {}).tills["counter"].kind == kind
