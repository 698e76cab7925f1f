"""What happened in a history, line by line, for the one who looks for the cause."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Timeline:
    """Keeps lines where it is wanted; else it costs next to nothing."""

    is_kept: bool = False
    lines: list[str] = field(default_factory=list)

    def say(self, now: float, text: str) -> None:
        if self.is_kept:
            self.lines.append(f"{now:10.2f} s  {text}")
