"""What the panel shows: pixel by pixel as in `pictures/`, and in words where a picture would not say why.

    TILLBOX_WRITE_PICTURES=1 pytest tests/core/test_screens.py

writes the pictures anew; look at each of them before committing it.
"""

import os
from pathlib import Path

import pytest
from PIL import Image
from screen_gallery import LANGUAGES, NATIVE, SCREENS, missing, view

from daemon import texts
from daemon.layout import compose
from daemon.panel_text import half_blocks, png
from daemon.payment import State
from daemon.screens import composed, content, draw
from daemon.texts import Language
from daemon.view import Notice, NoticeKind, Part

PICTURES = Path(__file__).parent / "pictures"
WRITE = os.environ.get("TILLBOX_WRITE_PICTURES") == "1"

USUAL_SIZE = (128, 64)
OTHER_SIZES = ((128, 32), (96, 16), (64, 48), (128, 128), (256, 64))
UPRIGHT = (64, 128)
ELSEWHERE = (
    "ready",
    "awaiting_code",
    "awaiting_code_again",
    "pending_confirming",
    "presenting_qr",
    "revoking",
    "paid",
    "refused",
    "wrong_code",
    "not_ready",
    "typed_sum",
    "offered",
)

CASES = [
    *((name, USUAL_SIZE, language) for name in SCREENS for language in LANGUAGES),
    *((name, size, language) for size in OTHER_SIZES for name in ELSEWHERE for language in LANGUAGES),
    *(("presenting_qr", UPRIGHT, language) for language in LANGUAGES),
]


def picture_path(name, size, language):
    return PICTURES / f"{size[0]}x{size[1]}" / f"{name}.{language}.png"


@pytest.mark.parametrize(("name", "size", "language"), CASES, ids=lambda value: str(value).replace(", ", "x"))
def test_the_panel_shows_the_reference_picture(name, size, language):
    drawn = draw(SCREENS[name], *size, language)
    path = picture_path(name, size, language)
    if WRITE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(drawn))
    with Image.open(path) as picture:
        expected = picture.convert("1")
    if drawn.size != expected.size or drawn.tobytes() != expected.tobytes():
        pytest.fail(f"{path.name} differs\n\nexpected\n{half_blocks(expected)}\ndrawn\n{half_blocks(drawn)}", pytrace=False)


def test_every_picture_belongs_to_a_screen():
    known = {picture_path(*case) for case in CASES}
    assert set(PICTURES.rglob("*.png")) == known


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_a_screen_even_when_little_is_known(state, language):
    image = draw(view(state, amount=None), 128, 64, language)
    assert image.mode == "1"
    assert image.size == (128, 64)
    assert image.getbbox() is not None


def said(shown, language=Language.EN):
    """All words of a screen in one line."""
    what = content(shown, language)
    words = [what.title.full] if what.title else []
    return " | ".join(
        [*words, *([what.figure] if what.figure else []), *(each.full for each in what.paragraphs), *filter(None, [what.time])]
    )


def test_a_sale_as_the_payer_reads_it():
    assert said(view(store_name="Corner Café")) == "Corner Café | Ready"
    assert said(view(State.AWAITING_CODE, left_s=60)) == "¥12.50 | Show your payment code | 1:00"
    assert said(view(State.SUBMITTING, left_s=30)) == "¥12.50 | Please wait | 0:30"
    assert said(view(State.PENDING, confirming=True, left_s=9)) == "¥12.50 | Confirm on your phone | 0:09"
    assert said(view(State.PAID)) == "Paid | ¥12.50"
    assert content(view(State.PAID), Language.EN).tick


def test_a_countdown_ends_at_nothing_and_what_is_not_known_is_not_said():
    assert (
        said(view(State.AWAITING_CODE, left_s=0)) == said(view(State.AWAITING_CODE, left_s=-3)) == "¥12.50 | Show your payment code | 0:00"
    )
    assert said(view(State.AWAITING_CODE)) == "¥12.50 | Show your payment code"
    assert said(view(State.PENDING, amount=None)) == "Please wait"


@pytest.mark.parametrize(
    ("unset", "first"), [(("gateways",), "gateways"), (("gateways", "box"), "gateways +1"), (("gateways", "box", "web"), "gateways +2")]
)
def test_a_box_that_is_not_set_up_says_the_first_key_and_how_many_more(unset, first):
    assert said(view(ready=False, unset=unset)) == f"Not set up | {first} | Run: tillbox check"


def test_the_payer_is_asked_to_confirm_only_when_the_provider_said_so():
    assert "phone" not in said(view(State.PENDING, confirming=False))


def test_beside_a_qr_stand_the_amount_what_to_do_and_the_time_left():
    assert said(view(State.PRESENTING_QR, qr=NATIVE, left_s=107)) == "¥12.50 | Scan to pay | 1:47"
    assert said(view(State.PRESENTING_QR, qr=NATIVE, confirming=True, left_s=9)) == "¥12.50 | Confirm on your phone | 0:09"


@pytest.mark.parametrize(
    ("size", "symbol", "words"),
    [
        ((128, 64), (0, 0, 64, 64), (64, 0)),
        ((96, 64), (0, 0, 64, 64), (64, 0)),
        ((95, 64), (15, 0, 64, 64), None),  # no amount can be read in so few columns
        ((64, 88), (0, 0, 64, 64), (0, 64)),
        ((64, 87), (0, 11, 64, 64), None),  # nor in so few rows
        ((80, 128), (3, 0, 74, 74), (0, 74)),  # a symbol with a whole margin needs no more, and stands in the middle
        ((128, 80), (0, 3, 74, 74), (74, 0)),
    ],
)
def test_words_stand_beside_a_qr_or_below_it_or_not_at_all(size, symbol, words):
    """Where they do, they are in the corner that the symbol leaves, and laid out as on a panel of that size."""
    shown = SCREENS["presenting_qr"]
    placed, *others = composed(shown, *size, Language.EN).parts
    assert (placed.x, placed.y, *placed.image.size) == symbol
    if words is None:
        assert others == []
    else:
        room = compose(content(shown, Language.EN), size[0] - words[0], size[1] - words[1])
        assert [(other.x - words[0], other.y - words[1]) for other in others] == [(part.x, part.y) for part in room.parts]


def test_a_screen_with_a_qr_is_complete_if_the_words_beside_it_are():
    assert composed(SCREENS["presenting_qr"], 128, 64, Language.EN).complete is True
    assert composed(SCREENS["presenting_qr"], 64, 88, Language.EN).complete is False
    assert composed(SCREENS["presenting_qr"], 95, 64, Language.EN).complete is False, "there are none"


def test_a_qr_is_gone_with_the_state_that_shows_it():
    """The text stays in the payment for the record; who scans it now would pay too late."""
    for state in set(State) - {State.PRESENTING_QR}:
        assert draw(view(state, qr=NATIVE), 128, 64, Language.EN).tobytes() == draw(view(state), 128, 64, Language.EN).tobytes()


def test_while_a_payment_is_undone_the_payer_waits():
    assert said(view(State.REVOKING)) == said(view(State.CLOSING)) == "Cancelling | ¥12.50 | Please wait"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AUTHCODEEXPIRE", "Your code has expired | Refresh your code and show it again"),
        ("AUTH_CODE_INVALID", "Not a payment code | Open the payment code in your wallet"),
        ("NOTENOUGH", "Not enough money | Try another card"),
        ("NOTSUPORTCARD", "Card not accepted | Try another card"),
        ("NOAUTH", "Box is not set up right | Please call staff"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(code, words):
    assert said(view(State.REFUSED, code)) == f"Not paid | {words}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_end_without_a_reason_says_to_start_again(language):
    assert said(view(State.CANCELLED), language) == f"{texts.CANCELLED.say(language)} | {texts.START_AGAIN.say(language)}"


def test_a_refusal_that_a_fresh_code_mends_keeps_the_amount_and_the_time():
    assert said(view(State.AWAITING_CODE, "AUTHCODEEXPIRE", left_s=60)) == "¥12.50 | Code expired | Refresh your code | 1:00"


def test_a_code_without_words_is_shown_to_the_staff_and_bounded():
    assert said(view(State.REFUSED, "SOMETHING_NEW")) == "Not paid | Please pay another way | SOMETHING_NEW"
    assert said(view(State.REFUSED, "X" * 64)).endswith(" | " + "X" * 20)


def test_a_wrong_code_says_what_it_was_and_what_is_wanted():
    wrong = view(State.AWAITING_CODE, notice=Notice(NoticeKind.WRONG_CODE, "product"))
    assert said(wrong) == "Wrong code | A product barcode | Open the payment code in your wallet"
    assert "Not a payment code" in said(view(State.AWAITING_CODE, notice=Notice(NoticeKind.WRONG_CODE, "never heard of")))


def test_a_wallet_that_is_not_taken_here_is_named():
    assert "UnionPay not taken" in said(view(State.AWAITING_CODE, notice=Notice(NoticeKind.NO_ROUTE, "unionpay")))
    assert "This wallet not taken" in said(view(State.AWAITING_CODE, notice=Notice(NoticeKind.NO_ROUTE, "new")))


def test_a_notice_never_hides_how_a_payment_ended():
    assert said(view(State.PAID, notice=Notice(NoticeKind.WRONG_CODE, "product"))) == said(view(State.PAID))


def test_a_payment_in_doubt_warns_against_paying_twice():
    assert said(view(State.IN_DOUBT)) == "Not sure if paid | Do not pay again | Please call staff"


def test_an_unready_box_says_what_is_missing_and_how_much_more():
    assert said(view(ready=False, outages=missing(Part.CLOCK))) == "Out of service | Clock not set | Please call staff"
    many = view(ready=False, outages=missing(Part.SCANNER, Part.CLOCK), in_doubt=1)
    assert said(many) == "Out of service | Scanner missing +2 | Please call staff"
    assert "Scanner missing +1" in said(view(ready=False, outages=missing(Part.SCANNER, Part.CLOCK)))
    assert said(view(ready=False, in_doubt=1)) == "Out of service | 1 payment unclear | Please call staff"
    assert said(view(ready=False, in_doubt=3)) == "Out of service | 3 payments unclear | Please call staff"


def test_a_ready_box_mentions_what_it_lacks_below():
    assert said(view(outages=missing(Part.BUZZER))) == "Corner Café | Ready | Buzzer not working"
    assert said(view(store_name=" ", outages=missing(Part.BUZZER))) == "Ready | Buzzer not working", "a shop without a name"


def test_a_box_whose_scanner_was_pulled_does_not_ask_for_a_code():
    assert said(view(State.AWAITING_CODE, outages=missing(Part.SCANNER), left_s=5)) == "¥12.50 | Scanner missing | Please call staff | 0:05"


def test_a_name_cannot_write_over_what_the_box_says():
    hostile = view(store_name="\x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}diaP\n\n\n")
    assert draw(hostile, 128, 64, Language.EN).tobytes() == draw(view(store_name="[2JdiaP"), 128, 64, Language.EN).tobytes()


def test_what_is_drawn_does_not_depend_on_what_was_drawn_before():
    first = draw(SCREENS["paid"], 128, 64, Language.EN).tobytes()
    for shown in SCREENS.values():
        draw(shown, 128, 64, Language.ZH).paste(1, (0, 0, 128, 64))
    assert draw(SCREENS["paid"], 128, 64, Language.EN).tobytes() == first
