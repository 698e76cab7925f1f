"""A fresh card, `apt install ./tillbox_….deb`: a running service that says what is missing, and, configured, a box that could sell."""

from __future__ import annotations

from box_on_board import UNIT

from daemon.screens import draw
from daemon.texts import Language
from daemon.view import View


def test_after_the_installation_the_panel_says_what_is_missing(first):
    wanted = draw(View(ready=False, unset=("box.terminal_id", "scanner.device", "gateways")), 128, 64, Language.EN)
    assert first.unset_face.tobytes() == wanted.tobytes()
    assert first.unset_lights == {"green": "off", "amber": "off", "red": "slow"}
    assert "Active: active (running)" in first.unset_status
    assert 'Status: "not_set_up: box.terminal_id: is missing' in first.unset_status


def test_check_says_it_in_words(first):
    status, said = first.unset_check
    assert status == 2
    assert [line.split(":")[0] for line in said.splitlines()] == ["box.terminal_id", "scanner.device", "gateways"]
    assert all("; expected " in line for line in said.splitlines())


def test_devices_lists_what_is_plugged_in(first):
    assert 'kind = "evdev"' in first.devices
    assert "-event-kbd" in first.devices
    assert 'port = "/dev/serial/by-id/' in first.devices
    assert "address = 0x3C" in first.devices
    assert "[pinctrl-bcm2835]" in first.devices


def test_configured_it_is_ready_without_a_restart_by_hand(first):
    assert first.ready["ready"] is True
    assert {name: part["state"] for name, part in first.ready["devices"].items()} == dict.fromkeys(
        ("scanner", "display", "lights", "buzzer"), "ok"
    )
    assert {name: part["state"] for name, part in first.ready["gateways"].items()} == {"wechat": "ok", "merchant": "ok"}


def test_check_beside_the_running_box_says_that_a_sale_could_start(first):
    status, said = first.check
    assert status == 0, said
    assert "ok       a box runs" in said
    assert said.rstrip().endswith("A sale could start.")


def test_the_service_is_its_own_user_with_the_groups_of_its_devices_and_nothing_more(box):
    board, pid = box.board, box.pid()
    status = dict(line.split(":\t", 1) for line in board.check(f"cat /proc/{pid}/status").splitlines() if ":\t" in line)
    assert status["Uid"].split()[0] == board.check("id -u tillbox").strip()
    groups = {board.check(f"getent group {gid}").split(":")[0] for gid in status["Groups"].split()}
    assert groups - {"tillbox"} == {"input", "i2c", "spi", "gpio", "dialout"}
    assert int(status["CapEff"], 16) == 0
    assert status["NoNewPrivs"].strip() == "1"


def test_systemd_finds_nothing_to_complain_of(box):
    assert "1.3 OK" in box.board.check(f"systemd-analyze security --no-pager {UNIT} | tail -2", 60)


def test_secrets_can_be_read_by_root_alone_and_reach_the_service_as_credentials(box):
    board = box.board
    assert not board.run("setpriv --reuid=tillbox --regid=tillbox --clear-groups cat /etc/tillbox/secrets/web.token").ok
    folder = board.check(f"tr '\\0' '\\n' </proc/{box.pid()}/environ | grep ^CREDENTIALS_DIRECTORY=").strip().split("=", 1)[1]
    assert "secrets_web.token" in board.check(f"ls {folder}")


def test_no_login_waits_at_screen_and_keyboard(box):
    """A scanner would type payers' codes there whenever the box is not running."""
    board = box.board
    wanted = "ConditionPathExists=/etc/tillbox/allow-console"
    assert wanted in board.check("cat /lib/systemd/system/getty@.service.d/tillbox.conf")
    assert not board.run(f"systemd-analyze condition '{wanted}'").ok
    assert "NAutoVTs=0" in board.check("systemd-analyze cat-config systemd/logind.conf")
    assert board.check("cat /proc/sys/kernel/sysrq").strip() == "0"
    assert board.check("readlink -f /etc/systemd/system/ctrl-alt-del.target").strip() == "/dev/null"


def test_the_scanner_is_the_boxes_alone(box):
    """Grabbed: nobody else hears what it types, the console least of all."""
    name = box.scanner_name()
    out = box.board.run(f"""python3 -c 'import evdev; evdev.InputDevice("/dev/input/by-id/{name}").grab()' 2>&1""", 60).out
    assert "busy" in out
