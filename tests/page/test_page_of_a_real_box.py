"""The page of a box in a shop: a log-in before it, a cable that is pulled, and nothing to play with.

daemon/web/static, daemon.web.page
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from box_process import BoxProcess
from browser_page import Look
from provider_thread import fresh_code
from relay import Relay

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

TOKEN = "page-token-of-nobody-0123456789"


@pytest.fixture
def box(real_box: BoxProcess) -> BoxProcess:
    return real_box.start()


@pytest.fixture
def cable(box: BoxProcess) -> Iterator[Relay]:
    relay = Relay(box.port)
    yield relay
    relay.close()


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def begin(page: Any) -> None:
    expect(page.locator("#link")).to_have_text("live")
    expect(page.locator("#ready")).to_have_text("Ready for a sale")


def test_a_real_box_has_nothing_to_play_with_and_shows_a_real_sale(box: BoxProcess, look: Look) -> None:
    seen = look(address(box.port))
    page = seen.page
    begin(page)
    expect(page.locator("#play")).to_be_hidden()
    ref = box.ask(1250)
    expect(page.locator("#now")).to_contain_text("12.50 CNY")
    box.scan(code := fresh_code("paid"))
    expect(page.locator("#now .state.paid").first).to_be_visible()
    expect(page.locator("#payments tr").first).to_contain_text(ref)
    assert code not in page.content()
    seen.picture("real")


def test_a_lost_connection_is_said_and_what_happened_meanwhile_is_seen_afterwards(box: BoxProcess, cable: Relay, look: Look) -> None:
    seen = look(address(cable.port))
    seen.forgiven = ("ERR_",)  # the browser says itself that it could not connect
    page = seen.page
    begin(page)
    cable.pull()
    expect(page.locator("#link")).to_have_text("no connection: what is shown is old")
    seen.picture("stale")
    box.sell(fresh_code("paid"), 777)
    expect(page.locator("#payments tr")).to_have_count(0)
    cable.plug()
    expect(page.locator("#link")).to_have_text("live", timeout=30_000)
    expect(page.locator("#payments tr").first).to_contain_text("7.77 CNY")
    box.sell(fresh_code("paid"), 888)
    expect(page.locator("#payments tr").first).to_contain_text("8.88 CNY")


def test_a_box_that_starts_again_is_followed_on(box: BoxProcess, cable: Relay, look: Look) -> None:
    seen = look(address(cable.port))
    seen.forgiven = ("ERR_",)
    begin(seen.page)
    box.kill9()
    expect(seen.page.locator("#link")).to_have_text("no connection: what is shown is old")
    box.start()
    cable.lead_to(box.port)
    expect(seen.page.locator("#link")).to_have_text("live", timeout=30_000)
    box.sell(fresh_code("paid"), 999)
    expect(seen.page.locator("#payments tr").first).to_contain_text("9.99 CNY")


def test_a_page_that_stays_open_over_an_upgrade_loads_the_new_boxs_page(box: BoxProcess, cable: Relay, look: Look) -> None:
    seen = look(address(cable.port))
    seen.forgiven = ("ERR_",)
    page = seen.page
    begin(page)
    loads: list[object] = []
    page.on("load", lambda loaded: loads.append(loaded))
    upgraded = json.dumps({**box.box(), "version": "9.9.9", "store_name": "Corner Shop", "currency": "CNY", "plays": False})
    clock = json.dumps({"now": "2026-11-27T12:00:00Z", "up_s": 1})
    news = f"event: box\ndata: {upgraded}\n\nevent: clock\ndata: {clock}\n\n"
    page.route("**/v1/watch", lambda route: route.fulfill(content_type="text/event-stream", body=news))
    cable.pull()
    cable.plug()
    expect(page.locator("#about")).to_contain_text("9.9.9", timeout=30_000)
    page.wait_for_timeout(1000)
    assert len(loads) == 1, "once, and not again and again"


@pytest.fixture
def guarded(real_box: BoxProcess) -> BoxProcess:
    (real_box.directory / "web.secret").write_text(TOKEN)
    (real_box.directory / "web.secret").chmod(0o600)
    real_box.reconfigure({"web": {"token_file": "web.secret"}})
    real_box.start(ready=False)
    return real_box


def log_in(page: Any, token: str) -> None:
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Log in").click()


def test_nothing_is_seen_before_the_right_token_and_nothing_after_the_log_out(guarded: BoxProcess, look: Look) -> None:
    seen = look(address(guarded.port))
    seen.forgiven = ("401",)  # a wrong token
    page = seen.page
    expect(page.locator("#app")).to_be_hidden()
    log_in(page, "not the token")
    expect(page.locator("#log-in-said")).to_have_text("That is not this box's token.")
    seen.picture("refused")
    log_in(page, TOKEN)
    begin(page)
    assert TOKEN not in page.content()
    assert page.evaluate("document.cookie") == "", "a script must not see it"
    page.reload()
    begin(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("#app")).to_be_hidden()
    expect(page.get_by_label("Token")).to_be_focused()


def test_who_guesses_is_told_to_wait(guarded: BoxProcess, look: Look) -> None:
    seen = look(address(guarded.port))
    seen.forgiven = ("401", "429")
    for number in range(7):
        log_in(seen.page, f"guess {number}")
        expect(seen.page.locator("#log-in-said")).not_to_have_text("")
        seen.page.wait_for_timeout(50)
    expect(seen.page.locator("#log-in-said")).to_have_text("Too many wrong tokens. Wait a little, then try again.")


def test_a_person_sees_to_a_payment_in_doubt(box: BoxProcess, look: Look) -> None:
    """What is unclear stands on top; its window says what can be done about it, and asks who does it and why."""
    ref = box.sell(fresh_code("wrong_amount"))["ref"]
    seen = look(address(box.port))
    page = seen.page
    expect(page.locator("#payments-said")).to_contain_text("Look at these first")
    page.get_by_role("button", name=ref).click()
    acts = page.locator("form.acts")
    expect(acts.get_by_role("button")).to_have_text(["Ask the provider now", "Send the money back", "I have seen to it"])
    expect(acts.get_by_role("button", name="Send the money back")).to_be_disabled()
    expect(acts).to_contain_text("no money is known to be there that could go back")
    seen.picture("doubt")
    acts.get_by_role("button", name="I have seen to it").click()
    expect(acts.get_by_role("status")).to_contain_text("Say who you are")
    expect(acts.get_by_label("Your name")).to_be_focused()
    acts.get_by_label("Your name").fill("Ann")
    acts.get_by_role("button", name="I have seen to it").click()
    expect(acts.get_by_role("status")).to_contain_text("Say why")
    acts.get_by_label("Why, in your words").fill("paid back in cash")
    page.keyboard.press("Tab")
    acts.get_by_role("button", name="I have seen to it").press("Enter")
    expect(page.locator("#payment .lead")).to_contain_text("seen to: Ann: paid back in cash")
    expect(page.locator("#payment ol li").last).to_contain_text("somebody has seen to it")
    expect(acts).to_have_count(0)
    seen.picture("seen-to")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#payments-said")).to_have_text("")
    expect(page.locator("#ready")).to_have_text("Ready for a sale")
    assert box.payment(ref)["reason"] == {"code": "settled", "text": "Ann: paid back in cash"}


def test_what_the_box_cannot_do_after_all_it_says_in_the_window(box: BoxProcess, look: Look) -> None:
    """Somebody else was quicker, at the command line."""
    ref = box.sell(fresh_code("wrong_amount"))["ref"]
    seen = look(address(box.port))
    seen.forgiven = ("409",)
    page = seen.page
    page.get_by_role("button", name=ref).click()
    acts = page.locator("form.acts")
    acts.get_by_label("Your name").fill("Ann")
    acts.get_by_label("Why, in your words").fill("paid back in cash")
    settled = {"act": "settle", "by": "Bo", "reason": "paid back"}
    assert box.request("POST", f"/v1/payments/{ref}/acts", json.dumps(settled).encode()).status == 202
    acts.get_by_role("button", name="I have seen to it").click()
    expect(acts.get_by_role("status")).to_contain_text("nothing about it is for a person to see to")
