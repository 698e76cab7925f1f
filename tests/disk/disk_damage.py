"""One byte of the last record is damaged: in the log, while it is there, and in the file, once it was folded in.

In the log SQLite's own checksums find it. The file has none; there the journal's seals find it (`daemon.seals`), and SQLite's look
at the file's structure.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from disk_cuts import NAME, found_after
from disk_history import Content, Found, Step, Teller, a_journal, contents, steps
from disk_model import Files

from daemon.journal_error import CorruptError

LOG = f"{NAME}-wal"
LOG_HEAD, FRAME_HEAD, PAGE = 32, 24, 4096  # bytes (SQLite, "The WAL File Format"); a frame's head begins with its page's number
UNHARMED, ABSENT, ASIDE, REPORTED = "unharmed", "not there", "kept aside, and it says so", "reported when it is read"


@dataclass
class Damaged:
    """What became of the damaged bytes."""

    ends: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(f"{count:7}  {what}" for what, count in self.ends.most_common())


def with_log(folder: Path, *, fold: bool = False) -> tuple[Files, list[int]]:
    """The journal right after its last store, and where in its log the bytes are that this store wrote. Only there they are, unless
    they are to be folded into the file already."""
    teller = Teller(folder / NAME)
    *before, last = steps()
    for step in before:
        teller.take(step)
    if not fold:
        teller.take(Step("nothing is folded in", lambda file: file._db.execute("PRAGMA wal_autocheckpoint=0").fetchall()))
    old = (folder / LOG).read_bytes()
    teller.take(last)
    files = {name: (folder / name).read_bytes() for name in (NAME, LOG)}
    teller.leave()
    return files, _frames(old, files[LOG])


def _frames(before: bytes, after: bytes) -> list[int]:
    """All bytes of the frames that differ."""
    size = FRAME_HEAD + PAGE
    starts = [at for at in range(LOG_HEAD, len(after), size) if after[at : at + size] != before[at : at + size]]
    return [byte for at in starts for byte in range(at, at + size)]


def folded_in(files: Files, written: list[int], folder: Path) -> tuple[Files, list[int]]:
    """The journal once it was closed, and where in its file the bytes are of the pages that the last store wrote."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    journal = a_journal(folder / NAME)
    journal._work(lambda file: None)
    journal._close_file()
    numbers = {int.from_bytes(files[LOG][at : at + 4], "big") for at in written[:: FRAME_HEAD + PAGE]}
    return {NAME: (folder / NAME).read_bytes()}, [at for n in sorted(numbers) for at in range((n - 1) * PAGE, n * PAGE)]


def try_damage(files: Files, name: str, places: Sequence[int], folder: Path, seed: int) -> Damaged:
    """Each of these bytes is changed, one at a time: every second time one bit of it, else any other way."""
    rng = random.Random(seed)
    damaged = Damaged()
    for number, at in enumerate(places):
        flip = 1 << rng.randrange(8) if number % 2 else rng.randrange(1, 256)
        raw = bytearray(files[name])
        raw[at] ^= flip
        end, fault = _judged(found_after({**files, name: bytes(raw)}, folder), name, folder)
        damaged.ends[end] += 1
        if fault:
            damaged.faults.append(f"byte {at} of {name} ^ {flip:#x}: {fault}")
    return damaged


def _judged(found: Found, name: str, folder: Path) -> tuple[str, str | None]:
    *_, before, after = contents()
    if found.kept is not None:
        there = any(path.name.startswith(found.kept) for path in folder.iterdir())
        return ASIDE, None if there and found.content == Content() else f"{found.kept} is not there: {found}"
    if found.report:
        return REPORTED, _others_changed(found, folder)
    if found.content == after:
        return UNHARMED, None
    if found.content == before and name == LOG:
        return ABSENT, None
    return "wrong", f"nobody noticed: {found}"


def _others_changed(found: Found, folder: Path) -> str | None:
    """Where it is reported, and not set aside as a whole: whatever can still be read is as it was stored."""
    if not found.report.startswith(CorruptError.__name__):
        return f"it is damage, and is called something else: {found.report}"
    journal = a_journal(folder / NAME)
    for payment in contents()[-1].payments:
        try:
            read = journal._work(lambda file, ref=payment.ref: file.find(ref))
        except CorruptError:
            continue
        finally:
            journal._let_go()
        if read != payment:
            return f"{payment.ref} was read as {read}"
    return None
