"""Each write, each sync, each truncation and each new file fails once, with EIO and with ENOSPC; writes also after their first half.

The store under way raises JournalError; what had been stored stays; what failed is there whole or not at all; and the next step
works again, by the same journal. SQLite itself may go on without what failed (a log that could not be folded in, say).
"""

import json
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from disk_log import MEMORY, Kind, compiler, recorded

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler is installed")

CAN_FAIL = {Kind.WRITE.name, Kind.SYNC.name, Kind.TRUNCATE.name, Kind.CREATE.name}


def told_with_failures(every):
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        return [json.loads(line) for line in recorded("fail", str(Path(place)), str(every)).splitlines()]


def well_told(told):
    tried = Counter((one["kind"], one["error"], "half" if one["half"] else "whole") for one in told)
    print("\n".join(f"{count:7}  {' '.join(what)}" for what, count in sorted(tried.items())))
    assert [one for one in told if one["wrong"]] == []
    ways = {(kind, error, "whole") for kind in CAN_FAIL for error in ("EIO", "ENOSPC")}
    assert set(tried) == ways | {("WRITE", "EIO", "half"), ("WRITE", "ENOSPC", "half")}
    assert {one["kind"] for one in told if one["failed"]} >= {Kind.WRITE.name, Kind.SYNC.name}


def test_a_disk_that_fails_once_stores_nothing_half_and_goes_on():
    """A share of all failures, beginning elsewhere for each kind."""
    well_told(told_with_failures(every=23))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_operation_of_the_history_fails_once_in_every_way():
    well_told(told_with_failures(every=1))
