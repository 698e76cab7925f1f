"""The soak uses the process harness of the stories and the crash stories."""

from __future__ import annotations

import neighbours  # noqa: F401  # its effect is the import path
