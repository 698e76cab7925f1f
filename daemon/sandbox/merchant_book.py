"""What a merchant's backend keeps and does: the calls of docs/merchant-backend.yaml on the ledger, which is the wallet here.

Beside the wallet's records it keeps three things about a number: which body it came with (as a keyed hash, so that no
payer's code is stored), why the wallet refused it, and that it was revoked before any charge of it arrived.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from daemon.sandbox.ledger import AlreadyPaid, CodeUsed, Ledger, NotRefundable, NumberUsed, Order, TooEarly, UnknownOrder
from daemon.sandbox.merchant_answers import PROVIDER, STATE, Said, body_of, demand, matches, order_body, problem, reason_of, state_for
from daemon.sandbox.merchant_checks import ORDER, Fields, Refused
from daemon.sandbox.refusals import Who, who_of
from daemon.sandbox.scenario import HONEST, Call, Scenario, Standing, Step

Played = tuple[Said, Step]


@dataclass(slots=True)
class _Note:
    """What is kept about a number. `fingerprint` is empty where no charge has arrived."""

    fields: Fields
    fingerprint: bytes = b""
    refusal: str = ""  # the wallet's code
    ended: str = ""  # revoked or closed, although the wallet has never had it


@dataclass(slots=True)
class Book:
    """`choose` gives the scenario of a new order, by the payer's code; None where a QR code is to be shown."""

    ledger: Ledger
    choose: Callable[[str | None], Scenario]
    _notes: dict[str, _Note] = field(default_factory=dict)
    _pepper: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    # -- making orders --

    def make(self, asked: Fields, code: str | None) -> Played:
        """Charge a payer's code, or (`code` None) make an order whose QR code is shown."""
        note = _Note({name: asked[name] for name in ORDER}, self._fingerprint(asked))
        known = self._notes.get(asked["out_trade_no"])
        if known and not known.fingerprint:  # revoked before it arrived: the wallet is not called
            return _said(lambda: self._as_ended(known, asked)), HONEST
        try:
            order = self.ledger.charge(demand(asked), self.choose(code), code)
        except NumberUsed:
            return _said(lambda: self._again(asked["out_trade_no"], note)), HONEST
        except CodeUsed:
            note.refusal = "AUTH_CODE_ERROR"
            self._notes[asked["out_trade_no"]] = note
            return Said(body_of(asked, "refused", reason_of(note.refusal))), HONEST
        return self._made(order, note)

    def _made(self, order: Order, note: _Note) -> Played:
        step = order.scenario.step(Call.CHARGE, 1)
        state = state_for(step.code) if step.code else ""
        if step.act or step.code:  # else the request was lost, and the backend has never heard of the number
            note.refusal = step.code if state == "refused" else ""
            self._notes[order.number] = note
        self.ledger.leave(order.number, Call.CHARGE)
        if step.code:
            return Said(order_body(order, state, reason_of(step.code))), step
        return self._described(order, step.says or order.state), step

    def _again(self, number: str, note: _Note) -> Said:
        """The number came before: with the same body it is the same order, as it stands now."""
        known = self._notes.get(number)
        if known is None or not secrets.compare_digest(known.fingerprint, note.fingerprint):
            raise Refused("conflict", "the same number with another body")
        return self.as_it_stands(number)

    def _as_ended(self, note: _Note, asked: Fields) -> Said:
        if any(note.fields[name] != asked[name] for name in ORDER):
            raise Refused("conflict", "the number was revoked for another order")
        return Said(body_of(note.fields, note.ended))

    # -- asking --

    def as_it_stands(self, number: str, step: Step = HONEST) -> Said:
        """The order, as the step wants it told; a problem where no such number has arrived."""
        order, note = self._find(number), self._notes.get(number)
        standing = step.says or (Standing.ABSENT if order is None else order.state)
        if order is not None and standing is not Standing.ABSENT:
            return Said(order_body(order, _asked_state(step.code), reason_of(step.code))) if step.code else self._described(order, standing)
        if note is None or step.says is Standing.ABSENT:
            return problem(Refused("unknown_order"))
        if note.ended or note.refusal:
            return Said(body_of(note.fields, note.ended or "refused", None if note.ended else reason_of(note.refusal)))
        return Said(body_of(note.fields, "unknown", reason_of("SYSTEMERROR")))

    def _described(self, order: Order, standing: Standing) -> Said:
        if standing is Standing.ABSENT:
            return Said(order_body(order, "unknown", reason_of("SYSTEMERROR")))
        note = self._notes.get(order.number)
        failed = reason_of((note.refusal if note else "") or "PAYERROR") if standing is Standing.FAILED else None
        return Said(order_body(order, STATE[standing], failed))

    # -- ending --

    def revoke(self, asked: Fields) -> Played:
        number = asked["out_trade_no"]
        step = self.ledger.enter(number, Call.REVOKE)
        said = _said(lambda: self._revoked(asked)) if step.act else Said(body_of(asked, "revoked"))
        self.ledger.leave(number, Call.REVOKE)
        return _revoke_answer(asked, step) or said, step

    def _revoked(self, asked: Fields) -> Said:
        order = self._same(asked)
        if order is None or order.state is Standing.ABSENT:
            return self._end_unheard(asked, order, "revoked")
        try:
            order = self.ledger.revoke(order.number)
        except TooEarly as early:
            return Said(order_body(order, "revoking", {"code": "TOO_EARLY", "text": str(early)}), 202)
        return Said(order_body(order, STATE[order.state]))

    def close(self, asked: Fields) -> Played:
        number = asked["out_trade_no"]
        step = self.ledger.enter(number, Call.CLOSE)
        said = _said(lambda: self._closed(asked)) if step.act else Said(body_of(asked, "closed"))
        self.ledger.leave(number, Call.CLOSE)
        return problem(Refused("close_refused", reason=step.code)) if step.code else said, step

    def _closed(self, asked: Fields) -> Said:
        order = self._same(asked)
        if order is None or order.state is Standing.ABSENT:
            return self._end_unheard(asked, order, "closed")
        if not order.shown:
            raise Refused("close_refused", reason="268449641")
        with contextlib.suppress(AlreadyPaid):  # then the order says so itself: paid, or refunded
            order = self.ledger.close(order.number)
        return Said(order_body(order, STATE[order.state]))

    def _end_unheard(self, asked: Fields, order: Order | None, state: str) -> Said:
        """No charge has arrived: keep the number, so that none of it is ever carried out.

        Where the scenario lets the charge arrive all the same, play a backend that cannot keep numbers: it says 404."""
        if order is not None and order.moves:
            raise Refused("unknown_order")
        note = self._notes.setdefault(asked["out_trade_no"], _Note({name: asked[name] for name in ORDER}))
        note.ended = state
        return Said(body_of(asked, state))

    # -- giving back --

    def refund(self, asked: Fields) -> Played:
        number = asked["out_trade_no"]
        step = self.ledger.enter(number, Call.REFUND)
        said = _said(lambda: self._refunded(asked)) if step.act else Said(body_of(asked, "refunded"))
        self.ledger.leave(number, Call.REFUND)
        if not step.code:
            return said, step
        if who_of(step.code) is Who.UNCLEAR:
            return Said(body_of(asked, "paid", reason_of(step.code)), 202), step
        return problem(Refused("refund_refused", reason=step.code)), step

    def _refunded(self, asked: Fields) -> Said:
        order = self._same(asked)
        if order is None or order.state is Standing.ABSENT:
            raise Refused("unknown_order")
        if dict(order.refunds).get(asked["refund_no"], asked["amount"]) != asked["amount"]:
            raise Refused("conflict", "that refund number stands for another amount")
        try:
            order = self.ledger.refund(order.number, asked["refund_no"], asked["amount"])
        except NotRefundable as error:
            raise Refused("refund_refused", str(error)) from error
        return Said(order_body(order, STATE[order.state]))

    # -- finding --

    def _same(self, asked: Fields) -> Order | None:
        """The order that is meant; None where none has come. Raises Refused where the number stands for another one."""
        order, note = self._find(asked["out_trade_no"]), self._notes.get(asked["out_trade_no"])
        if (order and not matches(order, asked)) or (note and any(note.fields[name] != asked[name] for name in ORDER)):
            raise Refused("conflict", "the same number with another amount, currency, store or terminal")
        return order

    def _find(self, number: str) -> Order | None:
        try:
            return self.ledger.order(number, PROVIDER)
        except UnknownOrder:
            return None

    def _fingerprint(self, asked: Fields) -> bytes:
        text = json.dumps(asked, sort_keys=True).encode()
        return hashlib.blake2b(text, key=self._pepper, digest_size=32).digest()


def _said(act: Callable[[], Said]) -> Said:
    """What the call says, a refusal too: it goes on its way under the same faults as any other answer."""
    try:
        return act()
    except Refused as refused:
        return problem(refused)


def _asked_state(code: str) -> str:
    """A query that the wallet answers with an error code says nothing about the order."""
    return "confirming" if code == "USERPAYING" else "unknown"


def _revoke_answer(asked: Fields, step: Step) -> Said | None:
    """What the scenario wants a revoke to be answered; None: the truth."""
    if step.code == "INVALID_TRANSACTIONID":
        return problem(Refused("unknown_order", reason=step.code))
    if step.again or (step.code and step.again is None and who_of(step.code) is Who.UNCLEAR):
        return Said(body_of(asked, "revoking", reason_of(step.code) if step.code else None), 202)
    if step.code:
        return problem(Refused("revoke_refused", reason=step.code))
    return None
