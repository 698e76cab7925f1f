"""docs/keypad-till.md: each line of keys is pressed before the real till and shows what it says; its table of words is the program's."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest
from contract import ROOT

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tills"))
from keypad_counter import Counter, story

from daemon import texts
from daemon.payment import State
from daemon.tills import keypad, keypad_line, keypad_typing
from daemon.view import PromptKind
from hw.interfaces import PadKey

GUIDE = (ROOT / "docs" / "keypad-till.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```text\n(.*?)```", GUIDE, re.DOTALL)
LINES = [
    (line.split("   ")[0].split(), line.split("   ", 1)[1].strip(), number == 2)
    for number, block in enumerate(BLOCKS)
    for line in block.splitlines()
]
NAMED = {"Enter": PadKey.ENTER, "Backspace": PadKey.BACKSPACE, "Esc": PadKey.ESC}


@pytest.mark.parametrize(("keys", "said", "after_a_sale"), LINES, ids=[" ".join(line[0]) for line in LINES])
def test_the_keys_do_what_it_says(keys: list[str], said: str, after_a_sale: bool) -> None:
    heard = []

    @story
    async def play(counter: Counter) -> None:
        if after_a_sale:
            counter.add("pad-1", State.PAID)
        for key in keys:
            counter.pad.press(NAMED.get(key) or PadKey(key))
        await counter.settle()
        heard.append(in_words(counter))

    play()
    assert heard == [said]


def in_words(counter: Counter) -> str:
    """What came of the keys, as the guide writes it."""
    if counter.requests:
        return f"asks for {counter.requests[0].amount.decimal}"
    if counter.prompt is None:
        return "nothing"
    if counter.prompt.kind is PromptKind.LAST:
        assert counter.prompt.state is not None
        return f"the last payment, {counter.prompt.figure.removeprefix('¥')}, {counter.prompt.state}"
    before = f"{counter.prompt.before} and large " if counter.prompt.before and counter.prompt.figure not in counter.prompt.before else ""
    why = f"{texts.NOT_TAKEN[counter.refused[0]].why.en}, and " if counter.refused else ""
    return why + before + counter.prompt.figure


def test_there_are_exchanges() -> None:
    assert [len(block.splitlines()) for block in BLOCKS] == [7, 9, 5]


def test_the_words_are_those_of_the_panel() -> None:
    told = re.findall(r"^\| ([A-Z][^|]*) \|", GUIDE.split("\n## What is not asked for\n")[1], re.MULTILINE)
    shown = {text.why.en for text in texts.NOT_TAKEN.values()}
    assert len(told) == 8
    assert set(told) <= shown


def test_numbers_are_the_programs() -> None:
    assert f"for {keypad.LAST_SHOWN_S:g} seconds" in GUIDE
    assert f"for {keypad_typing.FORGET_S:g} seconds" in GUIDE
    assert f"up to {keypad_line.MOST_PIECES}" in GUIDE
    assert f"begin with `{keypad.PAD}`" in GUIDE


def test_the_table_that_it_shows_is_one() -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    assert tomllib.loads(shown)["tills"]["pad"]["kind"] == "keypad"
