"""What is particular to scanners on a serial line, on a pseudo-terminal."""

import asyncio

import pytest
from codes_for_tests import made_up_code
from scanner_rigs import SerialRig
from waiting import settle, until

from hw.interfaces import ScanFault

CODE, OTHER = made_up_code(17), made_up_code(18)


@pytest.fixture(params=[{}])
async def rig(request, tmp_path):
    rig = SerialRig(tmp_path, **request.param)
    rig.plug()
    rig.open()
    await until(lambda: rig.is_ok)
    rig.scanner.arm()
    yield rig
    rig.scanner.close()
    rig.finish()


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\t"])
async def test_every_usual_end_works_without_a_setting(rig, end):
    rig.write(CODE.encode() + end)
    await until(lambda: rig.ear.texts == [CODE])


async def test_so_does_a_frame(rig):
    rig.write(b"\x02" + CODE.encode() + b"\x03")
    await until(lambda: rig.ear.texts == [CODE])


def gap(seconds):
    """For stories in pieces, which belong together however long this machine stops between two of them."""
    return pytest.mark.parametrize("rig", [{"gap_s": seconds}], indirect=True, ids=["patient"])


@gap(30.0)
async def test_a_code_in_single_bytes_is_one_code(rig):
    for byte in CODE.encode() + b"\r\n":
        rig.write(bytes([byte]))
        await settle(1)
    await until(lambda: rig.ear.texts == [CODE])


@gap(1.0)
async def test_ten_kilobytes_without_an_end_are_one_fault_and_the_next_code_counts(rig):
    for _ in range(10):
        rig.write(b"1" * 1000)
        await settle(5)
    await until(lambda: rig.ear.faults == [ScanFault.TOO_LONG])
    await asyncio.sleep(1.2)
    rig.scan(CODE)
    await until(lambda: rig.ear.texts == [CODE])
    assert rig.ear.faults == [ScanFault.TOO_LONG]


async def test_full_width_digits_never_become_digits(rig):
    rig.write("１３０００００００００００００００１７\r\n".encode())
    await until(lambda: rig.ear.faults == [ScanFault.NOISE])
    assert rig.ear.scans == []


async def test_a_modules_reply_between_codes_is_no_code(rig):
    rig.write(bytes.fromhex("02000001003331") + CODE.encode() + b"\r")
    await until(lambda: rig.ear.texts == [CODE])
    assert rig.ear.faults == []


async def test_a_scanner_without_an_end_is_noted_for_the_installer_and_its_code_is_not(rig, caplog):
    rig.half(CODE)
    await settle(400)
    rig.scan(OTHER)
    await until(lambda: rig.ear.texts == [OTHER])
    assert "scan_without_end" in caplog.text
    assert CODE not in caplog.text
