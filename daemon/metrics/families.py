"""The list of what the box measures: name, kind, labels, buckets, and what it means. Pure; nothing else names a metric of ours.

Labels take few values, and none that a payer, a till or a provider could choose: no ref, no order number, no code, no text (P10).
Names of gateways and tills are the configuration's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from daemon.payment import Mode, State
from daemon.view import Part


class Kind(str, Enum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Family:
    """One metric. `name` is without the `_total` that a counter's samples end in; `bounds` are a histogram's, in seconds, ascending,
    without the last one, which is infinite."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = field(default=(), repr=False)


NO_GATEWAY = "none"
"""The `gateway` of a payment for which no order was ever made."""
OTHER = "other"
"""A gateway or till that the configuration does not have any more; the journal may know many."""

ENDS = tuple(state for state in State if state.is_final or state is State.IN_DOUBT)
MODES = tuple(Mode)
PROBLEMS = (Part.GATEWAY, Part.CREDENTIALS, Part.CLOCK)


class Outcome(str, Enum):
    """What became of one request to a gateway, by what is known then (daemon.reply)."""

    ANSWERED = "answered"  # verified and understood, whatever it says of the payment
    REFUSED_BOX = "refused_box"  # the provider refuses this box as such: key, certificate, contract
    UNINTELLIGIBLE = "unintelligible"  # malformed, wrongly signed, another HTTP status: proves nothing
    NO_ANSWER = "no_answer"  # none, or not a whole one, in time
    NOT_SENT = "not_sent"  # nothing left the box
    BROKEN_OFF = "broken_off"  # by the box: the answer was not wanted any more, or it stops
    FAULT = "fault"  # a fault of this program; its log says more

    __str__ = str.__str__


# From the scanner's last byte to the request's first there is one synced write between: 1 ms on an SSD, 5 to 50 ms on an SD card, seconds
# on one that is worn out.
MACHINE = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
# One round trip to a provider and its own work: 50 ms nearby, 1 s across the world, 2 to 3 s where a bank is asked; `answer_s`, 10 s, is
# the longest that is waited.
NETWORK = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
# Somebody takes out a phone and types a password. From 30 s (`give_up_s`) on the box undoes it; a QR is offered for 120 s (`qr_s`).
PEOPLE = (1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 120.0)
# A whole sale: 3 s by somebody who stands there with the code ready; `scan_s` and `give_up_s` end others after 60 and 90 s, undoing one
# that nobody answers for after `in_doubt_s`, 600 s, more.
SALE = (2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 300.0, 700.0)

BUILD = Family("tillbox_build_info", Kind.GAUGE, "Always 1; the labels say which version runs, on which box.", ("version", "terminal"))
READY = Family("tillbox_ready", Kind.GAUGE, "Whether a sale could start now (1), apart from one being open.")

ASKED = Family("tillbox_payments_asked", Kind.COUNTER, "Payments that a till of this kind has begun.", ("till",))
ENDED = Family(
    "tillbox_payments",
    Kind.COUNTER,
    "Payments that came to this end. One that was in doubt and ended otherwise later counts at both, and so does one that was refunded.",
    ("state", "gateway", "till"),
)
OPEN = Family("tillbox_open_payments", Kind.GAUGE, "Payments under way: without an end, and not in doubt.")
FOLLOWED = Family("tillbox_followed_payments", Kind.GAUGE, "Payments that ended for the till, of which the provider is still asked.")
IN_DOUBT = Family("tillbox_in_doubt", Kind.GAUGE, "Payments that a person must look at.")

SCAN_TO_REQUEST = Family(
    "tillbox_scan_to_request_seconds", Kind.HISTOGRAM, "From a code's last byte out of the scanner to its charge leaving.", (), MACHINE
)
REQUEST = Family(
    "tillbox_gateway_request_duration_seconds",
    Kind.HISTOGRAM,
    "From a request to its answer, or to giving up on one. Queries that the provider may hold open are left out.",
    ("gateway", "call"),
    NETWORK,
)
CONFIRM = Family(
    "tillbox_confirm_wait_seconds",
    Kind.HISTOGRAM,
    "How long a payer was waited for: from being asked on the phone, or from the QR being shown, to knowing or giving up.",
    ("mode",),
    PEOPLE,
)
WHOLE = Family("tillbox_payment_duration_seconds", Kind.HISTOGRAM, "From a till's amount to the payment's first end.", ("mode",), SALE)

REQUESTS = Family("tillbox_gateway_requests", Kind.COUNTER, "Requests to a gateway by what became of them.", ("gateway", "call", "outcome"))
GATEWAY_UP = Family("tillbox_gateway_up", Kind.GAUGE, "Whether that gateway is well (1), as far as the box knows.", ("gateway",))
GATEWAY_PROBLEM = Family(
    "tillbox_gateway_problem",
    Kind.GAUGE,
    "What a gateway that is not well lacks (1): the provider or the network, this box's credentials, the clock.",
    ("gateway", "problem"),
)
CERTIFICATE = Family(
    "tillbox_client_certificate_expiry_timestamp_seconds",
    Kind.GAUGE,
    "When the certificate that the box shows to that gateway expires. Missing where there is none or it cannot be used.",
    ("gateway",),
)

DEVICE_UP = Family("tillbox_device_up", Kind.GAUGE, "Whether that device, or the line of that till, works (1).", ("device",))
DEVICE_DEGRADED = Family(
    "tillbox_device_degraded", Kind.GAUGE, "Whether that device works but not all of it (1): one of several scanners is away.", ("device",)
)
GOODS_OWED = Family(
    "tillbox_goods_owed", Kind.GAUGE, "Whether that till's machine owes a payer goods now, or is giving them (1).", ("till",)
)
TILL_HELD = Family(
    "tillbox_till_held", Kind.GAUGE, "Whether that till takes no money now (1), because its machine could not honour it.", ("till",)
)

FLEET_UP = Family("tillbox_fleet_up", Kind.GAUGE, "Whether the box is connected to its fleet's broker (1). Missing where it has none.")
FLEET_TOLD = Family(
    "tillbox_fleet_told_events", Kind.COUNTER, "Events of the journal that the fleet's broker has acknowledged; after a break some twice."
)
FLEET_WAITING = Family("tillbox_fleet_waiting_events", Kind.GAUGE, "Events of the journal that the fleet's broker has not acknowledged.")
FLEET_OLDEST = Family(
    "tillbox_fleet_oldest_waiting_seconds", Kind.GAUGE, "How long ago the first of them was stored, by the box's clock; 0 where none waits."
)

JOURNAL_WRITABLE = Family(
    "tillbox_journal_writable", Kind.GAUGE, "Whether the journal is well (1). While it is not, the box sells nothing."
)
JOURNAL_BYTES = Family("tillbox_journal_size_bytes", Kind.GAUGE, "What the journal takes up, its write-ahead log included.")
DISK_FREE = Family("tillbox_journal_disk_free_bytes", Kind.GAUGE, "What is free for the box where the journal lies.")
DISK = Family("tillbox_journal_disk_size_bytes", Kind.GAUGE, "How large the file system is where the journal lies.")

FAMILIES = tuple(value for value in list(globals().values()) if isinstance(value, Family))
