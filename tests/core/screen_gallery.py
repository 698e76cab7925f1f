"""One view of every screen there is, for the tests of screens, layout and texts."""

from daemon import texts
from daemon.money import Amount, Minor
from daemon.payment import Reason, State
from daemon.texts import Language
from daemon.view import Notice, NoticeKind, Outage, Part, Phase, Prompt, PromptKind, View

USUAL = Amount(Minor(1250), "CNY")
LARGEST = Amount(Minor(123456789012), "CNY")

LANGUAGES = (Language.EN, Language.ZH)
NATIVE = "weixin://wxpay/bizpayurl?pr=Example"
"""As long as the links of WeChat Pay: 35 bytes, two pixels a module on 128x64."""

PAGE = "https://pay.example.org/hosted/en/payment/page?token=000000000000000000000000000000-0000"
"""As long as the address of a hosted page: 88 bytes, one pixel a module there."""

SIZES = ((128, 64), (128, 32), (96, 16), (64, 48), (64, 32), (64, 128), (128, 128), (256, 64))


def view(state: State | None = None, code: str = "", **more: object) -> View:
    """A view of a running, named box; with a state, of a payment of the usual amount that ended for the code's reason."""
    fields: dict[str, object] = {"ready": True, "store_name": "Corner Café", "state": state}
    if state is not None:
        fields["amount"] = USUAL
    if code:
        fields["reason"] = Reason(code, "")
    return View(**(fields | more))  # type: ignore[arg-type]  # a test's shorthand


def missing(*parts: Part) -> tuple[Outage, ...]:
    return tuple(Outage(part) for part in parts)


SCREENS: dict[str, View] = {
    "starting": view(phase=Phase.STARTING),
    "stopped": view(phase=Phase.STOPPED),
    "ready": view(),
    "ready_hanzi": view(store_name="街角小店"),
    "ready_nameless": view(store_name=""),
    "ready_long_name": view(store_name="The Long Name of a Very Small Shop at the Corner of the Old Harbour"),
    "ready_lights_missing": view(outages=missing(Part.LIGHTS)),
    "not_ready": view(ready=False, outages=missing(Part.SCANNER)),
    "not_ready_thrice": view(ready=False, outages=missing(Part.SCANNER, Part.CLOCK, Part.GATEWAY)),
    "not_ready_in_doubt": view(ready=False, in_doubt=2),
    "not_ready_unexplained": view(ready=False),
    "not_set_up": view(ready=False, unset=("gateways",)),
    "not_set_up_much": view(ready=False, unset=("gateways.backend.secret_file", "box.terminal_id", "scanner.device")),
    "awaiting_code": view(State.AWAITING_CODE, left_s=47),
    "awaiting_code_smallest": view(State.AWAITING_CODE, amount=Amount(Minor(1), "CNY"), left_s=60),
    "awaiting_code_largest": view(State.AWAITING_CODE, amount=LARGEST, left_s=60),
    "awaiting_code_francs": view(State.AWAITING_CODE, amount=Amount(Minor(1250), "CHF"), left_s=9),
    "awaiting_code_again": view(State.AWAITING_CODE, "AUTHCODEEXPIRE", left_s=47),
    "awaiting_code_no_scanner": view(State.AWAITING_CODE, left_s=47, outages=missing(Part.SCANNER)),
    "submitting": view(State.SUBMITTING, left_s=30),
    "pending": view(State.PENDING, left_s=22),
    "pending_confirming": view(State.PENDING, confirming=True, left_s=22),
    "creating_qr": view(State.CREATING_QR, left_s=20),
    "presenting_qr": view(State.PRESENTING_QR, qr=NATIVE, left_s=107),
    "presenting_qr_largest": view(State.PRESENTING_QR, qr=NATIVE, amount=LARGEST, left_s=120),
    "presenting_qr_confirming": view(State.PRESENTING_QR, qr=NATIVE, confirming=True, left_s=31),
    "presenting_qr_long": view(State.PRESENTING_QR, qr=PAGE, left_s=9),
    "revoking": view(State.REVOKING),
    "closing": view(State.CLOSING),
    "paid": view(State.PAID),
    "paid_largest": view(State.PAID, amount=LARGEST),
    "refused": view(State.REFUSED, "NOTENOUGH"),
    "refused_unknown_code": view(State.REFUSED, "SOMETHING_NEW"),
    "expired": view(State.EXPIRED, "scan_timeout"),
    "refused_unreadable": view(State.REFUSED, "qr_unreadable"),
    "expired_qr": view(State.EXPIRED, "qr_timeout"),
    "cancelled": view(State.CANCELLED, "cancelled"),
    "revoked": view(State.REVOKED, "timeout"),
    "refunded": view(State.REFUNDED, "paid_late"),
    "in_doubt": view(State.IN_DOUBT, "mismatch"),
    "wrong_code": view(State.AWAITING_CODE, notice=Notice(NoticeKind.WRONG_CODE, "receive")),
    "scan_again": view(State.AWAITING_CODE, notice=Notice(NoticeKind.SCAN_AGAIN)),
    "no_route": view(State.AWAITING_CODE, notice=Notice(NoticeKind.NO_ROUTE, "unionpay")),
    "not_sent": view(State.AWAITING_CODE, notice=Notice(NoticeKind.NOT_SENT)),
    "not_stored": view(notice=Notice(NoticeKind.NOT_STORED)),
    "typed": view(prompt=Prompt(PromptKind.TYPED, "12.5")),
    "typed_sum": view(prompt=Prompt(PromptKind.TYPED, "3", before="12.50 +")),
    "typed_times": view(prompt=Prompt(PromptKind.TYPED, "2.5", before="12.50 + 3 ×")),
    "typed_longest": view(prompt=Prompt(PromptKind.TYPED, "99999.99", before="99999.99 + 999 ×")),
    "last": view(prompt=Prompt(PromptKind.LAST, "¥12.50", state=State.PAID)),
    "last_not_paid": view(prompt=Prompt(PromptKind.LAST, "¥12.50", state=State.CANCELLED)),
    "not_taken": view(prompt=Prompt(PromptKind.TYPED, "5000"), notice=Notice(NoticeKind.NOT_TAKEN, "too_much")),
    "not_taken_busy": view(State.AWAITING_CODE, notice=Notice(NoticeKind.NOT_TAKEN, "busy")),
    "offered": view(prompt=Prompt(PromptKind.OFFERED, "¥12.50", button=True, scan=True)),
    "offered_scan": view(prompt=Prompt(PromptKind.OFFERED, "¥12.50", scan=True)),
    "offered_button": view(prompt=Prompt(PromptKind.OFFERED, "¥12.50", button=True)),
}

ENDS = (State.REFUSED, State.EXPIRED, State.CANCELLED, State.REVOKED)


def everything_said() -> list[View]:
    """A view for every text: each reason on each screen that can show it, each notice, each outage."""
    return [
        *SCREENS.values(),
        *(view(state, code) for code in texts.REASONS for state in ENDS),
        *(view(State.AWAITING_CODE, code, left_s=60) for code in texts.REASONS),
        *(view(State.AWAITING_CODE, notice=Notice(NoticeKind.WRONG_CODE, kind)) for kind in texts.WRONG_CODES),
        *(view(State.AWAITING_CODE, notice=Notice(NoticeKind.NO_ROUTE, scheme)) for scheme in texts.SCHEMES),
        *(view(State.AWAITING_CODE, notice=Notice(kind)) for kind in NoticeKind),
        *(view(notice=Notice(NoticeKind.NOT_TAKEN, why)) for why in texts.NOT_TAKEN),
        *(view(prompt=Prompt(PromptKind.LAST, "¥12.50", state=state)) for state in (*ENDS, State.PAID, State.REFUNDED, State.IN_DOUBT)),
        *(view(ready=ready, outages=missing(part)) for part in Part for ready in (True, False)),
        *(view(ready=False, outages=missing(part, Part.CLOCK, Part.GATEWAY)) for part in Part),
        *(view(ready=ready, in_doubt=count) for count in (1, 2, 99) for ready in (True, False)),
    ]
