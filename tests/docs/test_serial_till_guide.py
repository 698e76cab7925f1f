"""docs/serial-till.md: its exchanges are what the real till says, its code works, its tables are the program's."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from contract import ROOT

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tills"))
from serial_counter import Counter, story
from serial_transcript import BOX, TILL, replayed

from daemon.tills import serial, serial_owed, serial_wire, serial_words
from daemon.tills.serial_frames import CRC_CHECK, MAX_LINE, SILENCE_S, crc16
from hw.till_line import KEPT_BYTES

GUIDE = (ROOT / "docs" / "serial-till.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```text\n(.*?)```", GUIDE, re.DOTALL)


def code(language: str) -> str:
    return "\n\n".join(re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL))


@pytest.mark.parametrize("block", BLOCKS, ids=[block.splitlines()[0][:40] for block in BLOCKS])
def test_an_exchange_is_what_is_really_said(block: str, tmp_path: Path) -> None:
    said: list[str] = []

    @story
    async def play(counter: Counter) -> None:
        said.extend(await replayed(counter, block))

    play(tmp_path)
    assert said == block.splitlines()


def test_there_are_exchanges_with_both_sides() -> None:
    assert len(BLOCKS) >= 7
    assert all(TILL in block and BOX in block for block in BLOCKS)


def test_the_codes_of_errors_are_the_programs() -> None:
    table = GUIDE.split("\n## Errors\n")[1].split("```")[0]
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE))))
    assert told - {"code"} == set(re.findall(r"^    (\w+)  +\S", str(serial_wire.Refused.__doc__), re.MULTILINE)) - {"code"}


def test_the_table_of_words_is_the_programs() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", GUIDE.split("\n## What the box says\n")[1].split("\n## ")[0], re.MULTILINE)
    told = {(state, word) for word, states in rows if word != "s" for state in re.findall(r"`(\w+)`", states) if state != "paid_late"}
    assert told == {(state.value, word) for state, word in serial_words.WORDS.items()}


def test_numbers_are_the_programs() -> None:
    assert f"**{CRC_CHECK:04X}**" in GUIDE
    assert f"at most {MAX_LINE} bytes" in GUIDE
    assert f"at most {KEPT_BYTES} bytes on a line" in GUIDE
    assert f"more than {SILENCE_S:g} seconds" in GUIDE
    assert f"more than {serial.WAITING_LINES} lines" in GUIDE
    assert f"the {serial_owed.OWED_MOST} newest" in GUIDE


def test_the_frame_that_is_shown_is_one() -> None:
    (said, digits) = re.findall(r"^(\{.*\})\*([0-9A-F]{4})⏎", GUIDE, re.MULTILINE)[0]
    assert int(digits, 16) == crc16(said.encode())


def test_the_checksum_in_python() -> None:
    names: dict[str, Any] = {}
    exec(code("python").split("\n\n\nimport json")[0], names)
    assert names["crc16"](b"123456789") == CRC_CHECK
    assert names["framed"]('{"t":"hello"}') == b'{"t":"hello"}*%04X\n' % crc16(b'{"t":"hello"}')


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")
def test_the_checksum_in_c(tmp_path: Path) -> None:
    main = 'int main(int n, char **a) { (void)n; printf("%04X", crc16((uint8_t *)a[1], strlen(a[1]))); }'
    (tmp_path / "crc.c").write_text(f"#include <stdio.h>\n#include <string.h>\n{code('c')}\n{main}\n", encoding="utf-8")
    subprocess.run(["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-o", "crc", "crc.c"], cwd=tmp_path, check=True, timeout=30)
    for text in ("123456789", '{"t":"hello"}', ""):
        run = subprocess.run(["./crc", text], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=10)
        assert int(run.stdout, 16) == crc16(text.encode())
