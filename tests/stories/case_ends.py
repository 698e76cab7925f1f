"""How every case of the sandbox must end: for the till, at the provider, and with the money."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class End:
    """`order` is where the order comes to stand in the provider's ledger, at the latest some time after the till knows its end."""

    till: str
    reason: str | None
    order: str
    kept: bool = False  # the merchant has the payer's money
    mended: bool = False  # refused, and the payer's next code is paid: `order` is the refused one

    @property
    def is_undone(self) -> bool:
        """It ends because the box gives up."""
        return self.reason in ("timeout", "revoke_refused", "revoke_unconfirmed")


PAID = End("paid", None, "paid", kept=True)
UNDONE = End("revoked", "timeout", "revoked")  # nobody had paid
GIVEN_BACK = End("revoked", "timeout", "refunded")  # somebody had, and the revoke gave it back
NEVER_ARRIVED = End("revoked", "timeout", "absent")
MISMATCH = End("in_doubt", "mismatch", "paid", kept=True)


def _refused(code: str, order: str) -> End:
    return End("refused", code, order)


def _mended(order: str) -> End:
    return End("paid", None, order, mended=True)


_PAYER = {
    "paid": PAID,
    "password_then_paid": PAID,
    "password_never": UNDONE,
    "password_declined": _refused("PAYERROR", "revoked"),
    "auto_closed": End("revoked", "closed_by_provider", "closed"),
    "accepted_then_paid": PAID,
    "not_paid": UNDONE,
}

_REFUSED = {
    "refused_authcodeexpire": _mended("absent"),
    "refused_auth_code_error": _mended("absent"),
    "refused_auth_code_invalid": _mended("absent"),
    "refused_notenough": _mended("revoked"),
    "refused_notsuportcard": _mended("revoked"),
    "refused_trade_error": _refused("TRADE_ERROR", "revoked"),
    "refused_rulelimit": _refused("RULELIMIT", "revoked"),
    "refused_buyer_mismatch": _refused("BUYER_MISMATCH", "revoked"),
    "refused_orderclosed": _refused("ORDERCLOSED", "closed"),
    "refused_orderreversed": _refused("ORDERREVERSED", "revoked"),
    **{
        f"refused_{code.lower()}": _refused(code, "absent")
        for code in (
            "NOAUTH", "APPID_NOT_EXIST", "MCHID_NOT_EXIST", "APPID_MCHID_NOT_MATCH", "SIGNERROR", "PARAM_ERROR", "LACK_PARAMS",
            "XML_FORMAT_ERROR", "NOT_UTF8", "INVALID_REQUEST", "REQUIRE_POST_METHOD",
        )
    },
    "refused_out_trade_no_used": NEVER_ARRIVED,  # our numbers are unique: that answer is about our own order, so it says nothing
    "unknown_code": UNDONE,
    "refused_but_paid": PAID,
    "number_paid": MISMATCH,
}  # fmt: skip

_UNCLEAR = {
    "system_error_paid": PAID,
    "system_error_unpaid": UNDONE,
    "bank_error": PAID,
    "bank_error_unpaid": _refused("PAYERROR", "revoked"),
    "answer_lost": PAID,
    "request_lost": NEVER_ARRIVED,
    "late_arrival": PAID,
    "late_answer": PAID,
    "silent_charge": PAID,
    "query_silent": PAID,
    "query_cut": PAID,
    "query_system_error": PAID,
}

_UNDOING = {
    "revoke_again": UNDONE,
    "revoke_busy": UNDONE,
    "revoke_silent": UNDONE,
    "revoke_lost_answer": UNDONE,
    "revoke_forbidden": End("in_doubt", "revoke_refused", "confirming"),
    "revoke_unknown": End("in_doubt", "revoke_unconfirmed", "confirming"),
    "revoke_system_error": UNDONE,
    "paid_between": GIVEN_BACK,
    "paid_while_revoking": GIVEN_BACK,
    "paid_late": End("in_doubt", "revoke_refused", "refunded"),  # and then refunded: see test_story_late_money
    "paid_after_revoked": End("revoked", "timeout", "paid", kept=True),  # the provider proved it undone, and broke its word
    "arrives_after_revoke": GIVEN_BACK,
    "revoke_bad_signature": UNDONE,
    "refund_refused": PAID,
    "refund_lost": PAID,
    "refund_busy": PAID,
    "close_refused": UNDONE,
}

_UNTRUE = {
    "bad_signature": PAID,
    "bad_signature_always": GIVEN_BACK,
    "no_signature": PAID,
    "wrong_amount": MISMATCH,
    "wrong_currency": MISMATCH,
    "wrong_merchant": MISMATCH,
    "wrong_number": MISMATCH,
    "extra_fields": PAID,
    "zero_fields": PAID,
}

_BROKEN = dict.fromkeys(
    (
        "malformed", "truncated", "doctype", "entity_bomb", "huge", "html_502", "redirect", "slow", "gzip", "bom", "not_utf8", "empty",
    ),
    PAID,
)  # fmt: skip

ENDS: dict[str, End] = {**_PAYER, **_REFUSED, **_UNCLEAR, **_UNDOING, **_UNTRUE, **_BROKEN}

OTHERWISE_VIA_MERCHANT: dict[str, End] = {
    # the backend says in so many words that its wallet refused
    "refused_out_trade_no_used": _refused("OUT_TRADE_NO_USED", "absent"),
    # the silent query was one that is held open: by its end the time is up, and the revoke gives back what was paid meanwhile
    "query_silent": GIVEN_BACK,
}


def end_of(case: str, via: str) -> End:
    return OTHERWISE_VIA_MERCHANT.get(case, ENDS[case]) if via == "merchant" else ENDS[case]
