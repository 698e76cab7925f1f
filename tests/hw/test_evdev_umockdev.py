"""The evdev scanner with the real python-evdev, on a keyboard that umockdev plays with real timing: found, opened, grabbed, read."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from codes_for_tests import made_up_code
from umockdev_scanner import NODE, PRODUCT, TAB, VENDOR, Overrun, Typed, is_installed, write_scanner

ROOT = Path(__file__).resolve().parents[2]
CODE, OTHER = made_up_code(17), made_up_code(18)

pytestmark = pytest.mark.skipif(not is_installed(), reason="umockdev-run is not installed (Debian package umockdev)")

# Runs under umockdev: prints, as JSON, what a listener heard until the code "end" came.
CHILD = """
import asyncio, json, sys, time
import evdev
from hw.scanner_evdev import EvdevScanner

grabs = []
grab = evdev.InputDevice.grab

def noted_grab(node):
    grab(node)
    grabs.append(node.path)

evdev.InputDevice.grab = noted_grab

class Ear:
    heard, healths = [], []
    done = asyncio.Event()
    def scanned(self, scan):
        self.heard.append(scan.text)
        if scan.text == "end":
            self.done.set()
    def scan_failed(self, fault):
        self.heard.append(fault.name)

async def main(settings):
    scanner, ear = EvdevScanner(**settings), Ear()
    scanner.open(ear, lambda health: ear.healths.append(str(health.condition)))
    scanner.arm()
    while not ear.healths:
        await asyncio.sleep(0.001)
    opened_at = time.monotonic()
    await asyncio.wait_for(ear.done.wait(), 40)
    scanner.close()
    print(json.dumps({"heard": ear.heard, "healths": ear.healths, "grabs": grabs, "opened_at": opened_at}))

asyncio.run(main(json.loads(sys.argv[1])))
"""


def play(tmp_path, script, **settings):
    """What the child heard of a script that began only after it had opened the scanner: a slow machine gets a longer lead."""
    for lead_s in (0.5, 3.0, 12.0):
        began = time.monotonic()
        result = run_child(tmp_path, [replace(script[0], after_s=lead_s), *script[1:], Typed("end")], settings)
        if result.pop("opened_at") < began + lead_s:
            return result
    pytest.skip("this machine takes too long to start a program")


def run_child(tmp_path, script, settings):
    recording = write_scanner(tmp_path / "scanner", script)
    run = subprocess.run(
        [*recording.command(), sys.executable, "-c", CHILD, json.dumps(settings)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("choice", [{"device": NODE}, {"vendor": VENDOR, "product": PRODUCT}, {"vendor": VENDOR}])
def test_a_code_arrives_from_a_grabbed_scanner_however_it_was_chosen(tmp_path, choice):
    result = play(tmp_path, [Typed(CODE)], **choice)
    assert result == {"heard": [CODE, "end"], "healths": ["ok"], "grabs": [NODE]}


def test_shift_tab_an_overrun_and_a_missing_end_are_what_they_are_to_the_decoder(tmp_path):
    script = [
        Typed("https://EXAMPLE.com/?a=B_1", end=TAB),
        Typed("9999"),
        Typed("1234", end=None),
        Overrun(),
        Typed("5678", after_s=0.0),
        Typed(CODE),
        Typed("1300", end=None),
        Typed(OTHER, after_s=1.0),
    ]
    result = play(tmp_path, script, device=NODE)
    assert result["heard"] == ["https://EXAMPLE.com/?a=B_1", "9999", "LOST_KEYS", CODE, OTHER, "end"]
