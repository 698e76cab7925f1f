"""docs/pole-till.md: what it says a display's totals are, is what the program finds; its words, keys and numbers are the program's."""

from __future__ import annotations

import re
import tomllib

import pytest
from contract import ROOT

from daemon.giving_up import TAKEN_S
from daemon.money import Amount, Minor
from daemon.tables.poles import PoleTillSettings
from daemon.tills.pole import POLE
from daemon.tills.pole_cells import Screen
from daemon.tills.pole_sale import STABLE_S
from daemon.tills.pole_total import WORDS, Finder, Total

GUIDE = (ROOT / "docs" / "pole-till.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^\| (`.*`) \| (.*) \|$", GUIDE.split("| the display shows |")[1].split("\n\n")[0], re.MULTILINE)


@pytest.mark.parametrize(("display", "offered"), SHOWN)
def test_a_display_that_shows_this_is_understood_so(display: str, offered: str) -> None:
    upper, lower = [*re.findall(r"`([^`]*)`", display), ""][:2]
    found = Finder("CNY").find(Screen(upper, lower))
    if offered.startswith("nothing"):
        assert not isinstance(found, Total)
    else:
        assert isinstance(found, Total)
        assert Amount(Minor(found.minor), "CNY").decimal == offered


def test_there_are_examples_of_both() -> None:
    assert len([1 for _, offered in SHOWN if offered.startswith("nothing")]) >= 6
    assert len(SHOWN) >= 13


def test_the_words_are_the_programs() -> None:
    (line,) = [line for line in GUIDE.splitlines() if line.startswith("`TOTAL` ")]
    assert tuple(re.findall(r"`([^`]+)`", line)) == WORDS


def test_the_keys_are_the_programs() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", GUIDE.split("| key |")[1].split("\n\n")[0], re.MULTILINE))
    assert told == set(PoleTillSettings.__dataclass_fields__) - {"name", "kind", "priority", "port"}
    (shown,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    assert set(tomllib.loads(shown)["tills"]["pole"]) <= set(PoleTillSettings.__dataclass_fields__)


def test_numbers_are_the_programs() -> None:
    assert f"for {STABLE_S:g} seconds" in GUIDE
    assert TAKEN_S == 1.0, "a second later at the earliest"
    assert f"begin with `{POLE}`" in GUIDE
