"""What writing a picture took, for many pictures: to a table, and held against the targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

FIRST, SAME, TICK, SCREEN = "first picture, after set-up", "unchanged picture", "countdown tick", "another screen"
CHANGES = "all changes of a day"
TICK_BYTES, OF_CHANGED, OF_LUMAS_TIME = 60, 1.3, 0.2  # at most

_HEAD = (
    "| | pictures | bytes changed | bytes on the bus | most | luma's | × luma's | × each piece alone, most | × sent pieces, most "
    "| processor µs | luma's | × luma's |"
)


@dataclass(frozen=True, slots=True)
class Written:
    """One picture. `changed` bytes of the chip's memory differ from the picture before, in `pieces` without a gap; where a window lies
    takes `addressing` bytes, in two transfers with the window. `us` is processor time."""

    what: str
    changed: int
    pieces: int
    addressing: int
    bytes: int
    transfers: int
    luma_bytes: int
    us: float
    luma_us: float

    @property
    def of_pieces(self) -> float:
        """What crossed the bus, as a multiple of what changed and the addresses of its pieces, each written by itself."""
        return self.bytes / (self.changed + self.addressing * self.pieces)

    @property
    def of_sent(self) -> float:
        """The same of what changed and the addresses that were sent: they are fewer, as pieces were written together."""
        return self.bytes / (self.changed + self.addressing * self.transfers / 2)


def table(kind: str, written: Sequence[Written]) -> Iterator[str]:
    """As Markdown: medians, and the largest where it says so; the last row has means, as its processor times are of all of them."""
    yield _HEAD
    yield "|---|" + "---:|" * (_HEAD.count("|") - 2)
    for what in (FIRST, SAME, TICK, SCREEN):
        those = [one for one in written if one.what == what]
        yield _row(f"{kind}: {what}", those, [median(column) for column in _columns(those)])
    changes = _changes(written)
    yield _row(f"{kind}: {CHANGES}", changes, [sum(column) / len(column) for column in _columns(changes)])


def _columns(those: Sequence[Written]) -> list[tuple[float, ...]]:
    return list(zip(*((one.changed, one.bytes, one.luma_bytes, one.us, one.luma_us) for one in those), strict=True))


def _row(name: str, those: Sequence[Written], figures: Sequence[float]) -> str:
    changed, crossed, lumas, us, luma_us = figures
    of = (max(one.of_pieces for one in those), max(one.of_sent for one in those)) if changed else ()
    most = " | ".join(f"{ratio:.2f}" for ratio in of) or " | "
    return (
        f"| {name} | {len(those)} | {changed:.0f} | {crossed:.0f} | {max(one.bytes for one in those)} "
        f"| {lumas:.0f} | {crossed / lumas:.2f} | {most} | {us:.0f} | {luma_us:.0f} | {us / luma_us:.2f} |"
    )


def _changes(written: Sequence[Written]) -> list[Written]:
    return [one for one in written if one.what in {TICK, SCREEN}]


def verdicts(kind: str, written: Sequence[Written]) -> Iterator[str]:
    """Each target, and whether it is met."""
    unchanged, tick = (max(one.bytes for one in written if one.what == what) for what in (SAME, TICK))
    changes = _changes(written)
    pieces, sent = max(one.of_pieces for one in changes), max(one.of_sent for one in changes)
    yield f"{kind}: an unchanged picture takes {unchanged} bytes; target 0: {_met(unchanged, 0)}"
    yield f"{kind}: a countdown tick takes at most {tick} bytes; target {TICK_BYTES}: {_met(tick, TICK_BYTES)}"
    yield f"{kind}: a change takes at most {pieces:.2f} times what changed and addresses; target {OF_CHANGED}: {_met(pieces, OF_CHANGED)}"
    yield f"{kind}: the same, counting only addresses that were sent: {sent:.2f}; target {OF_CHANGED}: {_met(sent, OF_CHANGED)}"
    for what in (FIRST, SAME, TICK, SCREEN):
        those = [one for one in written if one.what == what]
        ratio = median(one.us for one in those) / median(one.luma_us for one in those)
        yield f"{kind}: processor time, {what}: {ratio:.2f} times luma's; target {OF_LUMAS_TIME}: {_met(ratio, OF_LUMAS_TIME)}"
    ratio = sum(one.us for one in changes) / sum(one.luma_us for one in changes)
    yield f"{kind}: processor time, {CHANGES}: {ratio:.2f} times luma's; target {OF_LUMAS_TIME}: {_met(ratio, OF_LUMAS_TIME)}"


def _met(is_: float, at_most: float) -> str:
    return "met" if is_ <= at_most else "not met"
