"""The demo's page as a person who has never seen the box meets it.

daemon/web/static
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.request
from typing import Any

import pytest
from browser_page import Look, Seen

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect


def has_chinese_font() -> bool:
    lister = shutil.which("fc-list")
    return lister is not None and bool(subprocess.run([lister, ":lang=zh-cn"], capture_output=True, check=True).stdout)


def button(page: Any, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=False)


def now(page: Any) -> Any:
    return page.locator("#now")


def ask(page: Any, mode: str = "Ask, and scan the payer's code") -> None:
    button(page, mode).click()


def row(page: Any, number: int = 0) -> Any:
    return page.locator("#payments tr").nth(number)


def begin(seen: Seen) -> Any:
    expect(seen.page.locator("#link")).to_have_text("live")
    expect(seen.page.locator("#ready")).to_have_text("Ready for a sale", timeout=20_000)
    return seen.page


LIT = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, index) => index % 4 === 0 && value > 100).length;
}"""


def lit(page: Any) -> int:
    """How many dots of the panel are lit."""
    return int(page.locator("#panel").evaluate(LIT))


def test_a_sale_is_seen_from_the_amount_to_paid(demo: str, look: Look) -> None:
    seen = look(demo)
    page = begin(seen)
    for key in ("4", ".", "2", "0"):
        button(page, key).click()
    ask(page)
    expect(now(page)).to_contain_text("4.20 CNY")
    expect(now(page)).to_contain_text("waits for the payer's code")
    expect(page.locator("#panel")).to_have_attribute("aria-label", re.compile("waits for the payer's code"))
    expect(page.locator(".lamp.green")).to_have_class(re.compile(r"\bon\b"))
    assert lit(page) > 100
    seen.picture("asked")
    button(page, "pays at once").click()
    expect(now(page).locator(".state.paid").first).to_be_visible()
    expect(now(page).locator("ol li")).not_to_have_count(0)
    expect(page.locator("#sound")).to_contain_text("two rising tones")
    expect(row(page)).to_contain_text("4.20 CNY")
    expect(row(page)).to_contain_text("paid")
    seen.picture("paid")


def test_within_a_minute_one_has_paid_twice_and_let_one_fail_and_finds_all_in_the_list(demo: str, look: Look) -> None:
    page = begin(look(demo))
    for buttons, end in (
        (("pays at once",), "paid"),
        (("asks for the password", "Type the password"), "paid"),
        (("asks for the password", "Decline"), "refused"),
    ):
        ask(page)
        expect(now(page).locator(".state.awaiting_code").first).to_be_visible()
        for name in buttons:
            button(page, name).click()
        expect(now(page).locator(f".state.{end}").first).to_be_visible()
        expect(row(page)).to_contain_text(end)
    page.locator("#find-text").fill("12.50")
    button(page, "Find").click()
    expect(page.locator("#payments tr")).to_have_count(4)  # with the demo's own first one
    row(page).get_by_role("button").click()
    expect(page.locator("#payment")).to_contain_text("Order number")
    expect(page.locator("#payment")).to_contain_text("a code was scanned")


def test_a_qr_is_shown_large_enough_for_a_phone_and_paid(demo: str, look: Look) -> None:
    seen = look(demo)
    page = begin(seen)
    ask(page, "Ask, and show a QR")
    expect(now(page)).to_contain_text("shows a QR")
    expect(button(page, "Scan the QR and pay")).to_be_visible()
    size = page.locator("#panel").bounding_box()
    assert size["width"] >= 256, "a module of the QR is two dots of the panel: four or more of the screen's"
    seen.picture("shown")
    button(page, "Scan the QR and pay").click()
    expect(now(page).locator(".state.paid").first).to_be_visible()


def test_what_is_broken_is_said_and_comes_back(demo: str, look: Look) -> None:
    page = begin(look(demo))
    button(page, "Pull out the scanner").click()
    expect(page.locator("#ready")).to_have_text("Cannot sell now")
    expect(page.locator("#parts")).to_contain_text("is missing")
    expect(page.locator("#not-ready li")).not_to_have_count(0)
    button(page, "Put the scanner back").click()
    expect(page.locator("#ready")).to_have_text("Ready for a sale")


def test_a_wrong_amount_is_said(demo: str, look: Look) -> None:
    page = begin(look(demo))
    page.locator("#amount").fill("12.505")
    ask(page)
    expect(page.locator("#play-said")).to_have_text("This is no amount")


def test_two_people_look_on_and_see_the_same(demo: str, look: Look) -> None:
    first, second = begin(look(demo)), begin(look(demo))
    ask(first)
    expect(now(second)).to_contain_text("waits for the payer's code")
    button(second, "pays at once").click()
    expect(now(first).locator(".state.paid").first).to_be_visible()


def test_by_keyboard_alone_one_can_sell_and_pay(demo: str, look: Look) -> None:
    page = begin(look(demo))
    tab_to(page, "#amount")
    page.keyboard.press("Control+A")
    page.keyboard.type("7.00")
    page.keyboard.press("Enter")
    expect(now(page)).to_contain_text("7.00 CNY")
    expect(button(page, "pays at once")).to_be_visible()
    tab_to(page, "#phone button")
    page.keyboard.press("Enter")
    expect(row(page)).to_contain_text("paid")
    tab_to(page, "#payments button")
    page.keyboard.press("Enter")
    expect(page.locator("#payment")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#payment")).to_be_hidden()


def tab_to(page: Any, selector: str) -> None:
    """Tab on until that has the focus, as far as somebody would."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def test_a_screen_reader_finds_names_for_everything(demo: str, look: Look) -> None:
    page = begin(look(demo))
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, input:not([hidden]), select, a')].filter((e) => e.checkVisibility()
           && !(e.textContent.trim() || e.labels?.length || e.getAttribute('aria-label'))).map((e) => e.outerHTML)"""
    )
    assert unnamed == []
    for title in ("The box", "Try it", "Payments", "Devices and gateways"):
        expect(page.get_by_role("region", name=title)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_of_360_pixels_nothing_sticks_out(demo: str, look: Look, scheme: str) -> None:
    seen = look(demo, width=360, height=740, color_scheme=scheme)
    page = begin(seen)
    ask(page)
    expect(now(page)).to_contain_text("12.50 CNY")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    seen.picture(f"phone-{scheme}")


def test_in_chinese_every_word_is(demo: str, look: Look) -> None:
    seen = look(demo, locale="zh-CN")
    page = seen.page
    expect(page.locator("#ready")).to_have_text("可以收款")
    assert page.evaluate("document.documentElement.lang") == "zh"
    seen.picture("chinese")
    button(page, "English").click()
    expect(page.locator("#ready")).to_have_text("Ready for a sale")
    page.reload()
    expect(page.locator("#ready")).to_have_text("Ready for a sale")


DRAWN = """text => {
  const canvas = document.createElement('canvas'), context = canvas.getContext('2d');
  context.font = getComputedStyle(document.querySelector('#ready')).font;
  return [...text].map((sign) => {
    context.clearRect(0, 0, 300, 150);
    context.fillText(sign, 20, 60);
    return canvas.toDataURL();
  });
}"""


@pytest.mark.skipif(not has_chinese_font(), reason="no font here has Chinese characters (Debian's fonts-wqy-microhei): pictures show boxes")
def test_in_chinese_the_characters_are_drawn_and_no_boxes_in_their_place(demo: str, look: Look) -> None:
    page = look(demo, locale="zh-CN").page
    expect(page.locator("#ready")).to_have_text("可以收款")
    signs = sorted(set(page.locator("body").inner_text()) & set(map(chr, range(0x4E00, 0xA000))))
    assert len(signs) > 50
    assert len(set(page.evaluate(DRAWN, "".join(signs)))) == len(signs), "characters that nobody can tell apart"


def test_the_pages_word_is_the_boxs(demo: str, look: Look) -> None:
    """Nothing is hard-coded: what stands there is what programs are told."""
    page = begin(look(demo))
    ask(page)
    expect(now(page)).to_contain_text("waits for the payer's code")
    with urllib.request.urlopen(demo + "/v1/box") as answer:
        box = json.loads(answer.read())
    assert box["busy_ref"] in page.locator("#payments").inner_text()
    shown = set(box["devices"]) | set(box["gateways"])
    assert all(name in page.locator("#parts").inner_text() for name in shown)
