"""docs/build.md says what the program does: its words are the panel's, its commands exist, its lights are those of `daemon.signals`."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from contract import ROOT

from daemon import texts
from daemon.cli import main, parser
from daemon.config import ConfigProblems, load
from daemon.keeper import TRY_AGAIN_S
from daemon.links import AGAIN_MAX_S, AGAIN_S
from daemon.not_set_up import LOOK_S, NotSetUp
from daemon.payment import State
from daemon.sandbox.tls import make_certificates
from daemon.screens import content
from daemon.signals import NOTICE_S, RESULT_S, ROWS, Row
from hw.gpio_lights import HALF_S
from hw.interfaces import LIGHTS, Pattern
from hw.opener import PAUSE_S

GUIDE = (ROOT / "docs" / "build.md").read_text(encoding="utf-8")
NEW_BOX = ROOT / "systemd" / "deb" / "config.toml"
UNIT = (ROOT / "systemd" / "tillbox.service").read_text(encoding="utf-8")
PACKAGED = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "systemd").rglob("*")) if path.is_file())

MEANINGS = {
    "starting, stopped": Row.DARK,
    "ready": Row.READY,
    "the payer's turn": Row.SHOW_CODE,
    "asking the provider": Row.WAIT,
    "undoing": Row.UNDOING,
    "paid": Row.PAID,
    "ended without payment": Row.ENDED,
    "a code that will not do": Row.WRONG_CODE,
    "what was typed will not do": Row.NOT_TAKEN,
    "somebody must see to it": Row.ATTENTION,
}


def section(title: str) -> str:
    (found,) = [part for part in re.split(r"^## ", GUIDE, flags=re.MULTILINE) if title in part.split("\n")[0]]
    return found


def rows(text: str) -> list[list[str]]:
    """The cells of the first table in it, without its head."""
    lines = [line for line in text.split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


# -- lights and sounds --


def test_every_meaning_of_the_lights_has_its_line() -> None:
    told = {cells[0]: cells for cells in rows(section("What each light"))}
    assert set(told) == set(MEANINGS)
    assert set(MEANINGS.values()) == set(ROWS)
    for meaning, row in MEANINGS.items():
        patterns, sound = ROWS[row]
        assert told[meaning][2:5] == [said(patterns.get(light, Pattern.OFF)) for light in LIGHTS], meaning
        assert told[meaning][5].split(":")[0] == (f"`{sound.name}`" if sound else ""), meaning


def said(pattern: Pattern) -> str:
    return "" if pattern is Pattern.OFF else pattern.value


def test_sounds_are_described_as_they_are() -> None:
    how = {cells[5].split(":")[0].strip("`"): cells[5].split(": ")[1] for cells in rows(section("What each light")) if cells[5]}
    sounds = {sound.name: [tone for tone in sound.tones if tone.hz] for _, sound in ROWS.values() if sound}
    counted = {"short": 1, "one": 1, "two": 2, "three": 3}
    assert {name: counted[text.split()[0]] for name, text in how.items()} == {name: len(tones) for name, tones in sounds.items()}
    assert sounds["paid"][0].hz < sounds["paid"][1].hz


def test_times_are_those_of_the_program() -> None:
    assert (HALF_S[Pattern.SLOW], HALF_S[Pattern.SLOW] / HALF_S[Pattern.FAST]) == (0.5, 4)
    assert "*slow* is half a second on, half a second off; *fast* four times as quick" in GUIDE
    others = {seconds for state, seconds in RESULT_S.items() if state is not State.PAID}
    assert f'"Paid" stays {RESULT_S[State.PAID]:.0f} seconds, another end {others.pop():.0f} seconds' in GUIDE
    assert not others
    assert f"a code that will not do {NOTICE_S:.0f} seconds" in GUIDE
    assert (LOOK_S, PAUSE_S, TRY_AGAIN_S, AGAIN_S, AGAIN_MAX_S) == (2, 1, 5, 15, 300)
    for text in ("every two seconds", "looked for every second", "every 5 seconds", "after 15 seconds, later every 5 minutes"):
        assert text in GUIDE
    assert "WatchdogSec=30" in UNIT
    assert "for 30 seconds" in GUIDE
    assert "MemoryMax=160M" in UNIT
    assert "160 MB" in GUIDE


# -- words --


def english() -> set[str]:
    """Everything that a panel can say, short or in full."""
    tables = (texts.OUTAGES, texts.WRONG_CODES)
    found = [value for value in vars(texts).values() if isinstance(value, texts.Text)]
    found += [text for table in tables for text in table.values()]
    found += [text for table in (texts.NOTICES, texts.REASONS) for told in table.values() for text in (told.why, told.do)]
    words = {word for text in found for word in (text.en, text.short_en)}
    return words | {texts.NO_ROUTE.en.format(scheme=scheme.en) for scheme in texts.SCHEMES.values()} | {"1 payment unclear"}


@pytest.mark.parametrize("title", ["What each light", "What to do when"])
def test_words_in_quotation_marks_are_the_panels(title: str) -> None:
    plain = re.sub(r"`[^`]*`", "", section(title))
    quoted = set(re.findall(r'"([^"]+)"', plain)) - {"merchant", "connect"}  # kinds of gateways
    assert len(quoted) > 15
    assert quoted - english() == set()


def test_every_outage_that_a_panel_can_show_has_advice() -> None:
    advice = section("What to do when")
    unseen = {texts.Part.DISPLAY}  # a panel that is away shows nothing
    assert [text.en for part, text in texts.OUTAGES.items() if part not in unseen and f'"{text.en}"' not in advice] == []


# -- commands, files, first start --


def commands() -> list[list[str]]:
    """Every `tillbox …` in it, in a block or in a line."""
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", GUIDE, re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL))
    lines = [line.strip() for block in blocks for line in block.split("\n")] + inline
    found = [re.match(r"(?:\$ )?(?:sudo |run )?tillbox (\w[^>#|;&]*)", line) for line in lines]
    return [shlex.split(match[1]) for match in found if match]


def test_every_command_exists() -> None:
    found = commands()
    assert {tuple(words[:2]) for words in found} >= {("devices",), ("check",), ("payments", "list"), ("journal", "confirm")}
    for words in found:
        parser().parse_args(words)


def test_every_file_of_the_box_is_one_that_the_package_knows() -> None:
    found = set(re.findall(r"/(?:etc|var/lib)/tillbox[\w./-]*", GUIDE))
    assert "/etc/tillbox/allow-console" in found
    made = {"/var/lib/tillbox.before", "/var/lib/tillbox/.", "/etc/tillbox/secrets/backend.key", "/etc/tillbox/secrets/web.token"}
    assert [path for path in found - made if path.rstrip("/.") not in PACKAGED] == []


def test_a_new_box_says_what_the_guide_shows(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(NEW_BOX.read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["check", "--config", str(config)]) == 2
    shown = re.search(r"\$ sudo tillbox check\n(.*?)```", GUIDE, re.DOTALL)
    assert shown is not None
    assert [line.strip() for line in shown[1].strip().split("\n")] == capsys.readouterr().err.strip().split("\n")


def test_a_new_box_shows_the_key_that_the_guide_names() -> None:
    with pytest.raises(ConfigProblems) as wrong:
        load(NEW_BOX)
    view = NotSetUp(wrong.value, NEW_BOX, hardware=None).view  # type: ignore[arg-type]  # no device is opened here
    screen = content(view, texts.Language.EN)
    assert screen.title is not None
    assert f'The panel says "{screen.title.full}"' in GUIDE
    assert f"`{screen.paragraphs[0].full}`" in GUIDE
    assert f'"{screen.paragraphs[1].full}"' in GUIDE


def test_pieces_of_configuration_are_toml_and_mend_a_new_box(tmp_path: Path) -> None:
    trial, real, web = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    named = NEW_BOX.read_text(encoding="utf-8").replace('#terminal_id = "box-1" ', 'terminal_id = "box-1"')
    named = named.replace('#device = "usb-…-event-kbd"', 'device = "usb-Example-event-kbd"')
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "backend.key").write_text("a" * 64, encoding="ascii")
    for piece in (trial, real):
        config = tmp_path / "config.toml"
        config.write_text(f"{named}\n{piece}", encoding="utf-8")
        assert set(load(config).gateways) == set(tomllib.loads(piece)["gateways"])
    made = make_certificates(tmp_path / "made")
    made.server_cert_file.rename(tmp_path / "secrets" / "web.pem")
    made.server_key_file.rename(tmp_path / "secrets" / "web.key")
    (tmp_path / "secrets" / "web.token").write_text("a" * 64, encoding="ascii")
    config.write_text(f"{named.partition('[web]')[0]}\n{trial}\n{web}", encoding="utf-8")
    assert load(config).web.tls is not None


def test_links_lead_somewhere() -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", GUIDE):
        file = (ROOT / "docs" / target).resolve() if target else ROOT / "docs" / "build.md"
        assert file.exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}, anchor
