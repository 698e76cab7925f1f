"""Lines and blocks: where text breaks, how it is cut, and the marks that are drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from daemon import glyphs
from daemon.glyphs import BOLD, FIGURES, SMALL, WIDE, clean, measure
from daemon.panel_text import half_blocks
from daemon.typesetting import banner, beside, cut, face_of, figure, has_whole_words, paragraph, stack, tick, wrap


def test_text_breaks_at_blanks_into_lines_of_like_length():
    assert wrap("Open the payment code in your wallet", SMALL, 126) == ("Open the payment", "code in your wallet")
    assert wrap("Paid", SMALL, 126) == ("Paid",)
    assert wrap("", SMALL, 126) == ()


def test_a_line_is_filled_to_its_last_column_and_the_blank_at_its_end_takes_none():
    wide = measure("one two", SMALL)
    assert wrap("one two three", SMALL, wide) == ("one two", "three")
    assert wrap("one two three ", SMALL, wide) == ("one two", "three")
    assert wrap("one two three", SMALL, wide - 1) == ("one", "two", "three")


def test_hanzi_break_anywhere_but_never_before_a_closing_sign():
    assert wrap("请打开付款码", WIDE, 64) == ("请打开", "付款码")
    assert wrap("余额不足，请换卡。", WIDE, 80) == ("余额不足，", "请换卡。")
    assert wrap("（小店）很好", WIDE, 64) == ("（小店）", "很好")
    assert wrap("好（小）", WIDE, 48) == ("好", "（小）"), "nor after an opening one"
    assert wrap("A区 B区", WIDE, 32) == ("A区", "B区"), "and a blank begins none"


def test_hanzi_and_letters_part_where_they_meet():
    assert wrap("满100减20", WIDE, 40) == ("满100", "减20")
    assert wrap("⺀ab", WIDE, 24) == ("⺀", "ab"), "from the first sign on that is set as hanzi are"
    assert wrap("\u2e7fab", WIDE, 24) == ("\u2e7fa", "b"), "what comes before it is a letter of a word too wide for the line"


def test_a_word_wider_than_the_line_is_broken_and_nothing_of_it_is_lost():
    lines = wrap("Donaudampfschifffahrtsgesellschaft", SMALL, 60)
    assert "".join(lines) == "Donaudampfschifffahrtsgesellschaft"
    assert all(measure(line, SMALL) <= 60 for line in lines)
    assert not has_whole_words("Donaudampfschifffahrtsgesellschaft", SMALL, 60)
    assert wrap("abcabcabc", SMALL, measure("ab", SMALL)) == ("ab", "ca", "bc", "ab", "c")
    assert wrap("ab", SMALL, measure("a", SMALL)) == ("a", "b")
    assert wrap("a bcdef gh", SMALL, measure("bcd", SMALL)) == ("a", "bcd", "ef", "gh")
    assert wrap("付款码", WIDE, 5) == ("付", "款", "码"), "a character that is wider than the line has a line all the same"


def test_a_word_that_fits_is_not_broken_to_make_lines_of_like_length():
    assert wrap("Corner Café", BOLD, 64) == ("Corner", "Café")
    longest = measure("Corner", BOLD)
    assert has_whole_words("Corner Café", BOLD, longest), "the blank behind it needs no room"
    assert not has_whole_words("Corner Café", BOLD, longest - 1)
    assert has_whole_words("", BOLD, 0)


@given(st.text(), st.integers(min_value=17, max_value=200))
def test_lines_never_lose_a_character_and_never_stick_out(text, width):
    text = clean(text)
    lines = wrap(text, WIDE, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(measure(line, WIDE) <= width for line in lines)


def test_what_is_cut_says_so():
    assert cut("Corner Café", SMALL, 200) == "Corner Café"
    short = cut("The Corner Café", SMALL, 50)
    assert short.endswith("…")
    assert measure(short, SMALL) <= 50
    whole, begun = measure("The Corner", SMALL), measure("The…", SMALL)
    assert cut("The Corner", SMALL, whole) == "The Corner", "to the last column"
    assert cut("The Corner", SMALL, whole - 1) == "The Corn…"
    assert cut("The Corner", SMALL, begun) == "The…"
    assert cut("The Corner", SMALL, begun + 5) == "The…", "no blank before the ellipsis"


def test_a_paragraph_of_too_many_lines_ends_in_an_ellipsis():
    text = "one two three four five six seven"
    assert paragraph(text, SMALL, 60, 2).height == 24
    assert paragraph(text, SMALL, 60, 1).tobytes() == paragraph(cut(text, SMALL, 60), SMALL, 60, 1).tobytes()
    two_lines = [glyphs.line(each, SMALL) for each in ("one two", cut("three four five six seven", SMALL, 60))]
    assert wrap(text, SMALL, 60)[0] == "one two"
    assert paragraph(text, SMALL, 60, 2).tobytes() == stack(two_lines).tobytes()


def test_a_paragraph_that_says_the_same_twice_goes_on_where_its_line_ended():
    text = "go go go go go go"
    assert wrap(text, SMALL, measure("go go", SMALL)) == ("go go",) * 3
    lines = [glyphs.line(each, SMALL) for each in ("go go", cut("go go go go", SMALL, measure("go go", SMALL)))]
    assert paragraph(text, SMALL, measure("go go", SMALL), 2).tobytes() == stack(lines).tobytes()


def test_no_text_is_a_picture_all_the_same():
    assert paragraph("", SMALL, 128, 2).size == (1, 1)
    assert stack([]).size == (1, 1)


def test_one_hanzi_in_a_line_sets_all_of_it_in_the_face_that_has_hanzi():
    assert face_of("Café", SMALL) is SMALL
    assert face_of("Café 小店", SMALL) is WIDE
    assert paragraph("Café 小店", SMALL, 128, 1).height == WIDE.height


def test_an_amount_is_cut_to_its_ink_and_grows_in_whole_pixels():
    plain, doubled = (figure("¥12.50", FIGURES[0], scale) for scale in (1, 2))
    assert plain.getbbox() == (0, 0, plain.width, plain.height)
    assert doubled.size == (plain.width * 2, plain.height * 2)
    assert doubled.resize(plain.size, 0).tobytes() == plain.tobytes()


def test_a_tick_is_a_tick_at_every_size():
    assert half_blocks(tick(8)).splitlines() == ["        ▄█", "▄     ▄█▀ ", "▀█▄ ▄█▀   ", "  ▀█▀     "]
    for height in (6, 8, 14, 16, 24):
        mark = tick(height)
        assert mark.getbbox() == (0, 0, mark.width, height)


def test_rows_are_stacked_in_the_middle_and_set_beside_each_other():
    wide, narrow = figure("888", SMALL, 1), figure("8", SMALL, 1)
    both = stack([wide, narrow])
    assert both.size == (wide.width, wide.height + narrow.height)
    assert both.crop((6, 8, 11, 16)).tobytes() == narrow.tobytes()
    assert beside(wide, narrow, 4).size == (wide.width + 4 + narrow.width, 8)


def test_three_rows_stand_one_below_the_other():
    rows = [glyphs.line(letter, SMALL) for letter in "IHI"]
    whole = stack(rows)
    assert whole.size == (5, 36)
    assert [whole.crop((0, y, 5, y + 12)).tobytes() for y in (0, 12, 24)] == [
        stack([rows[1], row]).crop((0, 12, 5, 24)).tobytes() for row in rows
    ]


@pytest.mark.parametrize("high_first", [True, False])
def test_what_stands_beside_something_higher_stands_at_half_its_height(high_first):
    high, low = Image.new("1", (3, 9), 1), Image.new("1", (2, 4), 1)
    left, right = (high, low) if high_first else (low, high)
    row = beside(left, right, 4)
    assert row.size == (9, 9)
    low_box, high_box = ((7, 2, 9, 6), (0, 0, 3, 9)) if high_first else ((0, 2, 2, 6), (6, 0, 9, 9))
    wanted = Image.new("1", (9, 9))
    wanted.paste(1, low_box)
    wanted.paste(1, high_box)
    assert half_blocks(row) == half_blocks(wanted)


@pytest.mark.parametrize(
    ("capital", "face", "width"),
    [("H", BOLD, 128), ("H", BOLD, 12), ("田", BOLD, 128), ("田", BOLD, 16), ("H", SMALL, 128), ("H", SMALL, 8)],
)
def test_on_a_banner_of_any_width_capitals_and_hanzi_stand_in_the_middle(capital, face, width):
    bar = banner(capital, face, width)
    left, top, right, bottom = bar.point(lambda lit: not lit).getbbox()
    assert bar.size == (width, face_of(capital, face).height + 2)
    assert abs(left - (width - right)) <= 2
    assert top - (bar.height - bottom) in (0, -1)


def test_a_banner_has_one_line_and_shows_where_it_is_cut():
    assert banner("Out of service", SMALL, 40).tobytes() == banner(cut("Out of service", SMALL, 40), SMALL, 40).tobytes()
    assert banner("Out of service", SMALL, 40).height == SMALL.height + 2


@pytest.mark.parametrize(("text", "face"), [("Not paid", BOLD), ("支付失败", BOLD), ("Wrong code", SMALL)])
def test_a_banner_is_lit_with_its_letters_in_the_middle(text, face):
    bar = banner(text, face, 100)
    assert bar.width == 100
    assert bar.height == face_of(text, face).height + 2
    dark = bar.point(lambda lit: not lit).getbbox()
    assert dark is not None
    assert abs(dark[0] - (100 - dark[2])) <= 2
    assert dark[1] >= 1
    assert dark[3] <= bar.height - 1
