"""Writes the inputs that every target begins with: `python tests/fuzz/make_corpus.py`.

What a fuzzer found is kept beside them under the name that was given to it, and is not touched. A seed that says the same as another
is left out: of the sandbox's answers there are two for each call and verdict, with different codes.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import sys
import tempfile
from pathlib import Path

from corpus_answers import recorded
from corpus_plain import plain
from fuzz_targets import TARGETS

_MADE = "seed-"  # begins the names of what is written here
_ALIKE = 2


async def seeds() -> dict[tuple[str, str], bytes]:
    """By target and name."""
    made = {(target, name): data for target, name, data in plain()}
    with tempfile.TemporaryDirectory() as directory:
        async for target, call, outcome, code, data in recorded(Path(directory)):
            alike = [name for name in made if name[0] == target and name[1].startswith(f"{call}-{outcome}-")]
            name = f"{call}-{outcome}-" + re.sub(r"[^a-z0-9_]+", "-", code.lower())[:40].strip("-")
            if len(alike) < _ALIKE:
                made.setdefault((target, name), data)
    return made


def write(made: dict[tuple[str, str], bytes]) -> int:
    for target in TARGETS.values():
        target.corpus.mkdir(parents=True, exist_ok=True)
        for old in target.corpus.glob(f"{_MADE}*"):
            old.unlink()
    seen: set[tuple[str, bytes]] = set()
    for (target, name), data in made.items():
        digest = (target, hashlib.sha256(data).digest())
        if digest not in seen and len(data) <= TARGETS[target].longest:
            (TARGETS[target].corpus / f"{_MADE}{name}").write_bytes(data)
            seen.add(digest)
    return len(seen)


if __name__ == "__main__":
    print(f"{write(asyncio.run(seeds()))} inputs", file=sys.stderr)
