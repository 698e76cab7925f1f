"""A disk on which nothing is sure before it was synced: what a power cut may leave of the operations that were recorded.

What is assumed, and no more: what a file held when it was last synced is there. Of what was written to it since, anything may be
there, in any order, torn at a sector or within one. Creations, removals and renamings reach the disk in their order (the journals
of ext4, F2FS and btrfs, which is what such boxes run on), and surely once the folder was synced, but independently of what is in
the files: a synced file whose name is not on the disk is lost.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, combinations

from disk_log import Kind, Op

SECTOR = 512  # bytes; no disk writes less at a time
EXHAUSTIVE_UP_TO = 6  # unsynced operations of which every subset is tried; of more, some are drawn

Files = dict[str, bytes]


@dataclass(slots=True)
class _File:
    synced: bytes = b""
    pending: list[Op] = field(default_factory=list)


@dataclass(slots=True)
class Disk:
    """What was synced, and what was not yet. Files are told by an id of ours: the system uses an inode's number again."""

    _files: dict[int, _File] = field(default_factory=dict)
    _ids: dict[int, int] = field(default_factory=dict)  # the file that has that inode now
    _names: dict[str, int] = field(default_factory=dict)  # as synced
    _renamed: list[Op] = field(default_factory=list)  # pending, each with our id in place of its inode

    @classmethod
    def with_files(cls, files: Files, inodes: dict[str, int]) -> Disk:
        """A disk on which these were synced long ago."""
        disk = cls()
        for name, content in files.items():
            disk._files[id_ := len(disk._files)] = _File(content)
            disk._names[name] = disk._ids[inodes[name]] = id_
        return disk

    def take(self, op: Op) -> None:
        match op.kind:
            case Kind.MARK:
                pass
            case Kind.SYNC_FOLDER:
                self._names, self._renamed = self._named(self._renamed), []
            case Kind.SYNC:
                file = self._files[self._ids[op.inode]]
                file.synced, file.pending = _written(file.synced, file.pending), []
            case Kind.WRITE | Kind.TRUNCATE:
                self._files[self._ids[op.inode]].pending.append(op)
            case _:
                self._take_name(op)

    def _take_name(self, op: Op) -> None:
        if op.kind is Kind.CREATE:
            self._files[id_ := len(self._files)] = _File()
            self._ids[op.inode] = id_
        self._renamed.append(Op(op.kind, op.name, self._ids[op.inode], 0, op.data))

    def _named(self, renamed: Iterable[Op]) -> dict[str, int]:
        names = dict(self._names)
        for op in renamed:
            if op.kind in (Kind.CREATE, Kind.LINK):
                names[op.name] = op.inode
            elif op.kind is Kind.UNLINK:
                names.pop(op.name, None)
            elif op.name in names:
                names[op.data.decode()] = names.pop(op.name)
        return names

    # -- what may be left --

    @property
    def unsynced(self) -> list[tuple[int, Op]]:
        """Writes and truncations since the last sync of their file."""
        return [(id_, op) for id_, file in self._files.items() for op in file.pending]

    def image(self, keeps: Sequence[tuple[int, Op]] | None = None, names: int | None = None) -> Files:
        """The files after a cut that leaves those writes (None: all), and that many of the pending names (None: all)."""
        kept = self.unsynced if keeps is None else keeps
        named = self._named(self._renamed if names is None else self._renamed[:names])
        return {
            name: _written(self._files[id_].synced, [op for of, op in kept if of == id_])
            for name, id_ in named.items()
            if not name.endswith("-shm")
        }

    def cuts(self, rng: random.Random, draws: int) -> Iterator[tuple[str, Callable[[], Files]]]:
        """Every image that may be left at this moment, each with the kind of misfortune that it stands for."""
        yield "all unsynced kept", self.image
        yield "all unsynced dropped", partial(self.image, [], 0)
        yield "data dropped, names kept", partial(self.image, [])
        for names in range(len(self._renamed)):
            yield "names not synced", partial(self.image, None, names)
        for pick, tell in _PICKS.items():
            for keeps in pick(self.unsynced, rng, draws):
                yield tell, partial(self.image, keeps)


Unsynced = list[tuple[int, Op]]


def _without_one(unsynced: Unsynced, rng: random.Random, draws: int) -> Iterator[Unsynced]:
    for left_out in range(len(unsynced)):
        yield unsynced[:left_out] + unsynced[left_out + 1 :]


def _torn_last(unsynced: Unsynced, rng: random.Random, draws: int) -> Iterator[Unsynced]:
    """The first part only, or the last part only, of the last write; parted at every sector, and in the middle of each."""
    if unsynced and unsynced[-1][1].kind is Kind.WRITE:
        *before, (id_, op) = unsynced
        for at in _seams(op):
            yield [*before, (id_, _part(op, 0, at))]
            yield [*before, (id_, _part(op, at, len(op.data)))]


def _some(unsynced: Unsynced, rng: random.Random, draws: int) -> Iterator[Unsynced]:
    """Any of them: the disk has written some, in its own order."""
    if len(unsynced) <= EXHAUSTIVE_UP_TO:
        yield from (list(c) for c in chain.from_iterable(combinations(unsynced, size) for size in range(len(unsynced))))
        return
    for _ in range(draws):
        kept = [one for one in unsynced if rng.random() < rng.choice((0.2, 0.5, 0.8))]
        if kept and kept[-1][1].kind is Kind.WRITE and rng.random() < 0.5:
            id_, op = kept[-1]
            kept[-1] = (id_, _part(op, 0, rng.randrange(len(op.data))))
        yield kept


def _hollow(unsynced: Unsynced, rng: random.Random, draws: int) -> Iterator[Unsynced]:
    """The size is on the disk, and what should be there is not: zeroes. All of it, or the last write only."""
    for first in sorted({0, max(0, len(unsynced) - 1)}):
        if unsynced:
            yield unsynced[:first] + [(id_, _zeroed(op)) for id_, op in unsynced[first:]]


_PICKS: dict[Callable[[Unsynced, random.Random, int], Iterator[Unsynced]], str] = {
    _without_one: "one dropped",
    _torn_last: "the last one torn",
    _some: "any subset",
    _hollow: "size without data",
}

KINDS = frozenset({"all unsynced kept", "all unsynced dropped", "data dropped, names kept", "names not synced", *_PICKS.values()})


def _written(content: bytes, ops: Iterable[Op]) -> bytes:
    raw = bytearray(content)
    for op in ops:
        size = op.offset if op.kind is Kind.TRUNCATE else max(len(raw), op.offset + len(op.data))
        raw += bytes(max(0, size - len(raw)))
        del raw[size:]
        raw[op.offset : op.offset + len(op.data)] = op.data
    return bytes(raw)


def _seams(op: Op) -> list[int]:
    """Where a write may tear, from its own beginning."""
    first = -(op.offset % SECTOR)
    places = range(first, len(op.data), SECTOR // 2)
    return [at for at in places if 0 < at < len(op.data)]


def _part(op: Op, start: int, end: int) -> Op:
    return Op(op.kind, op.name, op.inode, op.offset + start, op.data[start:end])


def _zeroed(op: Op) -> Op:
    return Op(op.kind, op.name, op.inode, op.offset, bytes(len(op.data)))
