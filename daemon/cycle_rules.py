"""What the configuration has to say about every cycle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from daemon.errands import Terms
from daemon.payment import Reason
from daemon.timing import Schedule

_DEFAULT = Schedule()


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration has to say about every cycle. Gateways are named as in `[gateways.NAME]`."""

    schedules: Mapping[str, Schedule]
    scan_s: float = 60.0
    late_payment: str = "refund"  # [policy] late_payment
    refunding: frozenset[str] = frozenset()  # gateways that can refund
    holding: frozenset[str] = frozenset()  # gateways that can hold a query open
    closing: frozenset[str] = frozenset()  # gateways that can end a QR order
    repeating: frozenset[str] = frozenset()  # gateways that make one order per key, however often they are asked
    unshowable: Callable[[str], Reason | None] = lambda _text: None  # why the panel cannot show a QR of that text
    _terms: dict[str, Terms] = field(default_factory=dict, init=False, repr=False, compare=False)  # asked for many times a decision

    def terms(self, gateway: str) -> Terms:
        """How that gateway is dealt with; one that the configuration no longer names, by the defaults."""
        terms = self._terms.get(gateway)
        if terms is None:
            terms = self._terms[gateway] = self._terms_of(gateway)
        return terms

    def _terms_of(self, gateway: str) -> Terms:
        return Terms(
            self.schedules.get(gateway, _DEFAULT),
            gateway in self.holding,
            self.late_payment == "refund" and gateway in self.refunding,
            gateway in self.closing,
            gateway in self.repeating,
            gateway in self.refunding,
        )
