"""What people read: complete in both languages, drawable, and short enough for the usual panel."""

import pytest
from screen_gallery import LANGUAGES, everything_said

from daemon import texts
from daemon.codes import SCHEMES, Kind
from daemon.glyphs import BOLD, SMALL, WIDE, clean, has, measure
from daemon.screens import composed, content
from daemon.texts import GENERAL, NOTICES, OUTAGES, REASONS, Language, Text, Why, outage_text, reason_text, why
from daemon.view import NoticeKind, Outage, Part

WALLET_CODES = ("AUTHCODEEXPIRE", "AUTH_CODE_ERROR", "AUTH_CODE_INVALID", "NOTENOUGH", "NOTSUPORTCARD")
OWN_CODES = (
    "scan_timeout",
    "restarted",
    "cancelled",
    "not_sent",
    "timeout",
    "closed_by_provider",
    "revoke_refused",
    "revoke_unconfirmed",
    "mismatch",
    "paid_late",
    "refused",
    "create_unclear",
    "no_qr",
    "qr_unreadable",
)


def all_texts() -> list[Text]:
    """Every text of the module, wherever it stands there."""
    found: list[Text] = []
    for value in vars(texts).values():
        for item in value.values() if isinstance(value, dict) else (value,):
            found += [item] if isinstance(item, Text) else [item.why, item.do] if isinstance(item, Why) else []
    return found


@pytest.mark.parametrize("text", all_texts(), ids=lambda text: text.en)
def test_every_text_is_there_in_both_languages_and_can_be_drawn(text):
    assert has(SMALL, text.en)
    assert has(BOLD, text.en)
    assert has(WIDE, text.zh)
    for said in (text.en, text.zh):
        assert said == clean(said) != ""


@pytest.mark.parametrize("text", all_texts(), ids=lambda text: text.en)
def test_the_short_form_is_shorter(text):
    for full, short in ((text.en, text.short_en), (text.zh, text.short_zh)):
        assert not short or measure(short, WIDE) < measure(full, WIDE)


def test_a_small_panel_gets_the_short_words_of_its_language_or_the_whole_where_there_are_none_shorter():
    text = Text("Show your payment code", "请出示付款码", "Show code", "付款码")
    assert [text.say_short(language) for language in LANGUAGES] == ["Show code", "付款码"]
    whole = Text("Paid", "支付成功")
    assert [whole.say_short(language) for language in LANGUAGES] == ["Paid", "支付成功"]


def test_chinese_is_chinese():
    foreign = {text.en for text in all_texts() if text.zh.isascii()}
    assert not foreign


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_fits_its_screen_on_the_usual_panel(language):
    """Nothing is left out, shortened or cut at 128 x 64, whatever the box has to say; beside a QR "confirm" has its short words."""
    for view in everything_said():
        if view.qr is None or not view.confirming:
            assert composed(view, 128, 64, language).complete, content(view, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_title_fits_in_large_letters_in_one_line(language):
    for view in everything_said():
        shown = content(view, language)
        if shown.banner and shown.title is not None:
            assert measure(shown.title.full, BOLD if has(BOLD, shown.title.full) else WIDE) <= 128


@pytest.mark.parametrize("code", [*WALLET_CODES, *OWN_CODES])
def test_every_reason_that_the_box_gives_has_words(code):
    assert code in REASONS


def test_a_code_that_nobody_foresaw_has_general_words():
    assert why("SOMETHING_NEW") is GENERAL


def test_every_part_notice_wrong_code_and_scheme_has_words():
    assert set(OUTAGES) == set(Part)
    assert set(NOTICES) == set(NoticeKind)
    assert set(texts.WRONG_CODES) == {kind.value for kind in Kind} - {Kind.PAYER.value}
    assert set(texts.SCHEMES) == {*SCHEMES, ""}


def test_a_reason_as_text_says_what_and_what_to_do():
    assert reason_text("NOTENOUGH", Language.EN) == "Not enough money. Try another card."
    assert reason_text("NOTENOUGH", Language.ZH) == "余额不足。请换卡支付。"


def test_an_outage_as_text_helps_whoever_mends_it():
    assert outage_text(Outage(Part.CLOCK), Language.EN) == "Clock not set"
    lost = Outage(Part.GATEWAY, "shop", "no route to host")
    assert outage_text(lost, Language.EN) == "No payment network (shop: no route to host)"
    assert outage_text(lost, Language.ZH) == "支付网络不通 (shop: no route to host)"
