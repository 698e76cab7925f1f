"""Makes what lies beside these tests importable: the fakes here, and the recorded scanner one directory up."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
