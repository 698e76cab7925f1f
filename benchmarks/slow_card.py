"""A slow card where there is none: a program whose every sync takes so much longer, and nothing else does."""

from __future__ import annotations

import shutil


def slow_syncs(sync_ms: float) -> list[str]:
    """The words before a command that give it such a card; none for 0. Raises FileNotFoundError where strace is not installed.

    strace holds up the return of fsync and fdatasync. All other calls go past it, by a filter in the kernel (`--seccomp-bpf`), and the
    program stays a child of who starts it, strace being its grandchild (`-D`): it is stopped and awaited like any other."""
    if not sync_ms:
        return []
    strace = shutil.which("strace")
    if strace is None:
        raise FileNotFoundError("a slow card needs strace: apt install strace")
    syncs = "fsync,fdatasync"
    delay = f"inject={syncs}:delay_exit={round(sync_ms * 1000)}"
    return [strace, "-D", "-qq", "-f", "--seccomp-bpf", "-e", f"trace={syncs}", "-e", delay, "-o", "/dev/null"]
