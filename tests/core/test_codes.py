"""What people hold before the scanner, and what the box makes of it (`daemon.codes`)."""

import base64
import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.codes import SCHEMES, AuthCode, Code, Kind, classify

WECHAT = "13" + "0" * 14 + "17"
ALIPAY = "28" + "0" * 14 + "17"
UNIONPAY = "62" + "0" * 15 + "17"


def emvco(rest: bytes) -> str:
    return base64.b64encode(b"\x85\x05CPV01" + rest).decode()


def payer(text: str) -> str | None:
    """The scheme of a payer's code; None for anything else."""
    code = classify(text)
    assert (code.kind is Kind.PAYER) == (code.auth_code is not None) == (code.scheme is not None)
    return code.scheme


@pytest.mark.parametrize("prefix", ["10", "11", "12", "13", "14", "15"])
def test_a_wechat_code_has_18_digits_and_begins_with_10_to_15(prefix: str) -> None:
    assert payer(prefix + "0" * 16) == "wechat"
    assert payer(prefix + "0" * 15) is None
    assert payer(prefix + "0" * 17) is None


@pytest.mark.parametrize("prefix", ["25", "26", "27", "28", "29", "30"])
def test_an_alipay_code_has_16_to_24_digits_and_begins_with_25_to_30(prefix: str) -> None:
    for length in range(16, 25):
        assert payer(prefix.ljust(length, "0")) == "alipay"
    assert payer(prefix.ljust(15, "0")) is None
    assert payer(prefix.ljust(25, "0")) is None


def test_a_unionpay_code_has_19_digits_and_begins_with_62() -> None:
    assert payer(UNIONPAY) == "unionpay"
    assert payer(UNIONPAY[:-1]) is None
    assert payer(UNIONPAY + "0") is None


@pytest.mark.parametrize("prefix", ["16", "17", "18", "19", "24", "31", "49", "61", "63", "90", "00"])
def test_digits_with_a_prefix_of_nobody_are_unknown_whatever_their_length(prefix: str) -> None:
    """LINE Pay, d-barai and the Japanese JPQR wallets use 18 and 19 digits as well: length alone decides nothing."""
    for length in range(15, 26):
        assert classify(prefix.ljust(length, "1")) == Code(Kind.UNKNOWN)


@pytest.mark.parametrize("rest", [b"", b"\x61", b"\x62", b"\x61\x13\x4f\x07", b"\x61" + bytes(300)])
def test_an_emvco_code_is_known_by_its_decoded_bytes_whatever_follows_them(rest: bytes) -> None:
    text = emvco(rest)
    code = classify(text)
    assert code.scheme == payer(text.rstrip("=")) == "emvco", "padding that the wallet left out changes no byte"
    assert code.auth_code is not None
    assert code.auth_code.reveal() == text


def test_an_emvco_code_has_512_characters_at_most() -> None:
    longest = emvco(bytes(377))
    assert (len(longest), payer(longest), payer(longest + "AAAA")) == (512, "emvco", None)


def test_the_emvco_start_is_not_a_prefix_of_the_text() -> None:
    """The seventh byte shares a Base64 digit with the eighth, so the code of an empty payload begins like no real one."""
    assert emvco(b"") == "hQVDUFYwMQ=="
    assert emvco(b"\x61").startswith("hQVDUFYwMW")


@pytest.mark.parametrize(
    "text",
    [
        "hQVDUFYwM",  # so many digits encode no bytes
        base64.b64encode(b"\x85\x05CPV02\x61").decode(),
        base64.b64encode(b"\x85\x05CPV").decode(),
        base64.b64encode(b"a\x85\x05CPV01").decode(),
        emvco(b"\x61") + "===",
        emvco(b"\x61")[:6] + "=" + emvco(b"\x61")[6:],
        emvco(b"\x61")[:6] + " " + emvco(b"\x61")[6:],
        emvco(b"\x61" + bytes(400)),  # longer than any wallet's code
        emvco(b"\x61").replace("h", "ｈ"),
        emvco(b"\x61").swapcase(),  # a scanner with Caps Lock on
    ],
)
def test_what_is_not_quite_an_emvco_code_is_unknown(text: str) -> None:
    assert classify(text) == Code(Kind.UNKNOWN)


@pytest.mark.parametrize("text", ["12345670", "012345678905", "4006381333931", "15400141288763", "123456789"])
def test_eight_to_fourteen_digits_are_the_barcode_of_a_thing(text: str) -> None:
    assert classify(text) == Code(Kind.PRODUCT)


@pytest.mark.parametrize("text", ["1", "1234567"])
def test_fewer_digits_are_noise(text: str) -> None:
    assert classify(text) == Code(Kind.UNKNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "wxp://f2f0example",
        "WXP://F2F0EXAMPLE",
        "weixin://wxpay/bizpayurl?pr=example",
        "https://qr.alipay.com/fkx00example",
        "HTTPS://QR.ALIPAY.COM/FKX00EXAMPLE",
        "http://qr.alipay.com/",
        "alipays://platformapi/startapp",
        "https://qr.95516.com/00010000/example",
    ],
)
def test_a_code_for_receiving_money_is_told_apart_from_the_code_for_paying(text: str) -> None:
    assert classify(text) == Code(Kind.RECEIVE)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/",
        "http://qr.alipay.com.example.org/",
        "www.example.org",
        "otpauth://totp/x",
        "https://example.org/two\nlines",
    ],
)
def test_an_address_is_only_an_address(text: str) -> None:
    assert classify(text) == Code(Kind.URL)


def test_a_shop_s_own_qr_is_for_payers_to_scan() -> None:
    assert classify("00020101021126330014A000000000000015204000053031565802CN6304ABCD") == Code(Kind.MERCHANT_QR)


@pytest.mark.parametrize("text", ["", " ", "\r\n", "hello", "\x00" * 18, "1 3" + "0" * 16, "-" + WECHAT, "+" + WECHAT, "1e17"])
def test_noise_is_unknown(text: str) -> None:
    assert classify(text) == Code(Kind.UNKNOWN)


@pytest.mark.parametrize("zero", ["０", "٠", "०", "²"])
def test_only_ascii_digits_are_digits(zero: str) -> None:
    assert classify("13" + zero * 16) == Code(Kind.UNKNOWN)
    assert classify("13" + zero + "0" * 15) == Code(Kind.UNKNOWN)


def test_only_ascii_letters_spell_an_address() -> None:
    """U+017F, a long s, is an s to those who ignore case."""
    assert classify("http\u017f://example.org/") == Code(Kind.UNKNOWN)


def test_two_codes_in_one_scan_are_none() -> None:
    assert classify(WECHAT + WECHAT) == Code(Kind.UNKNOWN)
    assert classify(WECHAT + "\r" + WECHAT) == Code(Kind.UNKNOWN)


@pytest.mark.parametrize("text", [f" {WECHAT} ", f"{WECHAT}\r\n", f"\t{WECHAT}\t"])
def test_blanks_and_line_ends_around_a_code_do_not_count(text: str) -> None:
    code = classify(text)
    assert code.auth_code is not None
    assert code.auth_code.reveal() == WECHAT


@pytest.mark.parametrize("mark", ["\x0b", "\x1d", "\u3000", "X"])
def test_anything_else_around_a_code_does(mark: str) -> None:
    assert classify(mark + WECHAT) == classify(WECHAT + mark) == Code(Kind.UNKNOWN)


@pytest.mark.parametrize("symbology", ["]C0", "]Q1", "]Q0", "]z0", "]QA"])
def test_the_symbology_that_some_scanners_put_first_is_no_part_of_the_code(symbology: str) -> None:
    code = classify(symbology + ALIPAY)
    assert code.scheme == "alipay"
    assert code.auth_code is not None
    assert code.auth_code.reveal() == ALIPAY


@pytest.mark.parametrize("symbology", ["]E0", "]E3", "]C1", "]e0", "]d2", "]Q3"])
def test_a_barcode_of_a_thing_is_no_payer_s_code_even_with_a_payer_s_digits(symbology: str) -> None:
    """An EAN-13 with its five-digit add-on has 18 digits, and some begin with 10 to 13."""
    assert classify(symbology + WECHAT) == Code(Kind.PRODUCT)


def test_a_symbology_alone_is_nothing() -> None:
    assert classify("]Q1") == Code(Kind.UNKNOWN)
    assert classify("]1Q" + WECHAT) == Code(Kind.UNKNOWN)


@pytest.mark.parametrize("size", [513, 10_000, 200_000])
def test_a_burst_without_end_is_unknown(size: int) -> None:
    for character in ("1", "A", "\x00", "=", "]", " x"):
        assert classify(character * size) == Code(Kind.UNKNOWN)


@given(st.text(max_size=600))
def test_no_text_at_all_raises(text: str) -> None:
    payer(text)


@given(st.from_regex(r"\A[0-9]{1,30}\Z"))
def test_digits_are_a_payer_s_code_only_where_a_wallet_says_so(text: str) -> None:
    ours = len(text) >= 16 and (10 <= int(text[:2]) <= 15 or 25 <= int(text[:2]) <= 30 or text[:2] == "62")
    assert payer(text) is None or ours


def test_the_schemes_are_those_that_a_route_can_name() -> None:
    assert {payer(WECHAT), payer(ALIPAY), payer(UNIONPAY), payer(emvco(b"\x61"))} == set(SCHEMES)


def test_a_code_never_shows_itself() -> None:
    """P10: at most its first two and last two digits, whoever prints it."""
    code = classify(WECHAT)
    for text in (str(code), repr(code), f"{code.auth_code}", f"{code.auth_code!r}", str({"code": code.auth_code})):
        assert WECHAT not in text
        assert "0" * 4 not in text
    assert str(code.auth_code) == "13…17"


def test_a_short_code_shows_nothing_of_itself() -> None:
    assert str(AuthCode("1234567")) == "…"
    assert str(AuthCode("12345678")) == "12…78"


def test_a_code_is_never_copied_or_stored() -> None:
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=r"^an AuthCode is never copied or stored$"):
            way(AuthCode(WECHAT))
    with pytest.raises(AttributeError):
        AuthCode(WECHAT).note = "kept"  # type: ignore[attr-defined]  # the point of the test
    assert Kind.PAYER.value == f"{Kind.PAYER}" == "payer"
