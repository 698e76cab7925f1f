"""The demo as a person meets it: a process in a terminal.

daemon.demo.stage, daemon.demo.shown, daemon.demo.stories, daemon.demo.qr_stories, daemon.demo.console, daemon.commands.demo
"""

from __future__ import annotations

import subprocess
import sys

from daemon.cli import DEMO_KINDS
from daemon.demo.till_kinds import TILLS


def demo(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "daemon", "demo", "--port", "0", *words]
    return subprocess.run(command, input=typed, capture_output=True, text=True, check=False, timeout=50)


def test_once_plays_four_sales_and_each_ends_as_it_must() -> None:
    done = demo("--once")
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert said.count("-> 201 awaiting_code") == 4
    assert said.count(" paid\n") >= 3
    assert "demo-3 awaiting_code (NOTENOUGH" in said
    assert "demo-4 revoked" in said
    assert "1342.40 CNY with the merchant in all" in said  # 12.50 + 1280.00 + 49.90, and nothing of the one undone
    assert "All four sales ended as they must." in said
    assert "Traceback" not in done.stderr


def test_the_panel_is_drawn_as_it_looks_with_lights_and_sounds() -> None:
    said = demo("--once").stdout
    assert "▀" in said
    assert "green ◑ fast" in said
    assert "♪ paid" in said
    assert "amber ◑ fast" in said


def test_show_plays_four_sales_with_a_qr_and_each_ends_as_it_must() -> None:
    done = demo("--show", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert said.count("mode: show") == said.count("-> 201 creating_qr") == 4
    assert "demo-1 paid" in said
    assert "demo-2 expired (qr_timeout" in said
    assert "demo-3 cancelled (cancelled" in said
    assert "demo-4 expired (qr_timeout" in said
    assert "demo-4 refunded (paid_late" in said
    assert said.rstrip().endswith("All four sales ended as they must.")
    assert said.count("12.50 CNY with the merchant in all") == 4  # of the first, and nothing of the others
    assert "Traceback" not in done.stderr


def test_show_draws_the_qr_as_it_is_on_the_panel() -> None:
    """In the terminal, too, dark modules stand on a lit ground with a lit margin: a phone may read it from there."""
    said = demo("--show", typed="quit\n").stdout
    pictures = [picture.split("╰")[0].splitlines() for picture in said.split("╭")]
    lit = [picture for picture in pictures if len(picture) > 32 and all(line.startswith("│██") for line in picture[1:33])]
    assert len(lit) == 1  # the only picture with a margin from top to bottom
    assert lit[0][3].startswith("│███  ▄▄▄▄▄▄▄▄▄▄  ██")  # and there a finder pattern begins


def test_a_person_has_a_qr_shown_and_pays_it() -> None:
    typed = ["pay", "show nothing", "cancel", "6.60", "show 7.70", "quit", ""]
    done = demo("--show", typed="\n".join(typed))
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert "no QR is shown" in said
    assert "expected a number like 12.50" in said
    assert "{amount: 660, mode: show} -> 201 creating_qr" in said
    assert "{amount: 770, mode: show} -> 423" in said


def test_a_person_types_amounts_codes_and_mishaps() -> None:
    first = ["nonsense", "7.77", "wrong", "scan hello", "unplug", "plug", "button", "cases", "box"]
    typed = [*first, "case nothing", "paid", "cancel", "offline", "online", "help", "quit", ""]
    done = demo(typed="\n".join(typed))
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert "expected a number like 12.50" in said
    assert "{amount: 777} -> 201" in said
    assert "holds something before the scanner" in said
    assert "password_never" in said
    assert '"devices"' in said
    assert "no case 'nothing'" in said
    assert "network is down" in said


def test_the_panel_speaks_chinese_too() -> None:
    done = demo("--language", "zh", typed="quit\n")
    assert done.returncode == 0, done.stderr


def test_a_port_that_is_taken_is_said_with_a_way_out() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "daemon", "demo", "--once", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 1
    assert "another port may help" in done.stderr


def test_a_till_on_a_line_sells_from_the_amount_to_the_goods() -> None:
    """daemon.demo.till_kinds, daemon.demo.till_serial"""
    done = demo("--till", "serial", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert said.index("till  > pay 12.50\n") < said.index("till  | the box says: t=ack ref=E-1\n")
    assert "s=paid state=paid amt=128000" in said
    assert "s=cancelled state=cancelled amt=700" in said
    assert "1342.40 CNY with the merchant in all" in said
    assert said.rstrip().endswith("All four sales ended as they must.")
    assert "attention" not in said
    assert "Traceback" not in done.stderr


def test_what_a_person_types_is_done_at_the_till_or_at_the_box() -> None:
    done = demo("--till", "serial", typed="pay 3\npay much\nbox\nquit\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "till  > pay 3\n" in done.stdout
    assert "? 'much' is no amount" in done.stdout
    assert '"counter": {' in done.stdout


def test_a_number_pad_sells_from_the_keys_to_paid() -> None:
    """daemon.demo.till_keypad"""
    done = demo("--till", "keypad", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "39.50 CNY with the merchant in all" in done.stdout
    assert done.stdout.rstrip().endswith("All four sales ended as they must.")
    assert "Traceback" not in done.stderr


def test_a_person_presses_its_keys() -> None:
    done = demo("--till", "keypad", typed="keys 12x\nkeys 12.50\nbox\nquit\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "? no key of a number pad types 'x'" in done.stdout
    assert "till  > keys 12.50\n" in done.stdout
    assert '"pad": {' in done.stdout


def test_every_kind_that_may_be_named_has_a_demo() -> None:
    assert set(DEMO_KINDS) == set(TILLS)


def test_a_vending_machine_sells_from_the_price_to_the_goods() -> None:
    """daemon.demo.till_mdb"""
    done = demo("--till", "mdb", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert said.count("machine | the goods are out\n") == 2
    assert said.index("machine | not paid for\n") < said.index("machine | the goods are stuck\n")
    assert said.rstrip().endswith("All four sales ended as they must.")
    assert said.rstrip().count("20.50 CNY with the merchant in all") >= 3, "12.50 + 8.00, and nothing of the others"


def test_a_machine_of_pulses_sells_from_the_offer_to_the_goods() -> None:
    """daemon.demo.till_pulse"""
    done = demo("--till", "pulse", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [f"machine | counts pulse {n}\n" in done.stdout for n in (5, 10, 13, 14)] == [True, True, True, False]
    assert done.stdout.rstrip().endswith("All four sales ended as they must.")


def test_what_a_person_does_at_a_machine_is_done_there() -> None:
    done = demo("--till", "pulse", typed="press\ninhibit\nfree\nquit\n")
    assert "machine > press\n" in done.stdout
    assert "Traceback" not in done.stderr


def test_what_cannot_be_done_at_a_machine_is_said() -> None:
    done = demo("--till", "mdb", typed="choose much\nquit\n")
    assert "? 'much' is no price" in done.stdout


def test_a_display_that_is_heard_sells_from_the_total_to_paid() -> None:
    """daemon.demo.till_pole"""
    done = demo("--till", "pole", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "19.50 CNY with the merchant in all" in done.stdout
    assert "something writes" not in done.stdout
    assert done.stdout.rstrip().endswith("All four sales ended as they must.")
    assert "Traceback" not in done.stderr
