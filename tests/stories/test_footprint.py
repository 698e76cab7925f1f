"""What the box takes: memory after a sale with everything of this version loaded, and nothing at all while it is idle."""

import time
from pathlib import Path

import pytest
from provider_thread import fresh_code

MOST_RESIDENT_KB = 60 * 1024
IDLE_S = 3.0
MOST_WAKE_UPS = 4  # in that time, all threads together; a box that polled once a second would have more


def resident_kb(pid: int) -> int:
    """VmRSS less what is shared memory of others: private and file pages."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return sum(int(status[name].split()[0]) for name in ("RssAnon", "RssFile"))


def wake_ups(pid: int) -> int:
    """How often any of its threads has gone to sleep of its own will."""
    tasks = Path(f"/proc/{pid}/task").glob("*/status")
    return sum(int(line.split()[1]) for task in tasks for line in task.read_text().splitlines() if line.startswith("voluntary_ctxt"))


@pytest.fixture
def box(make_box):
    """Started by no wrapper, with scanner, panel, lights, buzzer, button, journal and both gateways."""
    return make_box({"button": {"kind": "simulated"}})


def test_less_than_60_mb_are_resident_after_a_sale_through_each_gateway(box, record_property):
    box.start()
    for via in ("wechat", "merchant"):
        assert box.sell(fresh_code("password_then_paid", via))["state"] == "paid"
    assert box.get("/v1/panel.png").status == 200
    resident = resident_kb(box.pid)
    record_property("resident_kb", resident)
    print(f"resident: {resident} kB")
    assert resident < MOST_RESIDENT_KB


def quiet_wake_ups(box):
    """While nothing happens at all: once the start, and the last question asked, have died away."""
    earlier, before = -1, wake_ups(box.pid)
    while earlier != before:
        time.sleep(0.4)
        earlier, before = before, wake_ups(box.pid)
    time.sleep(IDLE_S)
    return wake_ups(box.pid) - before


def test_an_idle_box_sleeps(box, record_property):
    box.start()
    box.until(lambda: all(gateway["state"] == "ok" for gateway in box.box()["gateways"].values()))
    count = quiet_wake_ups(box)
    record_property("wake_ups", count)
    assert count <= MOST_WAKE_UPS


def test_with_a_watchdog_an_idle_box_wakes_for_its_signs_of_life_only(make_box, systemd):
    """Two signs in each of systemd's intervals; for each the loop wakes, the journal's thread shows that it lives, and the two may wait
    for each other."""
    watchdog_s = 2.0
    box = make_box(environ={"NOTIFY_SOCKET": systemd.path, "WATCHDOG_USEC": str(int(watchdog_s * 1e6))}).start()
    signs = IDLE_S / (watchdog_s / 2)
    assert quiet_wake_ups(box) <= signs * 5 + MOST_WAKE_UPS
