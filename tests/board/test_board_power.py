"""The plug is pulled in every state of a payment, and everything that a machine can do to a daemon: what was true stays true."""

from __future__ import annotations

import subprocess

import pytest
from box_on_board import TIMING, UNIT
from held_states import HELD
from provider_thread import fresh_code


@pytest.mark.parametrize("held", HELD, ids=lambda held: held.state)
def test_the_power_is_cut(box, held):
    """P3: after the next boot it is taken up again, and ends as it would have; the provider's ledger says the same."""
    ref = held.begin(box)
    number = (box.provider.orders or [None]) if held.state == "awaiting_code" else None
    charges = len(box.provider.charges())
    box.board.power_cut()
    box.board.power_on()
    box.board.wait_devices()
    if held.after_cut == "paid" and held.state != "submitting":
        box.until_state(ref, held.state)
        held.goes_on(box, ref)
    payment = box.until_state(ref, held.after_cut)
    assert len(box.provider.charges()) == charges, "nothing was charged again"
    if number is None:
        order = box.order(payment)
        assert (order["money_in"], order["money_out"]) == held.money
        assert held.after_cut == "paid" or box.until(lambda: box.order(payment)["state"] in ("revoked", "closed", "absent"))
    else:
        assert payment["attempts"] == []


def test_a_hung_daemon_is_started_again_by_the_watchdog_and_the_payment_goes_on(box):
    ref = box.ask(1250)
    box.scan(fresh_code("password_never", "merchant"))
    number = box.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    pid = box.pid()
    box.board.check(f"kill -STOP {pid}")
    box.provider.confirm(number)
    box.until(lambda: box.pid() not in (0, pid), 180)
    assert "Watchdog timeout" in box.board.check(f"journalctl -b --no-pager -u {UNIT}")
    payment = box.until_state(ref, "paid")
    order = box.order(payment)
    assert (order["charges"], order["revokes"], order["money_in"]) == (1, 0, 1250)


def test_a_clock_that_is_wrong_at_boot_holds_up_only_what_needs_it_and_is_no_fault_once_it_is_set(box):
    """A Pi has no clock of its own. Until it is set no certificate is valid and no signature is fresh: the box says so."""
    board = box.board
    set_clock, board.set_clock = board.set_clock, lambda first="": board.check(f"{first}date -u -s @3600 >/dev/null")
    try:
        board.power_cut()
        board.power_on()
    finally:
        board.set_clock = set_clock
    board.wait_devices()
    status = box.until(lambda: (told := box.box())["devices"] and not told["ready"] and told["not_ready"] and told, 120)
    assert any("clock" in reason for reason in status["not_ready"]), status["not_ready"]
    assert box.request("PUT", "/v1/payments/too-early", {"amount": 1})[0] == 503
    board.set_clock()
    box.until_ready()
    box.until(lambda: all(gateway["state"] == "ok" for gateway in box.box()["gateways"].values()))
    ref = box.ask(1250)
    box.scan(fresh_code("paid", "merchant"))
    box.until_state(ref, "paid")


@pytest.mark.parametrize("to", ["2035-01-01", "1999-01-01"])
def test_a_clock_that_jumps_years_changes_no_payment(box, to):
    """P11. What needs the right time, a new connection for one, waits until it is right again; nothing is given up or asked for twice."""
    ref = box.ask(1250)
    box.scan(fresh_code("password_never", "wechat"))
    number = box.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    try:
        box.board.check(f"date -u -s '{to}' >/dev/null")
        box.board.check("sleep 5")
        assert box.state_inside(ref) == "pending"
        box.provider.confirm(number)
    finally:
        box.board.set_clock()
    order = box.order(box.until_state(ref, "paid"))
    assert (order["charges"], order["revokes"], order["money_in"]) == (1, 0, 1250)


def test_a_full_card_stops_sales_and_nothing_else(box):
    """P2: what cannot be stored is not begun."""
    board = box.board
    board.check(f"systemctl stop {UNIT}")
    board.check("fallocate -l $(df --output=avail -B1 /var | tail -1) /var/fill || true")
    board.check("dd if=/dev/zero of=/var/rest bs=4k 2>/dev/null || true", 200)
    try:
        board.check(f"systemctl start --no-block {UNIT}")
        status = box.until(lambda: (told := box.box())["devices"] and any("journal" in text for text in told["not_ready"]) and told, 120)
        assert not status["ready"]
        assert box.request("PUT", "/v1/payments/full", {"amount": 1250})[0] == 503
    finally:
        board.check("rm -f /var/fill /var/rest; sync")
    box.until_ready()
    ref = box.ask(1250)
    box.scan(fresh_code("paid", "merchant"))
    box.until_state(ref, "paid")


@pytest.fixture
def patient(box):
    """A box that gives no payment up: an upgrade takes the board a minute, and more on a busy machine."""
    box.reconfigure({"timing": {**TIMING, "give_up_s": 900}})
    yield box
    box.recover()
    box.reconfigure()


def test_an_upgrade_during_a_payment_waits_for_its_end_and_keeps_everything(patient, package, tmp_path):
    box, board = patient, patient.board
    board.copy_in(_newer(package, tmp_path), "/var/tmp/new")
    ref = box.ask(1250)
    box.scan(fresh_code("password_never", "merchant"))
    number = box.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    pid, before = box.pid(), board.check("sha256sum /etc/tillbox/config.toml")
    board.check("DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /var/tmp/new/*.deb 2>&1", 400)
    assert board.check("dpkg-query -W -f '${Version}' tillbox") == "0.1.0-99"
    assert box.pid() == pid, "not restarted during the open payment"
    box.provider.confirm(number)
    assert box.until_state(ref, "paid")["attempts"][0]["out_trade_no"] == number
    box.until(lambda: box.pid() not in (0, pid))
    box.until_ready()
    assert board.check("sha256sum /etc/tillbox/config.toml") == before
    assert box.payment(ref)["state"] == "paid"


def _newer(package, folder):
    """The same package under a higher version, in a folder of its own."""
    tree, out = folder / "tree", folder / "new"
    out.mkdir()
    subprocess.run(["dpkg-deb", "--raw-extract", str(package), str(tree)], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(control.read_text().replace("Version: 0.1.0-1\n", "Version: 0.1.0-99\n"))
    built = ["dpkg-deb", "--build", "--root-owner-group", str(tree), str(out / "tillbox_0.1.0-99_all.deb")]
    subprocess.run(built, check=True, capture_output=True)
    return out


def test_an_orderly_shutdown_and_start_needs_nobody(box):
    box.board.shutdown()
    box.board.power_on()
    box.board.wait_devices()
    box.until_ready()
