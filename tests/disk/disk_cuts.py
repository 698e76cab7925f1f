"""The power goes after every recorded operation, and a box starts with what the disk may have been left with."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from disk_history import Content, Found, contents, start
from disk_log import Kind, Op
from disk_model import Disk, Files

NAME = "journal.sqlite"


@dataclass
class Tried:
    """How many images of each kind were tried, how many of them were different, and what was wrong."""

    kinds: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        rows = [f"{count:7}  {what}" for what, count in (*self.kinds.most_common(), *self.ends.most_common())]
        return "\n".join([f"{sum(self.kinds.values())} images, {sum(self.ends.values())} of them different:", *rows])


def try_cuts(log: list[Op], place: Path, *, seed: int, draws: int, share: float = 1.0, first: int = 0) -> Tried:
    """A box starts from every image (or from that share of them, drawn from the seed) of a cut after the `first` operation or later."""
    rng = random.Random(seed)
    tried = Tried()
    seen: set[tuple[int, int]] = set()
    known = contents()
    for number, kind, begun, done, image in _images(log, rng, draws, first):
        if rng.random() >= share:
            continue
        tried.kinds[kind] += 1
        files = image()
        key = (hash(tuple(sorted(files.items()))), begun + done)
        if key in seen:
            continue
        seen.add(key)
        end, fault = _judged(found_after(files, place), known, begun, done)
        tried.ends[end] += 1
        if fault:
            tried.faults.append(f"cut after operation {number}, {kind}: {fault}")
    return tried


def _images(log: list[Op], rng: random.Random, draws: int, first: int) -> Iterator[tuple[int, str, int, int, Callable[[], Files]]]:
    """Each with the number of steps that had begun, and had returned, before the cut."""
    disk = Disk()
    begun = done = 0
    for number, op in enumerate(log):
        disk.take(op)
        begun += op.name.startswith("begin")
        done += op.name.startswith("done")
        if number >= first and (op.kind is not Kind.MARK or op.name.startswith("done")):
            yield from ((number, kind, begun, done, image) for kind, image in disk.cuts(rng, draws))


def found_after(files: Files, place: Path) -> Found:
    """What a box finds that starts with these files and no others."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name, content in files.items():
        (place / name).write_bytes(content)
    return start(place / NAME)


def _judged(found: Found, known: list[Content], begun: int, done: int) -> tuple[str, str | None]:
    """How it ended, for the count; and what is wrong with that, if anything. All that had returned is there, whole; what was under
    way is there whole or not at all. A disk that keeps what was synced gives no reason to call the journal damaged, once anything
    was stored; before that, it may be begun anew, if it says so."""
    if found.kept is not None and known[done] == Content():
        return "damaged before anything was stored, kept aside", None
    if found.report or found.kept is not None:
        return "damaged", str(found)
    if found.content == known[done]:
        return "all that had returned", None
    if begun > done and found.content == known[begun]:
        return "what was under way, too", None
    return "something else", f"{found}\nand not {known[done]}"
