"""What a screen goes without as its panel gets lower: the order of daemon.layout's `_levels`, step by step."""

import pytest
from PIL import Image

from daemon.glyphs import BOLD, FIGURES, SMALL, line
from daemon.layout import Content, Words, compose
from daemon.typesetting import banner, beside, figure, paragraph, tick


def known_pictures(content: Content, width: int) -> dict[tuple[tuple[int, int], bytes], str]:
    """What each picture of a part says: […] on a banner, ✓ behind a tick, + with the time beside it, / cut to fewer lines."""
    known: dict[tuple[tuple[int, int], bytes], str] = {}

    def learn(image: Image.Image, said: str) -> None:
        known.setdefault((image.size, image.tobytes()), said)

    for face, scale in ((face, scale) for face in FIGURES for scale in (1, 2, 3)):
        learn(figure(content.figure, face, scale), content.figure)
    learn(paragraph(content.figure, SMALL, width, 9), content.figure)
    every = [*filter(None, [content.title]), *content.paragraphs]
    for face, text in ((face, text) for face in (BOLD, SMALL) for words in every for text in (words.full, words.short)):
        learn(banner(text, face, width), f"[{text}]")
        for room, lines in ((room, lines) for room in (width, width - 2, width - tick(16).width - 6) for lines in (9, 3, 2, 1)):
            image = paragraph(text, face, room, lines)
            said = text if image.height == paragraph(text, face, room, 9).height else f"{text}/"
            learn(image, said)
            learn(beside(tick(16), image, 6), f"✓ {said}")
            learn(beside(image, line(content.time, face), 6), f"{said} + {content.time}")
        learn(line(content.time, face), content.time)
    return known


def steps(content: Content, width: int) -> list[tuple[int, str]]:
    """What a panel of that width says, with the least rows on which it still does; … where something is left out or shortened."""
    known = known_pictures(content, width)
    found: dict[str, int] = {}
    for height in range(140, 23, -1):
        composition = compose(content, width, height)
        parts = [known.get((part.image.size, part.image.tobytes()), "?") for part in composition.parts]
        found[" | ".join([*parts, *([] if composition.complete else ["…"])])] = height
    return [(height, said) for said, height in found.items()]


OUT = Words("Out of service", "No service")
POOR = Words("The wallet has not enough money", "No money")
OTHER = Words("Please try another card or wallet", "Other card")
STAFF = Words("Or call the staff of this shop", "Call staff")
SHOW = Words("Show your payment code", "Show code")
PAID = Words("Paid", "Paid")
NOVEL = "The Long Name of a Very Small Shop at the Corner of the Old Harbour beyond the Bridge and the Mill"
SHOP = Words("The Corner Shop of Old Harbour", "The Corner Shop of Old Harbour")


def test_an_asking_screen_shortens_its_words_then_moves_the_time_then_says_less():
    asking = Content(figure="¥12.50", paragraphs=(POOR, OTHER, STAFF), time="0:47")
    assert steps(asking, 128) == [
        (120, f"¥12.50 | {POOR.full} | {OTHER.full} | {STAFF.full} | 0:47"),
        (73, "¥12.50 | No money | Other card | Call staff | 0:47 | …"),
        (58, "¥12.50 | No money | Other card | Call staff + 0:47 | …"),
        (36, "¥12.50 | No money | Other card + 0:47 | …"),
        (24, "¥12.50 | No money + 0:47 | …"),
    ]
    assert steps(asking, 40) == [
        (102, "¥12.50 | No money | Other card | Call staff | 0:47 | …"),
        (77, "¥12.50 | No money | Other card | 0:47 | …"),
        (46, "¥12.50 | No money | 0:47 | …"),
        (34, "¥12.50 | No money | …"),
        (24, "¥12.50 | No money/ | …"),
    ]


def test_words_that_cannot_be_shortened_keep_their_lines_before_the_time_and_the_time_before_all_but_their_first():
    asking = Content(figure="¥12.50", paragraphs=(SHOP,), time="0:47")
    assert steps(asking, 64) == [
        (69, f"¥12.50 | {SHOP.full} | 0:47"),
        (53, f"¥12.50 | {SHOP.full} | …"),
        (36, f"¥12.50 | {SHOP.full}/ | 0:47 | …"),
        (24, f"¥12.50 | {SHOP.full}/ | …"),
    ]


def test_words_that_are_left_when_others_went_are_whole_again_where_they_fit():
    asking = Content(figure="¥12.50", paragraphs=(Words("Please wait", "Wait"), OTHER, STAFF))
    assert steps(asking, 128) == [
        (87, f"¥12.50 | Please wait | {OTHER.full} | {STAFF.full}"),
        (58, "¥12.50 | Wait | Other card | Call staff | …"),
        (54, f"¥12.50 | Please wait | {OTHER.full} | …"),
        (36, "¥12.50 | Wait | Other card | …"),
        (24, "¥12.50 | Please wait | …"),
    ]


def test_a_screen_of_trouble_says_why_rather_than_that_and_that_rather_than_half_of_why():
    trouble = Content(title=OUT, banner=True, paragraphs=(POOR, OTHER, STAFF))
    assert steps(trouble, 128) == [
        (94, f"[Out of service] | {POOR.full} | {OTHER.full} | {STAFF.full}"),
        (58, "[Out of service] | No money | Other card | Call staff | …"),
        (36, "No money | Other card | Call staff | …"),
        (30, "[Out of service] | No money | …"),
        (24, "Out of service | …"),
    ]
    assert steps(trouble, 40)[1:4] == [
        (76, "No money | Other card | Call staff | …"),
        (65, "[Out of service] | No money | Other card | …"),
        (38, "[Out of service] | No money | …"),
    ]
    told = Content(title=OUT, banner=True, paragraphs=(POOR,))
    assert steps(told, 128) == [
        (42, f"[Out of service] | {POOR.full}"),
        (30, "[Out of service] | No money | …"),
        (24, f"{POOR.full} | …"),
    ]


def test_a_screen_of_trouble_with_an_amount_keeps_title_and_amount_to_the_last():
    undone = Content(title=OUT, banner=True, figure="¥12.50", paragraphs=(POOR, OTHER))
    assert steps(undone, 128) == [
        (92, f"[Out of service] | ¥12.50 | {POOR.full} | {OTHER.full}"),
        (63, "[Out of service] | ¥12.50 | No money | Other card | …"),
        (62, f"[Out of service] | ¥12.50 | {POOR.full} | …"),
        (44, "[Out of service] | ¥12.50 | No money | …"),
        (30, "[Out of service] | ¥12.50 | …"),
        (24, "Out of service | …"),
    ]


def test_a_title_without_a_banner_goes_on_two_lines_while_all_words_are_there_and_one_when_they_are_short():
    shop = Content(title=SHOP, paragraphs=(POOR, OTHER))
    assert steps(shop, 128) == [
        (84, f"{SHOP.full} | {POOR.full} | {OTHER.full}"),
        (36, f"{SHOP.full}/ | No money | Other card | …"),
        (24, f"{SHOP.full}/ | No money | …"),
    ]
    undoing = Content(title=OUT, figure="¥12.50", paragraphs=(SHOW,), time="0:47")
    assert steps(undoing, 128) == [
        (62, f"Out of service | ¥12.50 | {SHOW.full} | 0:47"),
        (42, "Out of service | ¥12.50 | Show code + 0:47 | …"),
        (28, "Out of service | ¥12.50 | …"),
        (24, "Out of service | …"),
    ]


def test_a_name_is_cut_to_one_line_before_the_amount_goes():
    name = Words(NOVEL[:43], NOVEL[:43])
    assert steps(Content(title=name, figure="¥12.50", paragraphs=(SHOW,)), 128) == [
        (54, f"{name.full} | ¥12.50 | {SHOW.full}"),
        (38, f"{name.full}/ | ¥12.50 | Show code | …"),
        (24, f"{name.full}/ | ¥12.50 | …"),
    ]


def test_an_amount_of_several_lines_goes_before_the_state_of_the_payment_and_takes_the_rest_with_it():
    endless = "¥888888888888.88"
    undoing = Content(title=Words("Cancelling", "Ends"), figure=endless, paragraphs=(SHOW,), time="0:47")
    assert steps(undoing, 64) == [
        (93, f"Cancelling | {endless} | {SHOW.full} | 0:47"),
        (73, f"Ends | {endless} | Show code | 0:47 | …"),
        (60, f"Ends | {endless} | Show code | …"),
        (42, f"Ends | {endless} | …"),
        (24, "Ends | …"),
    ]


def test_a_tick_stays_with_its_title_to_the_last():
    assert steps(Content(title=PAID, tick=True, figure="¥12.50"), 40) == [
        (34, "✓ Paid | ¥12.50"),
        (26, "✓ Paid/ | ¥12.50 | …"),
        (24, "✓ Paid/ | …"),
    ]
    assert steps(Content(title=SHOP, tick=True, figure="¥12.50"), 128) == [
        (36, f"✓ {SHOP.full} | ¥12.50"),
        (28, f"✓ {SHOP.full}/ | ¥12.50 | …"),
        (24, f"✓ {SHOP.full}/ | …"),
    ]


@pytest.mark.parametrize(
    ("name", "face", "lines"),
    [
        ("Corner Café", BOLD, 1),
        (SHOP.full, BOLD, 2),
        (NOVEL[:43], SMALL, 2),  # three lines of large letters
        ("Donaudampfschifffahrt", SMALL, 1),  # would be broken in large ones
        (NOVEL, SMALL, 3),  # and no more, however long it is
        ("很长很长的店名" * 2, BOLD, 2),
        ("很长很长的店名" * 5, BOLD, 2),
    ],
)
def test_a_name_stands_in_two_lines_of_large_letters_or_three_of_small_ones(name, face, lines):
    [part] = compose(Content(title=Words(name, name)), 128, 140).parts
    assert part.image.height == lines * face.height
    assert part.image.tobytes() == paragraph(name, face, 128, lines).tobytes()
