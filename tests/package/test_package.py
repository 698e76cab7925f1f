"""What the Debian package brings, as far as it shows without a board (tests/board): the confined service, the scripts, the man page."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from daemon import __version__
from daemon.cli import parser
from daemon.config import ConfigProblems, load
from hw.gpio_lines import GROUP as PINS
from hw.hid_nodes import GROUP as HID
from hw.input_nodes import GROUP as INPUT

ROOT = Path(__file__).resolve().parents[2]
SYSTEMD = ROOT / "systemd"
UNIT = SYSTEMD / "tillbox.service"
NFPM = yaml.safe_load((SYSTEMD / "deb" / "nfpm.yaml").read_text())


def unit_values(key: str) -> list[str]:
    return [line.split("=", 1)[1] for line in UNIT.read_text().splitlines() if line.startswith(f"{key}=")]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
def test_the_service_is_confined_to_what_it_needs():
    """1.5 or better on systemd's scale of 0 to 10, of which less is safer."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", str(UNIT)]
    judged = subprocess.run(command, check=False, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout[-300:]


def test_the_service_has_the_groups_of_its_devices_and_no_other():
    (groups,) = unit_values("SupplementaryGroups")
    assert set(groups.split()) == {INPUT, HID, PINS, "i2c", "spi", "dialout"}
    members = re.findall(r"^m tillbox (\w+)$", (SYSTEMD / "tillbox.sysusers").read_text(), re.MULTILINE)
    assert sorted(members) == sorted(groups.split()), "commands that act as the box may do what the service may"


def test_groups_that_a_plain_debian_does_not_have_are_made():
    """Else systemd would not start the service at all (status=216/GROUP)."""
    made = re.findall(r"^g (\w+)", (SYSTEMD / "tillbox.sysusers").read_text(), re.MULTILINE)
    assert set(made) == {"i2c", "spi", "gpio"}


def test_the_service_runs_what_the_command_line_knows():
    (start,) = unit_values("ExecStart")
    arguments = parser().parse_args(start.split()[1:])
    assert arguments.show_problems
    assert str(arguments.config) == "/etc/tillbox/config.toml"
    assert unit_values("ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert unit_values("LoadCredential") == ["secrets:/etc/tillbox/secrets"]


@pytest.mark.parametrize("name", ["postinst", "prerm", "postrm"])
def test_the_scripts_are_whole(name):
    script = SYSTEMD / "deb" / name
    assert script.read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", str(script)], check=True)


def test_everything_that_the_package_takes_is_there():
    for content in NFPM["contents"]:
        if not content["src"].startswith("build/"):
            assert (ROOT / content["src"]).exists(), content["src"]
    assert {Path(script).name for script in NFPM["scripts"].values()} == {"postinst", "prerm", "postrm"}


def test_the_owners_configuration_is_none_of_the_packages_files():
    """dpkg would ask about it at each upgrade; the script puts the first one there and never touches it again."""
    assert "/etc/tillbox/config.toml" not in {content["dst"] for content in NFPM["contents"]}


def test_a_new_box_lacks_just_what_nobody_but_its_owner_knows():
    with pytest.raises(ConfigProblems) as unset:
        load(SYSTEMD / "deb" / "config.toml", {})
    assert [problem.key for problem in unset.value.problems] == ["box.terminal_id", "scanner.device", "gateways"]
    assert all(unset.value.spares(table) for table in ("display", "lights", "buzzer", "web", "journal"))


def commands() -> list[str]:
    (top,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    return list(top.choices)


@pytest.mark.parametrize("command", commands())
def test_the_man_page_knows_every_command(command):
    page = (ROOT / "docs" / "tillbox.1").read_text()
    assert re.search(rf"^\.(B|BI) \"?(tillbox )?{command}\b", page, re.MULTILINE), command


def test_the_version_is_the_same_everywhere():
    assert f"tillbox {__version__}" in (ROOT / "docs" / "tillbox.1").read_text().splitlines()[0]
    assert f"tillbox_{__version__}-{NFPM['release']}_all.deb" in (ROOT / "README.md").read_text()
