"""QRs on the panel (daemon.qr): as large as it allows, read back from its own pixels by decoders that are not ours, or refused.

weixin://wxpay/bizpayurl?pr=Example     35 bytes: version 3, on 128x64 two pixels a module with a margin of three pixels
"""

import pytest
import segno
from PIL import Image
from screen_gallery import LANGUAGES, NATIVE, PAGE, SCREENS, view

from daemon import qr
from daemon.payment import State
from daemon.qr import QUIET_MAX, TEXT_MAX, Fit, Panel, fit, matrix, most_bytes, picture, why_unshowable
from daemon.screens import composed, draw
from daemon.tables.devices import _PANELS
from daemon.texts import Language

# every size that a panel of luma.oled has by itself or by its settings, and the same turned by a quarter
PANELS = sorted(
    {(w, h) for a, b in ((128, 64), (128, 32), (64, 48), (96, 64), (128, 128), (256, 64), (256, 128)) for w, h in ((a, b), (b, a))}
)
SQUARE = Panel(64, 64)
VERSIONS = range(1, 41)


def byte_text(length):
    """Text that only goes in as bytes: a module less would be a version less for figures alone."""
    return ("https://pay.example.org/" + "aZ3" * length)[:length].ljust(length, "x")


def text_of_version(version):
    return byte_text(qr._BYTES_L[version - 1])


# -- what fits --


def version_of(length, **more):
    return segno.make("x" * length, error="l", boost_error=False, micro=False, mask=0, **more).version


@pytest.mark.parametrize("version", VERSIONS)
def test_the_table_of_capacities_is_the_encoders(version):
    """One byte more, and the symbol is a version larger; after the largest there is none."""
    most = qr._BYTES_L[version - 1]
    assert version_of(most, version=version) == version
    with pytest.raises(segno.DataOverflowError):
        version_of(most + 1, version=version)


def test_the_largest_text_is_that_of_the_largest_version():
    assert qr._BYTES_L[-1] == TEXT_MAX
    assert len(qr._BYTES_L) == len(VERSIONS)


@pytest.mark.parametrize("length", [1, 17, 18, 35, 53, 54, 88, 134, 321])
def test_the_smallest_version_is_taken_and_never_a_micro_qr(length):
    version = next(number for number in VERSIONS if qr._BYTES_L[number - 1] >= length)
    assert len(matrix(byte_text(length))) == 17 + 4 * version


def test_error_correction_that_costs_no_larger_version_is_taken():
    """35 bytes leave room for level M in version 3, which mends twice as much as L."""
    assert segno.make(NATIVE, micro=False, error="l", encoding="utf-8").designator == "3-M"
    assert matrix(NATIVE) == tuple(bytes(row) for row in segno.make(NATIVE, micro=False, error="m", boost_error=False, version=3).matrix)


@pytest.mark.parametrize(
    ("panel", "text", "wanted"),
    [
        (Panel(128, 64), NATIVE, Fit(29, 2, 3)),  # 58 + 3 + 3 rows: all of them
        (Panel(64, 128), NATIVE, Fit(29, 2, 3)),
        (Panel(256, 64), NATIVE, Fit(29, 2, 3)),
        (Panel(128, 32), NATIVE, Fit(29, 1, 1)),
        (Panel(128, 128), NATIVE, Fit(29, 4, 6)),
        (Panel(64, 48), NATIVE, Fit(29, 1, 4)),  # no more than the four modules that the standard wants
        (Panel(128, 64), byte_text(53), Fit(29, 2, 3)),
        (Panel(128, 64), byte_text(54), Fit(33, 1, 4)),
        (Panel(128, 64), PAGE, Fit(37, 1, 4)),
        (Panel(128, 64), byte_text(321), Fit(61, 1, 1)),
        (Panel(128, 64), byte_text(322), None),
        (Panel(96, 16), "x", None),
    ],
)
def test_a_module_is_as_large_as_the_panel_allows_and_the_margin_what_is_left(panel, text, wanted):
    assert fit(text, panel) == wanted
    assert wanted is None or wanted.side_px <= min(panel.width, panel.height)


@pytest.mark.parametrize("size", PANELS, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("version", [1, 2, 3, 4, 6, 9, 11])
def test_on_every_panel_larger_modules_would_not_fit_and_the_margin_is_at_least_a_module(size, version):
    side, modules = min(size), 17 + 4 * version
    placed = fit(text_of_version(version), Panel(*size))
    if side < modules + 2:
        assert placed is None
    else:
        assert placed.module_px <= placed.quiet_px <= QUIET_MAX * placed.module_px
        assert placed.side_px <= side < (placed.modules + 2) * (placed.module_px + 1)


@pytest.mark.parametrize("module_px", [1, 2, 3])
@pytest.mark.parametrize("version", [1, 3, 11])
def test_a_panel_is_used_to_its_last_row_before_a_module_or_a_text_gets_smaller(version, module_px):
    """17 modules and 4 for each version, and the least margin: one on each side."""
    side = (17 + 4 * version + 2) * module_px
    exact, less = (Panel(pixels, pixels, min_module_px=module_px) for pixels in (side, side - 1))
    assert fit(text_of_version(version), exact) == Fit(17 + 4 * version, module_px, module_px)
    assert fit(text_of_version(version), less) is None
    assert most_bytes(exact) == qr._BYTES_L[version - 1]
    assert most_bytes(less) == (qr._BYTES_L[version - 2] if version > 1 else 0)


def test_no_kind_of_panel_has_another_size():
    assert set(_PANELS.values()) <= set(PANELS)


# -- the smallest module that may be shown --


def test_a_module_smaller_than_configured_is_not_shown():
    assert fit(PAGE, Panel(128, 64, min_module_px=1)) is not None
    assert fit(PAGE, Panel(128, 64, min_module_px=2)) is None
    assert fit(NATIVE, Panel(128, 64, min_module_px=2)) == Fit(29, 2, 3)
    assert fit(NATIVE, Panel(128, 64, min_module_px=3)) is None
    assert fit(NATIVE, Panel(128, 64, min_module_px=0)) == Fit(29, 2, 3), "a pixel is the least there is"


@pytest.mark.parametrize(
    ("panel", "module_px", "most"),
    [
        (Panel(128, 64), None, 321),
        (Panel(128, 64), 2, 53),
        (Panel(128, 64, min_module_px=2), None, 53),
        (Panel(128, 64), 3, 0),
        (Panel(128, 32), None, 53),
        (Panel(128, 32), 2, 0),
        (Panel(128, 128), 2, 321),
        (Panel(128, 128), 3, 106),
        (Panel(96, 16), None, 0),
    ],
)
def test_the_longest_text_that_a_panel_can_show(panel, module_px, most):
    """The table of hardware facts 4.2, with a margin of one module."""
    assert most_bytes(panel, module_px) == most
    if most and module_px is None:
        assert fit(byte_text(most), panel) is not None
        assert fit(byte_text(most + 1), panel) is None


# -- or why not --


def test_what_can_be_shown_has_no_reason():
    assert why_unshowable(NATIVE, panel=Panel(128, 64, min_module_px=2)) is None


@pytest.mark.parametrize(
    ("text", "panel", "words"),
    [
        (byte_text(322), Panel(128, 64), "a QR of 322 bytes cannot be read on 128x64 pixels with 1 or more a module; at most 321 bytes do"),
        (PAGE, Panel(128, 64, 2), "a QR of 88 bytes cannot be read on 128x64 pixels with 2 or more a module; at most 53 bytes do"),
        ("x", Panel(96, 16), "a QR of 1 bytes cannot be read on 96x16 pixels with 1 or more a module; none does"),
        ("é" * 200, Panel(128, 64), "a QR of 400 bytes cannot be read on 128x64 pixels with 1 or more a module; at most 321 bytes do"),
        ("x" * 3000, Panel(512, 512), "a QR of 3000 bytes cannot be read on 512x512 pixels with 1 or more a module; at most 2953 bytes do"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_the_reason_and_what_would_fit(text, panel, words):
    why = why_unshowable(text, panel=panel)
    assert (why.code, why.text) == ("qr_unreadable", words)
    assert picture(text, panel) is None


def test_a_text_that_no_symbol_holds_says_so():
    with pytest.raises(ValueError, match="no QR holds 2954 bytes; the largest holds 2953"):
        matrix("x" * (TEXT_MAX + 1))


def test_half_a_surrogate_pair_as_json_can_spell_it_is_refused_and_harms_nothing():
    assert fit("weixin://\ud83d", SQUARE) is None
    assert why_unshowable("weixin://\ud83d", panel=SQUARE).code == "qr_unreadable"


def test_a_refused_text_is_not_told_as_a_qr_is_as_good_as_money():
    secret = "https://pay.example.org/" + "s" * 400
    assert "pay.example" not in why_unshowable(secret, panel=Panel(128, 64)).text


# -- the picture --


@pytest.mark.parametrize("panel", [Panel(128, 32), Panel(128, 64), Panel(128, 128)])
def test_the_picture_is_the_symbol_with_dark_modules_on_a_lit_ground(panel):
    image, placed = picture(NATIVE, panel), fit(NATIVE, panel)
    assert (image.mode, image.size) == ("1", (placed.side_px, placed.side_px))
    lit = [[bool(image.getpixel((x, y))) for x in range(placed.side_px)] for y in range(placed.side_px)]
    inside = range(placed.quiet_px, placed.quiet_px + placed.modules * placed.module_px)
    rows = matrix(NATIVE)
    for y, row in enumerate(lit):
        for x, is_lit in enumerate(row):
            module = (
                rows[(y - inside.start) // placed.module_px][(x - inside.start) // placed.module_px] if x in inside and y in inside else 0
            )
            assert is_lit is (module == 0)


def test_the_same_text_is_encoded_once():
    matrix.cache_clear()
    for _ in range(5):
        draw(view(State.PRESENTING_QR, qr=NATIVE), 128, 64, Language.EN)
    assert matrix.cache_info().misses == 1


# -- read back from the panel's own pixels --


@pytest.fixture(scope="module")
def decoders():
    """By name; three of two libraries, none of them ours."""
    pytest.importorskip("zxingcpp", reason="reading QRs back needs zxing-cpp, which has no ready-made build here")
    pytest.importorskip("cv2", reason="reading QRs back needs OpenCV, which has no ready-made build here")
    from benchmarks.qr_decoders import DECODERS

    return DECODERS


def seen(panel_image, scale=4):
    """The panel as a perfect camera sees it: each pixel `scale` wide, and a dark case around."""
    width, height = panel_image.size
    image = Image.new("L", ((width + 16) * scale, (height + 16) * scale))
    image.paste(panel_image.convert("L").resize((width * scale, height * scale), Image.Resampling.NEAREST), (8 * scale, 8 * scale))
    return image


def read(decoders, panel_image):
    image = seen(panel_image)
    return {name: decode(image) for name, decode in decoders.items()}


def agree(text, decoders):
    return dict.fromkeys(decoders, text)


@pytest.mark.parametrize("name", [name for name, shown in SCREENS.items() if shown.qr])
@pytest.mark.parametrize("size", [(128, 64), (256, 64), (64, 128), (128, 128)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_with_a_qr_reads_back_as_the_providers_text(name, size, language, decoders):
    shown = SCREENS[name]
    assert read(decoders, draw(shown, *size, language)) == agree(shown.qr, decoders)


@pytest.mark.parametrize("size", [(128, 32), (32, 128), (64, 48), (96, 64)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_so_does_a_usual_link_on_the_smallest_panels(size, decoders):
    assert read(decoders, draw(SCREENS["presenting_qr"], *size, Language.ZH)) == agree(NATIVE, decoders)


@pytest.mark.parametrize("version", range(1, 12))
def test_so_does_every_version_that_fits_128x64_filled_to_the_last_byte(version, decoders):
    """With the least margin that is ever shown, OpenCV's own detector reads only some of the large ones (docs/panels.md)."""
    text = text_of_version(version)
    found = read(decoders, draw(view(State.PRESENTING_QR, qr=text), 128, 64, Language.EN))
    assert found["zxing-cpp"] == found["WeChat"] == text


@pytest.mark.parametrize(
    "text",
    ["HTTPS://PAY.EXAMPLE.ORG/0123456789", "0123456789" * 5, "weixin://wxpay/ÄÖ", "https://pay.example.org/收款/1", "收款码", "点点"],
)
def test_so_does_every_kind_of_text(text, decoders):
    """UTF-8 where it is not ASCII; the decoder that WeChat published reads neither Latin-1 nor Shift JIS."""
    assert read(decoders, draw(view(State.PRESENTING_QR, qr=text), 128, 64, Language.EN)) == agree(text, decoders)


def test_lit_modules_on_dark_ground_would_be_read_by_wechats_decoder_only(decoders):
    """So the decoders that hold the screens tell the right ground from the wrong one."""
    inverse = Image.eval(draw(SCREENS["presenting_qr"], 128, 64, Language.EN).convert("L"), lambda level: 255 - level)
    image = seen(inverse)
    assert decoders["zxing-cpp"](image) is None
    assert decoders["OpenCV"](image) is None


# -- beside the words --


def test_where_a_qr_leaves_no_room_for_words_it_stands_alone_in_the_middle():
    alone = composed(SCREENS["presenting_qr"], 64, 64, Language.EN)
    assert len(alone.parts) == 1
    assert not alone.complete
    small = composed(SCREENS["presenting_qr"], 80, 64, Language.EN)
    assert [(part.x, part.y) for part in small.parts] == [(8, 0)]


def test_words_stand_beside_a_qr_and_below_it_on_an_upright_panel():
    wide, upright = (composed(SCREENS["presenting_qr"], *size, Language.EN).parts for size in ((128, 64), (64, 128)))
    assert (wide[0].x, wide[0].y) == (upright[0].x, upright[0].y) == (0, 0)
    assert len(wide) > 1
    assert all(part.x >= 64 for part in wide[1:])
    assert len(upright) > 1
    assert all(part.y >= 64 for part in upright[1:])
