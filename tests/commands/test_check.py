"""`tillbox check` (daemon.commands.check, daemon.commands.configuration): could a sale start?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from daemon.cli import main

SIMULATED = """\
[box]
terminal_id = "T1"
[scanner]
kind = "simulated"
[gateways.sim]
kind = "simulated"
[journal]
path = "journal.sqlite"
"""


def check(tmp_path: Path, text: str) -> int:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return main(["check", "--config", str(path)])


def test_a_box_that_could_sell_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, SIMULATED) == 0
    said = capsys.readouterr().out
    assert "ok       scanner" in said
    assert "ok       gateway sim" in said
    assert said.rstrip().endswith("A sale could start.")


def test_every_problem_of_the_configuration_is_a_line_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, SIMULATED.replace('"simulated"', '"imaginary"', 1) + '[timing]\nscan_s = -1\n[speaker]\nkind = "x"\n') == 2
    keys = {line.split(":")[0] for line in capsys.readouterr().err.splitlines()}
    assert {"scanner.kind", "timing.scan_s", "speaker"} <= keys


def test_a_missing_scanner_keeps_a_sale_from_starting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.commands.check.OPEN_S", 0.05)
    text = SIMULATED.replace('kind = "simulated"', 'kind = "serial"\nport = "/dev/nowhere"', 1)
    assert check(tmp_path, text) == 1
    said = capsys.readouterr().out
    assert "WRONG    scanner: " in said
    assert "/dev/nowhere" in said
    assert said.rstrip().endswith("No sale could start: see scanner.")


def test_one_of_two_scanners_that_is_away_is_said_and_keeps_no_sale_from_starting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.commands.check.OPEN_S", 0.3)
    master, slave = os.openpty()
    ports = f'kind = "serial"\nport = ["{os.ttyname(slave)}", "/dev/nowhere"]'
    assert check(tmp_path, SIMULATED.replace('kind = "simulated"', ports, 1)) == 0
    os.close(master)
    os.close(slave)
    said = capsys.readouterr().out
    assert "missing  scanner: 1 of 2 scanners away: /dev/nowhere is not there" in said
    assert said.rstrip().endswith("A sale could start.")


def test_a_missing_panel_is_said_and_does_not_keep_a_sale_from_starting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.commands.check.OPEN_S", 0.05)
    assert check(tmp_path, SIMULATED + '[display]\nkind = "ssd1306"\nbus = 9\n') == 0
    assert "missing  display: " in capsys.readouterr().out


def test_without_a_scanner_it_says_that_none_is_configured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, SIMULATED.replace('[scanner]\nkind = "simulated"\n', "")) == 1
    assert "scanner: none is configured" in capsys.readouterr().out


def test_a_damaged_journal_is_said_and_left_where_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"not a journal " * 500)
    assert check(tmp_path, SIMULATED) == 1
    assert "is damaged" in capsys.readouterr().out
    assert (tmp_path / "journal.sqlite").read_bytes().startswith(b"not a journal")


def test_a_journal_that_waits_for_confirmation_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from daemon.journal_file import JournalFile

    file = JournalFile.open(tmp_path / "journal.sqlite")
    file.set_meta("unconfirmed", "journal.sqlite.corrupt-1")
    file.close()
    assert check(tmp_path, SIMULATED) == 1
    assert "tillbox journal confirm" in capsys.readouterr().out


def test_a_journal_in_a_place_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a-file").write_text("")
    assert check(tmp_path, SIMULATED.replace("journal.sqlite", "a-file/journal.sqlite")) == 1
    assert "WRONG    journal: " in capsys.readouterr().out


def test_a_provider_that_cannot_be_reached_is_said_with_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret").write_text("0123456789abcdef0123456789abcdef")
    (tmp_path / "secret").chmod(0o600)
    merchant = '[gateways.shop]\nkind = "merchant"\nbase_url = "http://127.0.0.1:9"\nauth = "bearer"\nsecret_file = "secret"\n'
    check(tmp_path, SIMULATED.replace('[gateways.sim]\nkind = "simulated"\n', merchant))
    assert "gateway shop: " in capsys.readouterr().out


def check_panel(tmp_path: Path, display: str, gateway: str = "") -> int:
    text = SIMULATED.replace('[gateways.sim]\nkind = "simulated"\n', gateway) if gateway else SIMULATED
    return check(tmp_path, f'{text}[display]\nkind = "simulated"\n{display}')


def qr_line(capsys: pytest.CaptureFixture[str]) -> str:
    return next(line for line in capsys.readouterr().out.splitlines() if "  qr " in line)


def test_links_that_reach_two_pixels_a_module_are_ok(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_panel(tmp_path, "") == 0
    assert qr_line(capsys) == "ok       qr sim"


def test_links_that_reach_one_pixel_only_are_warned_of_and_keep_no_sale_from_starting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_panel(tmp_path, "height = 32\n") == 0
    line = qr_line(capsys)
    assert line.startswith("warning  qr sim: its usual link of 37 bytes (as its own links are) has less than two pixels a module")
    assert line.endswith("on 128x32 pixels none has two, up to 53 can be shown; see docs/panels.md")


def test_links_that_cannot_be_shown_at_all_are_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_panel(tmp_path, "min_module_px = 3\n") == 0
    assert qr_line(capsys).endswith("cannot be shown; 128x64 pixels hold none; see docs/panels.md")


def test_links_of_unknown_length_are_said_to_be_with_what_would_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret").write_text("0123456789abcdef0123456789abcdef")
    (tmp_path / "secret").chmod(0o600)
    merchant = '[gateways.shop]\nkind = "merchant"\nbase_url = "http://127.0.0.1:9"\nauth = "bearer"\nsecret_file = "secret"\n'
    check_panel(tmp_path, "", merchant)
    assert qr_line(capsys) == (
        "unknown  qr shop: the length of its links is not known (the backend chooses its links); "
        "on 128x64 pixels up to 53 bytes have two, up to 321 can be shown"
    )


def test_a_box_without_a_panel_or_without_qrs_says_nothing_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(tmp_path, SIMULATED)
    check(tmp_path, SIMULATED + '[display]\nkind = "simulated"\n[routes]\nscan.wechat = "sim"\n')
    assert "  qr " not in capsys.readouterr().out
