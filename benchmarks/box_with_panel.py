"""`tillbox` with an I2C bus at 400 kHz that takes as long as a real one, and a panel on it that takes everything.

python -m benchmarks.box_with_panel run --config FILE
"""

from __future__ import annotations

import sys

from benchmarks.i2c_wire import Wire
from daemon.cli import main

HZ = 400_000

if __name__ == "__main__":
    Wire(HZ).install()
    sys.exit(main())
