"""Starting and stopping: wrong configurations, SIGTERM at every moment, and what systemd is told."""

import contextlib
import os
import signal
import socket

import pytest
from provider_thread import fresh_code

WRONG = {
    "box": {"terminal_id": "a terminal with blanks", "max_amount": 0, "langauge": "en"},
    "scanner": {"kind": "laser"},
    "timing": {"give_up_s": -1, "query_every_s": "often"},
    "routes": {"scan.wechat": "nobody"},
    "web": {"listen": "0.0.0.0:8080"},
    "gateways.wechat": {"key_file": "no-such.key", "base_url": "http://pay.example.org"},
}
WRONG_KEYS = {
    "box.terminal_id", "box.max_amount", "box.langauge", "scanner.kind", "timing.give_up_s", "timing.query_every_s", "routes.scan.wechat",
    "web.token_file", "gateways.wechat.key_file", "gateways.wechat.base_url",
}  # fmt: skip


def test_a_wrong_configuration_is_told_whole_each_problem_on_its_line(make_box):
    box = make_box(WRONG, scanner=False)
    box.launch()
    assert box.wait_exit() == 2
    lines = box.stderr.text.splitlines()
    assert {line.split(":")[0] for line in lines} == WRONG_KEYS
    assert len(lines) == len(WRONG_KEYS)
    assert all("; expected " in line for line in lines)
    assert not box.journal_path.exists()


def test_a_configuration_that_is_no_toml_or_not_there_is_exit_2(make_box):
    box = make_box(scanner=False)
    box.tables["box"] = {"terminal_id = = ": 1}
    box.launch()
    assert box.wait_exit() == 2
    assert "line 2" in box.stderr.text


def test_an_address_that_is_taken_ends_the_start_with_1_and_its_reason(make_box):
    first = make_box().start()
    second = make_box({"web": {"listen": f"127.0.0.1:{first.port}"}})
    second.launch()
    assert second.wait_exit() == 1
    assert "address already in use" in second.stderr.text
    assert first.sell(fresh_code("paid"))["state"] == "paid"


def test_a_second_box_on_the_same_journal_ends_before_it_touches_a_payment(make_box, provider):
    """It would ask about, and give up, what the first one sells."""
    first = make_box({"timing": {"give_up_s": 20}}).start()
    ref = first.ask()
    first.scan(fresh_code("password_never", "merchant"))
    number = first.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    second = make_box({"journal": {"path": str(first.journal_path)}})
    second.launch()
    assert second.wait_exit() == 1
    assert f"tillbox: the journal {first.journal_path} is in use by another tillbox (process {first.pid})" in second.stderr.text
    assert "payment_taken_up" not in second.stderr.text
    assert first.payment(ref)["state"] == "pending"
    provider.confirm(number)
    assert first.end(ref)["state"] == "paid"
    first.kill9()
    assert second.start().payment(ref)["state"] == "paid"


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_while_a_code_is_awaited_the_payment_is_given_up(make_box, provider, name):
    box = make_box().start()
    charges = len(provider.charges())
    ref = box.ask()
    box.process.send_signal(name)
    assert box.wait_exit() == 0
    assert box.states(ref) == ["awaiting_code", "cancelled"]
    assert len(provider.charges()) == charges


def test_told_to_stop_while_the_payer_confirms_the_next_start_goes_on_from_there(make_box, provider):
    box = make_box({"timing": {"give_up_s": 20}}).start()
    ref = box.ask()
    box.scan(fresh_code("password_never", "merchant"))
    number = box.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    assert box.stop() == 0
    assert box.states(ref)[-1] == "pending"
    provider.confirm(number)
    box.start()
    assert box.end(ref)["state"] == "paid"
    order = provider.order(number)
    assert (order["charges"], order["revokes"], order["money_in"]) == (1, 0, 1250)


def test_a_till_that_waits_is_answered_when_the_box_stops(make_box):
    box = make_box().start()
    ref = box.ask()
    with contextlib.closing(socket.create_connection(("127.0.0.1", box.port), 10)) as till:
        till.sendall(f"GET /v1/payments/{ref}?wait=25&after=awaiting_code HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        box.get("/healthz")
        assert box.stop() == 0
        assert b"200 OK" in till.recv(65536)


def test_systemd_is_told_ready_status_signs_of_life_and_the_stop(make_box, systemd):
    box = make_box(environ={"NOTIFY_SOCKET": systemd.path, "WATCHDOG_USEC": "400000"})
    box.launch()
    systemd.until("READY=1")
    box.port = int(box.stderr.until(r"web_listening .*port=(\d+)")[1])
    assert box.get("/healthz").status == 200, "who is told READY may ask at once"
    assert box.get("/v1/box").status == 200
    systemd.until("STATUS=ready")
    box.until(lambda: box.box()["ready"])
    ref = box.ask()
    systemd.until("STATUS=awaiting_code")
    box.scan(fresh_code("paid"))
    assert box.end(ref)["state"] == "paid"
    systemd.until("STATUS=paid")
    systemd.until("WATCHDOG=1", times=systemd.heard.count("WATCHDOG=1") + 3)
    assert box.stop() == 0
    systemd.until("STOPPING=1")
    assert systemd.heard.count("READY=1") == 1
    assert systemd.heard.index("READY=1") < systemd.heard.index("STATUS=awaiting_code") < systemd.heard.index("STOPPING=1")


def test_a_box_that_does_not_do_its_work_gives_no_more_signs_of_life(make_box, systemd):
    """Stopped by a signal, as by a hang: systemd would restart it."""
    box = make_box(environ={"NOTIFY_SOCKET": systemd.path, "WATCHDOG_USEC": "200000"}).start()
    systemd.until("WATCHDOG=1")
    os.kill(box.pid, signal.SIGSTOP)
    assert systemd.falls_silent(0.5)
    os.kill(box.pid, signal.SIGCONT)
    systemd.until("WATCHDOG=1", times=systemd.heard.count("WATCHDOG=1") + 1)
