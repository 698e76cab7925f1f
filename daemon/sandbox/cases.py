"""The cases: every scenario the sandbox knows by name, and the two last digits of a payer's code that ask for it.

Digits never change their meaning; a new case takes free ones. Any code whose last two digits are not listed pays at once.
"""

from __future__ import annotations

from daemon.sandbox.scenario import HONEST, Call, Fault, Lie, Move, Scenario, Standing, Step, Steps

_CUT = Step(fault=Fault.CUT)
_LOST = Step(act=False, fault=Fault.CUT)
_ASKS_PAYER = Standing.CONFIRMING
_PAYS_AT_THIRD = (Move(Standing.PAID, on=Call.QUERY, nth=3, after="confirm_s"),)
_PAYS_AT_SECOND = (Move(Standing.PAID, on=Call.QUERY, nth=2, after="confirm_s"),)


def _steps(*first: Step, then: Step = HONEST) -> Steps:
    return Steps(first, then)


def _always(step: Step) -> Steps:
    return Steps((), step)


def _refused(code: str, start: Standing, text: str) -> Scenario:
    """A charge refused with that code; nothing is ever debited."""
    act = start is not Standing.ABSENT
    return Scenario(f"refused_{code.lower()}", text, start, charge=_steps(Step(act=act, code=code)))


def _revoked(name: str, text: str, revoke: Steps, *moves: Move) -> Scenario:
    """A payer who never confirms, and a revoke that goes wrong."""
    return Scenario(name, text, _ASKS_PAYER, moves, revoke=revoke)


def _pays_at_revoke(*, answered: bool = False) -> Move:
    """The payer pays in that moment, unless the wallet has ended the order by itself before."""
    return Move(Standing.PAID, on=Call.REVOKE, answered=answered, unless_ended=True)


def _broken(fault: Fault, text: str) -> Scenario:
    """A charge that was paid, and an answer to it that the wire spoils; queries are answered well."""
    return Scenario(fault.value, text, charge=_steps(Step(fault=fault)))


def _lied(name: str, lie: Lie, text: str, *, always: bool) -> Scenario:
    step = Step(lie=lie)
    return Scenario(name, text, charge=_steps(step), query=_always(step) if always else Steps())


_PAYER = {
    0: Scenario("paid", "paid at once"),
    1: Scenario("password_then_paid", "payer confirms: two queries say USERPAYING, the third is paid", _ASKS_PAYER, _PAYS_AT_THIRD),
    2: Scenario("password_never", "payer is asked and walks away", _ASKS_PAYER),
    3: Scenario("password_declined", "payer is asked and declines", _ASKS_PAYER, (Move(Standing.FAILED, on=Call.QUERY, nth=2),)),
    4: Scenario(
        "auto_closed",
        "the wallet ends the order itself before the second query",
        _ASKS_PAYER,
        (Move(Standing.CLOSED, on=Call.QUERY, nth=2),),
    ),
    5: Scenario("accepted_then_paid", "the bank debits late: ACCEPT, then paid", Standing.ACCEPTED, _PAYS_AT_SECOND),
    6: Scenario("not_paid", "the order exists, the payer is never asked (NOTPAY)", Standing.UNPAID),
}

_REFUSED = {
    10: _refused("AUTHCODEEXPIRE", Standing.ABSENT, "refused, payer can mend it: the code is too old"),
    11: _refused("AUTH_CODE_ERROR", Standing.ABSENT, "refused, payer can mend it: the code is malformed or used"),
    12: _refused("AUTH_CODE_INVALID", Standing.ABSENT, "refused, payer can mend it: not a payment code"),
    13: _refused("NOTENOUGH", Standing.FAILED, "refused, payer can mend it: balance too low"),
    14: _refused("NOTSUPORTCARD", Standing.FAILED, "refused, payer can mend it: card not accepted"),
    15: _refused("TRADE_ERROR", Standing.FAILED, "refused for good: account restricted"),
    16: _refused("RULELIMIT", Standing.FAILED, "refused for good: limit rule"),
    17: _refused("BUYER_MISMATCH", Standing.FAILED, "refused for good: another payer"),
    18: _refused("ORDERCLOSED", Standing.CLOSED, "refused for good: the order is closed"),
    19: _refused("ORDERREVERSED", Standing.REVOKED, "refused for good: the order is revoked"),
    20: _refused("NOAUTH", Standing.ABSENT, "refused, our configuration: no permission"),
    21: _refused("APPID_NOT_EXIST", Standing.ABSENT, "refused, our configuration: unknown appid"),
    22: _refused("MCHID_NOT_EXIST", Standing.ABSENT, "refused, our configuration: unknown merchant"),
    23: _refused("APPID_MCHID_NOT_MATCH", Standing.ABSENT, "refused, our configuration: appid and merchant do not belong together"),
    24: _refused("SIGNERROR", Standing.ABSENT, "refused, our configuration: signature"),
    25: _refused("PARAM_ERROR", Standing.ABSENT, "refused, our request: a wrong parameter"),
    26: _refused("LACK_PARAMS", Standing.ABSENT, "refused, our request: a missing parameter"),
    27: _refused("XML_FORMAT_ERROR", Standing.ABSENT, "refused, our request: XML"),
    28: _refused("NOT_UTF8", Standing.ABSENT, "refused, our request: encoding"),
    29: _refused("INVALID_REQUEST", Standing.ABSENT, "refused, our request: not allowed like this"),
    30: _refused("REQUIRE_POST_METHOD", Standing.ABSENT, "refused, our request: not a POST"),
    31: _refused("OUT_TRADE_NO_USED", Standing.ABSENT, "refused: the order number was used before"),
    32: Scenario(
        "unknown_code", "refused with a code that nobody knows; never paid", Standing.UNPAID, charge=_steps(Step(code="BRAND_NEW_CODE"))
    ),
    33: Scenario("refused_but_paid", "a definite refusal, and yet it was paid", charge=_steps(Step(code="NOTENOUGH"))),
    34: Scenario(
        "number_paid",
        "ORDERPAID, and the query shows it paid with another amount",
        charge=_steps(Step(code="ORDERPAID")),
        query=_always(Step(lie=Lie.AMOUNT)),
    ),
}

_UNCLEAR = {
    40: Scenario("system_error_paid", "SYSTEMERROR, and it was paid", charge=_steps(Step(code="SYSTEMERROR"))),
    41: Scenario("system_error_unpaid", "SYSTEMERROR, and it never is", Standing.UNPAID, charge=_steps(Step(code="SYSTEMERROR"))),
    42: Scenario("bank_error", "BANKERROR, paid a little later", Standing.ACCEPTED, _PAYS_AT_SECOND, charge=_steps(Step(code="BANKERROR"))),
    43: Scenario("bank_error_unpaid", "BANKERROR, and it failed", Standing.FAILED, charge=_steps(Step(code="BANKERROR"))),
    44: Scenario("answer_lost", "paid, the connection breaks before the answer", charge=_steps(_CUT)),
    45: Scenario("request_lost", "the charge never arrives; every query says ORDERNOTEXIST", Standing.ABSENT, charge=_steps(_LOST)),
    46: Scenario(
        "late_arrival",
        "the charge arrives after two queries said ORDERNOTEXIST",
        moves=(Move(Standing.PAID, on=Call.QUERY, nth=3),),
        charge=_steps(_LOST),
    ),
    47: Scenario("late_answer", "paid, the answer comes after the box gave up waiting for it", charge=_steps(Step(delay="late_s"))),
    48: Scenario("silent_charge", "paid, the connection stays open and silent", charge=_steps(Step(fault=Fault.SILENT))),
    49: Scenario(
        "query_silent",
        "payer confirms; the first two queries get no answer",
        _ASKS_PAYER,
        _PAYS_AT_THIRD,
        query=_steps(Step(fault=Fault.SILENT), Step(fault=Fault.SILENT)),
    ),
    50: Scenario("query_cut", "payer confirms; the first two queries are cut", _ASKS_PAYER, _PAYS_AT_THIRD, query=_steps(_CUT, _CUT)),
    51: Scenario(
        "query_system_error",
        "payer confirms; the first two queries say SYSTEMERROR",
        _ASKS_PAYER,
        _PAYS_AT_THIRD,
        query=_steps(Step(code="SYSTEMERROR"), Step(code="SYSTEMERROR")),
    ),
}

_UNDOING = {
    55: _revoked("revoke_again", "never confirmed; revoke answers recall=Y twice", _steps(*[Step(act=False, again=True)] * 2)),
    56: _revoked(
        "revoke_busy", "never confirmed; revoke answers USERPAYING twice", _steps(*[Step(act=False, code="USERPAYING", again=True)] * 2)
    ),
    57: _revoked("revoke_silent", "never confirmed; three revokes are cut before they act", _steps(*[_LOST] * 3)),
    58: _revoked("revoke_lost_answer", "never confirmed; the revoke acts, its answer is lost", _steps(_CUT)),
    59: _revoked(
        "revoke_forbidden", "never confirmed; revoke is refused for good", _always(Step(act=False, code="TRADE_ERROR", again=False))
    ),
    60: _revoked(
        "revoke_unknown", "never confirmed; revoke says INVALID_TRANSACTIONID", _always(Step(act=False, code="INVALID_TRANSACTIONID"))
    ),
    61: _revoked(
        "revoke_system_error",
        "never confirmed; revoke answers SYSTEMERROR twice",
        _steps(*[Step(act=False, code="SYSTEMERROR", again=True)] * 2),
    ),
    62: _revoked("paid_between", "paid between the last query and the revoke, which refunds", Steps(), _pays_at_revoke()),
    63: _revoked(
        "paid_while_revoking",
        "the first revoke answers USERPAYING, then the payer confirms",
        _steps(Step(act=False, code="USERPAYING", again=True)),
        _pays_at_revoke(answered=True),
    ),
    64: _revoked(
        "paid_late",
        "revoke is refused for good, then the payer pays",
        _always(Step(act=False, code="TRADE_ERROR", again=False)),
        _pays_at_revoke(answered=True),
    ),
    65: _revoked(
        "paid_after_revoked",
        "revoke says done, and yet the payer pays afterwards",
        _steps(Step(act=False)),
        Move(Standing.PAID, on=Call.REVOKE, answered=True),
    ),
    66: Scenario(
        "arrives_after_revoke",
        "lost charge, revoke says INVALID_TRANSACTIONID, then the charge arrives and is paid",
        moves=(Move(Standing.PAID, on=Call.REVOKE, answered=True),),
        charge=_steps(_LOST),
    ),
    67: _revoked("revoke_bad_signature", "never confirmed; the revoke acts, its answer is wrongly signed", _steps(Step(lie=Lie.SIGNATURE))),
    68: Scenario("refund_refused", "paid; a refund is refused for good", refund=_always(Step(act=False, code="NOTENOUGH"))),
    69: Scenario("refund_lost", "paid; the refund acts, its answer is lost", refund=_steps(_CUT)),
    70: Scenario("refund_busy", "paid; the first two refunds say SYSTEMERROR", refund=_steps(*[Step(act=False, code="SYSTEMERROR")] * 2)),
    71: Scenario("close_refused", "QR order; closing is refused", Standing.UNPAID, close=_always(Step(act=False, code="SYSTEMERROR"))),
}

_UNTRUE = {
    75: _lied("bad_signature", Lie.SIGNATURE, "paid; the charge's answer is wrongly signed", always=False),
    76: _lied("bad_signature_always", Lie.SIGNATURE, "paid; every answer but the revoke's is wrongly signed", always=True),
    77: _lied("no_signature", Lie.NO_SIGNATURE, "paid; the charge's answer is not signed", always=False),
    78: _lied("wrong_amount", Lie.AMOUNT, "paid, says another amount", always=True),
    79: _lied("wrong_currency", Lie.CURRENCY, "paid, says another currency", always=True),
    80: _lied("wrong_merchant", Lie.MERCHANT, "paid, says another merchant", always=True),
    81: _lied("wrong_number", Lie.NUMBER, "paid, says another order number", always=True),
    82: _lied("extra_fields", Lie.EXTRA_FIELDS, "paid, with fields nobody knows", always=True),
    83: _lied("zero_fields", Lie.ZERO_FIELDS, "paid, with fields of value 0", always=True),
}

_BROKEN = {
    85: _broken(Fault.MALFORMED, "paid; the answer is no XML"),
    86: _broken(Fault.TRUNCATED, "paid; the answer ends in the middle"),
    87: _broken(Fault.DOCTYPE, "paid; the answer brings an external DTD"),
    88: _broken(Fault.ENTITY_BOMB, "paid; the answer brings nested entities"),
    89: _broken(Fault.HUGE, "paid; the answer has 8 MB"),
    90: _broken(Fault.HTML_502, "paid; a proxy answers 502 with a page"),
    91: _broken(Fault.REDIRECT, "paid; the answer is a redirect"),
    92: _broken(Fault.SLOW, "paid; the answer drips"),
    93: _broken(Fault.GZIP, "paid; the answer is compressed"),
    94: _broken(Fault.BOM, "paid; the answer begins with a byte-order mark"),
    95: _broken(Fault.NOT_UTF8, "paid; the answer is not UTF-8"),
    96: _broken(Fault.EMPTY, "paid; the answer is empty"),
}

BY_SUFFIX: dict[int, Scenario] = {**_PAYER, **_REFUSED, **_UNCLEAR, **_UNDOING, **_UNTRUE, **_BROKEN}
CASES: dict[str, Scenario] = {scenario.name: scenario for scenario in BY_SUFFIX.values()}
PAID = CASES["paid"]


def case_of_code(code: str) -> Scenario:
    """The case that a payer's code asks for with its last two digits; `paid` where they name none."""
    suffix = code[-2:]
    return BY_SUFFIX.get(int(suffix), PAID) if suffix.isascii() and suffix.isdigit() else PAID


def code_for(case: str, serial: int = 0, prefix: str = "13") -> str:
    """A made-up 18-digit WeChat code that asks for that case; another `serial` gives another code. KeyError: no such case."""
    suffix = next((digits for digits, scenario in BY_SUFFIX.items() if scenario.name == case), None)
    if suffix is None:
        raise KeyError(case)
    return f"{prefix}{serial:0{16 - len(prefix)}d}{suffix:02d}"


def case_table() -> list[tuple[str, str, str]]:
    """Every case: the two digits, its name, what happens. As printed and as documented."""
    return [(f"{suffix:02d}", scenario.name, scenario.text) for suffix, scenario in sorted(BY_SUFFIX.items())]
