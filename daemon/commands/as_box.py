"""A command that root runs acts as the box's own user: it may do what the box may, and leaves no file that the box cannot write."""

from __future__ import annotations

import os
import pwd
from pathlib import Path


def become_box(journal: Path) -> None:
    """From root to the owner of the journal's folder, with that user's groups; for good. Does nothing for anybody else, for a folder
    that is root's own, or where there is none yet."""
    if os.geteuid() != 0:
        return
    try:
        user = pwd.getpwuid(journal.parent.stat().st_uid)
    except (OSError, KeyError):
        return
    if user.pw_uid != 0:
        os.initgroups(user.pw_name, user.pw_gid)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
