"""The layout of QR codes agrees with an independent encoder's, for every version."""

from __future__ import annotations

import pytest
import segno
from segno import consts

from daemon.qr_layout import (
    FORMATS,
    MASKS,
    VERSIONS,
    Grid,
    alignment_centres,
    blocks,
    codewords,
    data_places,
    fixed_modules,
    format_places,
    side_of,
)

# Characters of byte mode that fit version 40, from the standard's table of capacities; the text costs 20 bits of head.
CAPACITY_OF_40 = {"L": 2953, "M": 2331, "Q": 1663, "H": 1273}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_module_is_either_fixed_or_holds_data(version: int) -> None:
    places = list(data_places(version))
    assert len(places) == len(set(places))
    assert len(places) + sum(fixed_modules(version)) == side_of(version) ** 2
    assert len(places) - 8 * codewords(version) == left_over(version)


def left_over(version: int) -> int:
    """Modules that no word fills, from the standard's table of capacities."""
    ends = {1: 0, 6: 7, 13: 0, 20: 3, 27: 4, 34: 3, 40: 0}
    return next(bits for last, bits in ends.items() if version <= last)


# "01234567" in version 1-M, data and check words (ISO/IEC 18004, annex I).
EXAMPLE = bytes.fromhex("10 20 0C 56 61 80 EC 11 EC 11 EC 11 EC 11 EC 11 A5 24 D4 C1 ED 36 C7 87 2C 55")


@pytest.mark.parametrize("mask", range(8))
def test_the_words_of_the_standard_s_example_stand_where_another_encoder_puts_them_under_every_mask(mask: int) -> None:
    matrix = segno.make("01234567", version=1, error="M", mask=mask, boost_error=False, micro=False).matrix
    bits = "".join(str(matrix[row][column] ^ MASKS[mask](row, column)) for row, column in data_places(1))
    assert int(bits, 2).to_bytes(26, "big") == EXAMPLE


def test_blocks_are_as_another_encoder_s() -> None:
    levels = {"L": consts.ERROR_LEVEL_L, "M": consts.ERROR_LEVEL_M, "Q": consts.ERROR_LEVEL_Q, "H": consts.ERROR_LEVEL_H}
    for version in VERSIONS:
        for level, its in levels.items():
            lengths, checks = blocks(version, level)
            theirs = [info for info in consts.ECC[version][its] for _ in range(info.num_blocks)]
            assert lengths == [info.num_data for info in theirs]
            assert {checks} == {info.num_total - info.num_data for info in theirs}
            assert sum(lengths) + checks * len(lengths) == codewords(version)


@pytest.mark.parametrize("level", "LMQH")
def test_the_largest_code_holds_what_the_standard_says(level: str) -> None:
    lengths, _ = blocks(40, level)
    assert sum(lengths) - 3 == CAPACITY_OF_40[level]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_fixed_patterns_are_where_another_encoder_draws_them(version: int) -> None:
    """Two codes of one version, level and mask differ in data only."""
    codes = [segno.make(text, version=version, error="L", mask=3, boost_error=False, micro=False).matrix for text in ("1", "ABCDE")]
    fixed = fixed_modules(version)
    side = side_of(version)
    differing = {(r, c) for r in range(side) for c in range(side) if codes[0][r][c] != codes[1][r][c]}
    assert differing
    assert not [place for place in differing if fixed[place[0] * side + place[1]]]
    for row in (centres := alignment_centres(version)):
        for column in centres:
            assert codes[0][row][column], "the centre of an alignment pattern, or a place in a finder or timing line, is dark here"
            assert fixed[row * side + column]


def test_the_format_s_32_words_are_far_apart() -> None:
    """Seven bits, so that no three damaged ones make another word."""
    words = list(FORMATS)
    assert len(words) == 32
    assert min((a ^ b).bit_count() for a in words for b in words if a != b) == 7


@pytest.mark.parametrize("level", "LMQH")
@pytest.mark.parametrize("mask", range(8))
def test_both_copies_of_the_format_say_the_same(level: str, mask: int) -> None:
    matrix = segno.make("1", version=3, error=level, mask=mask, boost_error=False, micro=False).matrix
    for copy in format_places(29):
        bits = int("".join(str(matrix[r][c]) for r, c in copy), 2)
        assert FORMATS[bits] == (level, mask)


def test_a_grid_reads_its_modules_by_row_and_column() -> None:
    grid = Grid(bytes([1, 1, 0, 0, 0, 1, 0, 0, 0]), 3)
    assert [(r, c) for r in range(3) for c in range(3) if grid[r, c]] == [(0, 0), (0, 1), (1, 2)]
    assert grid.bits(iter([(0, 0), (0, 2), (1, 2), (2, 2)])) == 0b1010, "the first one is the highest"
    assert grid.bits(iter([])) == 0
