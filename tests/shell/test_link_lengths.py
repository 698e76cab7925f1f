"""How long providers' links are, and what is said of them for a panel (daemon.link_lengths)."""

from pathlib import Path

import pytest

from daemon.gateways.settings import CbtisSettings, ConnectSettings, SimulatedSettings, Smart2paySettings, WechatSettings
from daemon.link_lengths import LENGTHS, Length, link_length, why_hard_to_read
from daemon.qr import Panel, fit
from daemon.secret import Secret
from daemon.tables.routes import OFFERS

USUAL, LARGE = Panel(128, 64), Panel(128, 128)
SOME = Length(35, "as they say")


def smart2pay(method_id: int, *, fallback: bool) -> Smart2paySettings:
    return Smart2paySettings(
        "s", "https://example.org", "1", Secret("k"), method_id, "https://example.org", "a@example.org", "CN", 10, fallback
    )


def test_every_kind_of_gateway_has_a_length_or_says_that_it_is_unknown() -> None:
    assert set(LENGTHS) == set(OFFERS)
    assert all(length.source for length in LENGTHS.values())


def test_a_gateway_is_known_by_its_kind() -> None:
    wechat = WechatSettings("w", "https://example.org", "wx0", "1", Secret("k"), "MD5", Path(), Path())
    assert link_length(wechat).usual == 35
    assert link_length(SimulatedSettings("sim")).usual == len("weixin://wxpay/bizpayurl?pr=sim000001")
    assert link_length(ConnectSettings("c", "https://example.org", "1", "k", Secret("k"), "CN")).usual == 35
    assert link_length(CbtisSettings("c", "https://example.org", "1", Secret("k"), Secret("k"), "wechat", "qrcode")).usual is None


@pytest.mark.parametrize(("method_id", "fallback", "usual"), [(1066, False, 35), (1066, True, 35), (24, False, None), (24, True, 88)])
def test_smart2pays_alipay_has_only_the_hosted_page(method_id: int, fallback: bool, usual: int | None) -> None:
    assert link_length(smart2pay(method_id, fallback=fallback)).usual == usual


@pytest.mark.parametrize("length", [35, 53])
def test_what_reaches_two_pixels_a_module_is_not_mentioned(length: int) -> None:
    assert why_hard_to_read(Length(length, "x"), USUAL) == ""
    placed = fit("x" * length, USUAL)
    assert placed is not None
    assert placed.module_px >= 2


def test_a_hosted_page_reaches_one_pixel_on_the_usual_panel_and_three_on_a_larger_one() -> None:
    page = link_length(smart2pay(24, fallback=True))
    assert "88 bytes" in why_hard_to_read(page, USUAL)
    assert "less than two pixels a module" in why_hard_to_read(page, USUAL)
    assert why_hard_to_read(page, LARGE) == ""


def test_with_larger_modules_asked_for_less_fits() -> None:
    assert why_hard_to_read(SOME, Panel(128, 64, min_module_px=2)) == ""
    assert "cannot be shown; 128x64 pixels hold none" in why_hard_to_read(SOME, Panel(128, 64, min_module_px=3))


def test_an_unknown_length_is_said_to_be_unknown_and_what_would_fit() -> None:
    said = why_hard_to_read(Length(None, "they do not say"), USUAL)
    assert (
        said == "the length of its links is not known (they do not say); on 128x64 pixels up to 53 bytes have two, up to 321 can be shown"
    )
