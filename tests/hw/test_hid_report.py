"""Where a HID report descriptor puts what a scanner has read."""

import pytest
from fake_hidraw import HID_POS, KEYBOARD, SETUP, report

from hw.hid_report import Part, ScanReport, read_descriptor

USUAL = ScanReport(number=2, size=64, count_at=1, data_at=5, data_size=56, more_at=63, more_bit=0)


def described(text, data_size=56):
    """A scanner's descriptor around the items of its reports."""
    return bytes.fromhex(f"068c00 0902 a101 {text} c0".replace("SIZE", f"{data_size:02x}"))


COUNT, DATA, MORE = "0501 093b 9501 7508 8102", "058c 09fe 95SIZE 7508 820201", "058c 09ff 9501 7501 8102"
PADDING = "9507 7501 8101"


def test_the_usual_report_of_64_bytes_is_read_from_its_description():
    found = read_descriptor(HID_POS)
    assert found.is_scanner
    assert found.report == USUAL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"8502 {COUNT} {DATA} {MORE} {PADDING}", ScanReport(2, 59, 1, 2, 56, 58, 0)),  # no symbology
        (f"8505 {COUNT} {DATA} {MORE} {PADDING}", ScanReport(5, 59, 1, 2, 56, 58, 0)),
        (f"{COUNT} {DATA} {MORE} {PADDING}", ScanReport(0, 58, 0, 1, 56, 57, 0)),  # reports without a number
        (f"8502 {MORE} {PADDING} {DATA} {COUNT}", ScanReport(2, 59, 58, 2, 56, 1, 0)),  # in another order
        (f"8502 {COUNT} {DATA} 9503 8101 {MORE} 9504 8101", ScanReport(2, 62, 1, 2, 56, 61, 0)),  # padding of bytes before the flag
        (f"8502 {COUNT} {DATA} 9503 7501 8101 {MORE} 9504 7501 8101", ScanReport(2, 59, 1, 2, 56, 58, 3)),
        (f"8502 {COUNT} 0bfe008c00 95SIZE 820201 {MORE} {PADDING}", ScanReport(2, 59, 1, 2, 56, 58, 0)),  # usage and page in one item
        (f"8502 {COUNT} a4 {DATA} b4 09ff 9508 7501 8102", None),  # after "pop" the page is the count's
        (f"8502 {COUNT} {DATA} a4 {MORE} b4 b4 9507 7501 8101", ScanReport(2, 59, 1, 2, 56, 58, 0)),
        (f"8501 0900 9508 7501 8102 8502 {COUNT} {DATA} {MORE} {PADDING}", ScanReport(2, 59, 1, 2, 56, 58, 0, frozenset({1}))),
        (f"fe0303aabbcc 8502 {COUNT} {DATA} {MORE} {PADDING}", ScanReport(2, 59, 1, 2, 56, 58, 0)),  # a long item
        (f"8502 {COUNT} 058c 19fb 29fd 9503 8102 {DATA} {MORE} {PADDING}", ScanReport(2, 62, 1, 5, 56, 61, 0)),  # a range of usages
    ],
)
def test_a_report_may_be_laid_out_in_other_ways(text, expected):
    found = read_descriptor(described(text))
    assert found.is_scanner
    assert found.report == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8502 0900 953f 7508 8102",  # all bytes in one, unnamed
        f"8502 {DATA} {MORE}",  # no count
        f"8502 {COUNT} {MORE}",  # no data
        f"8502 {COUNT} {DATA}",  # nothing that says whether more follows
        f"8502 {COUNT} {DATA} 8503 {MORE}",  # in another report
        f"860201 {COUNT} {DATA} {MORE}",  # a number of two bytes
        f"8502 {COUNT} {DATA} 058c 09ff 9501 7500 8102",  # a flag of no bits
        f"8502 9501 7501 8101 {COUNT} {DATA} {MORE}",  # between bytes
        f"8502 0501 093b 9501 7510 8102 {DATA} {MORE}",  # a count of two bytes
        f"8502 {COUNT} 058c 09fe 97ffffffff 7508 8102 {MORE}",  # longer than any report
    ],
)
def test_a_scanner_whose_report_is_not_described_in_full_is_one_all_the_same(text):
    found = read_descriptor(described(text))
    assert found.is_scanner
    assert found.report is None


@pytest.mark.parametrize("raw", [KEYBOARD, SETUP, b"", bytes(4096), b"\xff" * 5000, b"\x05", b"\xfe", b"\xb4" * 10])
def test_other_devices_and_nonsense_are_no_scanners(raw):
    assert not read_descriptor(raw).is_scanner
    assert read_descriptor(raw).report is None


def test_a_descriptor_cut_anywhere_is_no_error():
    for end in range(len(HID_POS)):
        assert read_descriptor(HID_POS[:end]).report in (None, USUAL)


def test_ranges_without_end_take_no_time():
    ranges = "1b00008c00 2bffff8c00 " * 300
    assert read_descriptor(described(f"8502 {ranges} 7508 97ffffffff 8102 {COUNT} {DATA} {MORE}")).report is None


def test_a_report_gives_its_part_of_the_code():
    assert USUAL.read(report(b"130017")) == Part(b"130017", more=False)
    assert USUAL.read(report(b"1" * 56, more=True)) == Part(b"1" * 56, more=True)
    assert USUAL.read(report(b"")) == Part(b"", more=False)
    assert USUAL.read(report(b"130017") + bytes(10)) == Part(b"130017", more=False)


@pytest.mark.parametrize("wrong", [b"", report(b"1")[:63], report(b"1", number=3), report(b"1", length=57), report(b"1", length=255)])
def test_what_is_no_such_report_gives_nothing(wrong):
    assert USUAL.read(wrong) is None


def test_a_device_s_other_reports_are_known_by_their_numbers():
    layout = ScanReport(2, 64, 1, 5, 56, 63, 0, frozenset({4}))
    assert layout.is_other(b"\x04\x01")
    assert not layout.is_other(report(b"1"))
    assert not layout.is_other(b"")


def test_no_code_is_in_what_a_part_shows_of_itself():
    assert "130017" not in repr(USUAL.read(report(b"130017")))
