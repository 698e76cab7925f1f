"""Cases that only an order with a QR code can have: no payer's code asks for them, a script or the control API does, by name."""

from __future__ import annotations

from daemon.sandbox.scenario import Call, Move, Scenario, Standing, Step, Steps

NOT_CANCELLABLE = "NOT_CANCELLABLE"
"""The code of a close at which Connect's stand-in refuses it; its payment says beforehand that it cannot be cancelled."""

TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105  # the name of an error, no token
"""The code of a step at which the stand-in forgets all access tokens, so that this call finds its own dead."""

_DEAD = Step(act=False, code=TOKEN_EXPIRED)

_SHOWN = (
    Scenario(
        "token_expired",
        "CBTIS: the access token dies before the second query; paid before the fourth",
        Standing.UNPAID,
        (Move(Standing.PAID, on=Call.QUERY, nth=4, after="confirm_s"),),
        query=Steps((Step(), _DEAD)),
    ),
    Scenario(
        "completed_before_paid",
        "Connect: the third-party status is COMPLETED while the payment is still REDIRECTED; paid before the sixth query",
        Standing.UNPAID,
        (Move(Standing.PAID, on=Call.QUERY, nth=6, after="confirm_s"),),
        query=Steps((Step(), Step(says=Standing.PAID), Step(says=Standing.UNPAID), Step(says=Standing.PAID), Step(says=Standing.UNPAID))),
    ),
    Scenario(
        "not_cancellable",
        "Connect: the payment cannot be cancelled, and is never paid",
        Standing.UNPAID,
        close=Steps((), Step(act=False, code=NOT_CANCELLABLE)),
    ),
    Scenario("token_expired_at_create", "CBTIS: the access token dies before the order is made", Standing.ABSENT, charge=Steps((_DEAD,))),
)

SHOWN_CASES: dict[str, Scenario] = {scenario.name: scenario for scenario in _SHOWN}
