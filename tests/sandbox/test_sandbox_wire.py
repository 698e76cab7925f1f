"""WeChat's signature and XML as the sandbox understands them, against published values."""

from __future__ import annotations

import pytest

from daemon.sandbox.wechat_wire import Refused, build, check_signature, parse, sign

KEY = "192006250b4c09247ec02edce69f6a2d"  # published with the example on the signature page
PAGE = {"appid": "wxd930ea5d5a258f4f", "mch_id": "10000100", "nonce_str": "ibuaiVcKdpRxkhJA"}
EXAMPLE = {**PAGE, "device_info": "1000", "body": "test"}


@pytest.mark.parametrize(
    ("fields", "md5", "hmac_sha256"),
    [
        (EXAMPLE, "9A0A8659F005D6984697E2CA0A9CF3B7", "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"),
        (
            {"test1": "test1", "test2": "test2"},
            "1E3A8D73B5A4AEE787C0F68B5DAB8520",
            "EDAC6D70D2FDF5A2382F8204FC96A1918017E46ACC5297F565ED1A7610ACF659",
        ),
        (
            {**EXAMPLE, "attach": "", "sign": "WRONG"},
            "9A0A8659F005D6984697E2CA0A9CF3B7",
            "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6",
        ),
        ({**PAGE, "cash_fee": 0}, "17DF7D47347DA16F3A757EA137D238C1", "1D457C211913E6919B3230B240B1E22116BB24323C086F7E49AB6730A75A21C7"),
        (
            {**PAGE, "body": "测试 <&>"},
            "E13ECC9939D8814424532C2F312BFC46",
            "CFF7DEF3258FC157451D7CAA02BABAF908050BB3A9C7D438EC8149B0082882F6",
        ),
    ],
)
def test_signatures_are_as_published(fields: dict[str, str | int], md5: str, hmac_sha256: str) -> None:
    assert sign(fields, KEY, "MD5") == md5
    assert sign(fields, KEY, "HMAC-SHA256") == hmac_sha256


def test_upper_case_names_come_before_lower_case_ones() -> None:
    assert sign({"a": "1", "B": "2"}, KEY, "MD5") == sign({"B": "2", "a": "1"}, KEY, "MD5")
    assert sign({"a": "1", "B": "2"}, KEY, "MD5") != sign({"a": "2", "B": "1"}, KEY, "MD5")


def test_a_signature_of_the_other_algorithm_does_not_pass() -> None:
    fields = {**EXAMPLE, "sign_type": "HMAC-SHA256"}
    with pytest.raises(Refused, match="SIGNERROR"):
        check_signature({**fields, "sign": sign(fields, KEY, "MD5")}, KEY)


def test_a_signature_that_is_no_ascii_is_just_wrong() -> None:
    with pytest.raises(Refused, match="SIGNERROR"):
        check_signature({**EXAMPLE, "sign": "签名"}, KEY)


@pytest.mark.parametrize("text", ["plain", "1 < 2 & 3", "ends ]]> early", "]]>]]>", "测试", ""])
def test_whatever_is_written_is_read_back(text: str) -> None:
    assert parse(build({"a": text, "n": 0})) == {"a": text, "n": "0"}
