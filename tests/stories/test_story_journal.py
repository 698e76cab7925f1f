"""The journal cannot be written, or cannot be read: nothing is sent, the till is told why, and nothing is forgotten."""

import contextlib
import resource
import subprocess
import sys

import pytest
from box_process import ROOT
from provider_thread import fresh_code


@contextlib.contextmanager
def full_disk(box):
    """No file of the box may grow, as when the disk is full (the kernel's limit of a file's size, set from outside)."""
    soft, hard = resource.prlimit(box.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(box.pid, resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.prlimit(box.pid, resource.RLIMIT_FSIZE, (soft, hard))


def confirm(box):
    command = [sys.executable, "-m", "daemon", "journal", "confirm", "--config", str(box.config_path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def damaged_copies(box):
    kept = box.journal_path.parent.glob("journal.sqlite.corrupt-*")
    return [path for path in kept if not path.name.endswith(("-wal", "-shm"))]


def test_full_disk_the_till_is_told_and_nothing_is_sent(shop, provider):
    requests = len(provider.charges())
    with full_disk(shop):
        answer = shop.put("full-1")
        assert (answer.status, answer.body["error"]["code"]) == (503, "not_storable")
        assert "cannot be written" in answer.body["error"]["text"]
        assert shop.get("/v1/payments/full-1").status in (404, 503)
        assert shop.box()["ready"] is False
        assert shop.put("full-2").status == 503
    assert shop.get("/v1/payments/full-1").status == 404
    assert len(provider.charges()) == requests
    assert shop.sell(fresh_code("paid"))["state"] == "paid"
    assert shop.box()["ready"] is True


def test_full_disk_between_amount_and_code_the_code_stays_in_the_box(shop, provider):
    charges = len(provider.charges())
    code = fresh_code("paid")
    ref = shop.ask()
    with full_disk(shop):
        shop.scan(code)
        shop.until(lambda: any("journal" in reason for reason in shop.box()["not_ready"]))
        assert shop.payment(ref)["state"] == "awaiting_code"
    assert len(provider.charges()) == charges
    shop.scan(code)
    payment = shop.end(ref)
    assert (payment["state"], len(payment["attempts"])) == ("paid", 1)


def test_full_disk_while_the_payer_confirms_the_end_is_told_when_it_is_stored(shop, provider):
    ref = shop.ask()
    shop.scan(fresh_code("password_never"))
    number = shop.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    with full_disk(shop):
        provider.confirm(number)
        shop.until(lambda: not shop.box()["ready"])
        assert shop.payment(ref)["state"] in ("pending", "revoking")
    payment = shop.end(ref)
    order = provider.order(number)
    assert (payment["state"], order["money_in"] - order["money_out"]) in {("paid", 1250), ("revoked", 0)}
    assert order["charges"] == 1


def test_a_journal_that_cannot_be_opened_holds_back_sales_until_it_can(make_box, provider):
    box = make_box({"journal": {"path": "state/journal.sqlite"}})
    (box.directory / "state").write_text("a file where a folder belongs")
    box.start(ready=False)
    status = box.box()
    assert (status["ready"], any(reason.startswith("journal: ") for reason in status["not_ready"])) == (False, True)
    assert box.put("no-journal").status == 503
    (box.directory / "state").unlink()
    assert box.sell(fresh_code("paid"))["state"] == "paid"


@pytest.fixture(scope="module")
def old_journal(make_shared_box):
    """The bytes of a journal in good order."""
    box = make_shared_box().start()
    box.sell(fresh_code("paid"))
    assert box.stop() == 0
    return box.journal_path.read_bytes()


@pytest.mark.parametrize("damage", ["noise", "a page overwritten", "cut short"])
def test_a_damaged_journal_is_kept_aside_and_sales_wait_for_the_operator(make_box, old_journal, damage):
    box = make_box()
    content = bytearray(old_journal)
    if damage == "noise":
        content = bytearray(b"not a journal at all " * 500)
    elif damage == "cut short":
        del content[len(content) // 2 :]
    else:
        content[4096:12288] = b"\xa5" * 8192
    box.journal_path.write_bytes(content)

    box.start(ready=False)
    (kept,) = damaged_copies(box)
    assert kept.read_bytes() == bytes(content)
    refused = box.put("damaged")
    assert refused.status == 503
    assert kept.name in refused.body["error"]["text"]
    assert "tillbox journal confirm" in refused.body["error"]["text"]
    if damage == "noise":
        box.restart(ready=False)
        assert box.put("damaged").status == 503, "a restart confirms nothing"

    done = confirm(box)
    assert (done.returncode, kept.name in done.stdout) == (0, True)
    box.until(lambda: box.put("confirmed").status == 201)
    box.delete("confirmed")
    assert damaged_copies(box) == [kept]
    assert "Nothing to confirm" in confirm(box).stdout


def test_history_is_still_there_after_a_restart(make_box):
    box = make_box().start()
    before = [box.sell(fresh_code(case)) for case in ("paid", "refused_rulelimit")]
    box.restart()
    after = box.get("/v1/payments").body["payments"]
    told = ("ref", "amount", "state", "reason", "attempts", "created_at", "paid_at")
    assert [[payment[key] for key in told] for payment in after] == [[payment[key] for key in told] for payment in before[::-1]]
