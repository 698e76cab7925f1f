"""What CBTIS's answers mean for an order. No I/O.

There are three statuses, and `SUCCEEDED` is the only one that means money. `CANCELLED` is final: given up or timed out. Which
error codes there are is not published, so a code by itself means "unknown" (P4); it is a refusal only where the HTTP status
says as well that the request was turned down as it stood.

An answer carries no signature and no merchant number: that it is about this merchant is proven by TLS and by the token that
it answers to.
"""

from __future__ import annotations

import logging
import re

from daemon.gateways.cbtis_wire import Heard, Order, minor_of, parse_order
from daemon.gateways.settings import CbtisSettings
from daemon.payment import Attempt, State
from daemon.reply import Claim, Refusal, Reply, Unintelligible, Verdict, judge_paid

_log = logging.getLogger(__name__)

_TURNED_DOWN = frozenset({400, 401, 403, 422})  # RFC 9110, 15.5: not carried out. 409 may mean that our own order is there already
_NO_SUCH_ORDER = re.compile(
    r"\b(order|payment|intent)\b.{0,40}\bnot (exists?|found)\b|\bno such (order|payment|intent)\b|(订单|交易|訂單).{0,10}不存在",
    re.IGNORECASE,
)
_STATUSES = {"PENDING": Verdict.UNPAID, "CANCELLED": Verdict.CLOSED}  # SUCCEEDED must first prove that it is what was asked


def read_create(heard: Heard, attempt: Attempt, settings: CbtisSettings) -> Reply:
    """To create. An order of other terms than ours is never shown: MISMATCH, a person must look."""
    if not heard.ok:
        turned_down = heard.status in _TURNED_DOWN
        return _said(Verdict.REFUSED if turned_down else Verdict.UNKNOWN, heard, Refusal.OURS if turned_down else None)
    order = parse_order(heard.data)
    if order.status == "SUCCEEDED":
        return _paid(order, attempt, settings)
    if differences := _differences(order, attempt, settings):
        return Reply(Verdict.MISMATCH, "mismatch", f"the order was made with {', '.join(differences)}", order.order_id)
    if order.status == "CANCELLED":
        return Reply(Verdict.CLOSED, order.status, "", order.order_id)
    if order.qr is None and order.status != "PENDING":
        return Reply(Verdict.UNKNOWN, order.status or "no_status", "", order.order_id)
    return _shown(order)


def read_query(heard: Heard, attempt: Attempt, settings: CbtisSettings) -> Reply:
    """To query. QR where the making of the order was unclear, it stands after all, and its text is told."""
    if not heard.ok:
        return _said(Verdict.NOT_KNOWN if _is_not_known(heard) else Verdict.UNKNOWN, heard)
    order = parse_order(heard.data)
    if order.status == "SUCCEEDED":
        return _paid(order, attempt, settings)
    if differences := _differences(order, attempt, settings):
        raise Unintelligible(f"the answer is about {', '.join(differences)}")
    if order.status == "PENDING" and order.qr and attempt.state is State.CREATING_QR:
        return _shown(order)
    return Reply(_STATUSES.get(order.status, Verdict.UNKNOWN), order.status or "no_status", "", order.order_id)


def _shown(order: Order) -> Reply:
    """The order stands, PENDING or in a status that this box does not know: whether it is paid, a query will say."""
    if order.qr is None:
        what = f" (next_action {order.action})" if order.action else ""
        return Reply(Verdict.QR, "no_qr", f"CBTIS gave no text that a QR code could hold{what}", order.order_id)
    return Reply(Verdict.QR, order.status, "", order.order_id, qr=order.qr)


def _paid(order: Order, attempt: Attempt, settings: CbtisSettings) -> Reply:
    """PAID only for this very order (P6): number, amount and currency must be there and match."""
    minor = minor_of(order.amount, attempt.amount.currency)
    claim = Claim(order.number, minor, order.currency, merchant_matches=order.uid in (None, settings.uid))
    reply = judge_paid(attempt, claim, code=order.status, trade_no=order.order_id)
    paid_at = order.paid_at.isoformat(timespec="milliseconds") if order.paid_at else "unknown"
    _log.info("says_paid out_trade_no=%s order_id=%s verdict=%s paid_at=%s", attempt.out_trade_no, order.order_id, reply.verdict, paid_at)
    return reply


def _differences(order: Order, attempt: Attempt, settings: CbtisSettings) -> list[str]:
    """What an answer that claims no money says otherwise than it was asked. What it leaves out is not held against it."""
    amount = attempt.amount
    return [
        *([] if order.number in (None, attempt.out_trade_no) else ["another order number"]),
        *([] if order.uid in (None, settings.uid) else ["another merchant"]),
        *([] if order.currency in (None, amount.currency) else ["another currency"]),
        *([] if order.amount is None or minor_of(order.amount, amount.currency) == amount.minor else ["another amount"]),
    ]


def _is_not_known(heard: Heard) -> bool:
    """The code for it is not published; the HTTP status or the words are plain enough. Nothing is ended by this alone."""
    return heard.status == 404 or _NO_SUCH_ORDER.search(heard.text) is not None


def _said(verdict: Verdict, heard: Heard, refusal: Refusal | None = None) -> Reply:
    """CBTIS's own code and words, with the number by which its support finds the request."""
    text = " ".join(filter(None, (heard.text, f"(rid {heard.rid})" if heard.rid else "")))
    return Reply(verdict, heard.code[:32], text, refusal=refusal)
