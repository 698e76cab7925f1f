"""The four sales of `tillbox demo --once`, each with the end that it must have."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.demo.stage import Stage


@dataclass(frozen=True, slots=True)
class Story:
    """An amount in fen, the cases of the codes that the payer presents one after the other, and the end."""

    title: str
    minor: int
    cases: tuple[str, ...]
    end: str


STORIES = (
    Story("Paid at once", 1250, ("paid",), "paid"),
    Story("The payer must type the password", 128000, ("password_then_paid",), "paid"),
    Story("Balance too low, then another card", 4990, ("refused_notenough", "paid"), "paid"),
    Story("The payer walks away: undone in time", 8800, ("password_never",), "revoked"),
)


async def play(stage: Stage, story: Story) -> bool:
    """Play one sale; whether it ended as it must, here and with the money at the provider."""
    ref = await stage.ask(story.minor)
    if ref is None:
        return False
    state = "awaiting_code"
    for case in story.cases:
        stage.present(case)
        state = await _after_code(stage, ref)
        if state != "awaiting_code":
            break
    if state not in ("paid", "revoked"):
        state = await stage.follow(ref)
    stage.tell_kept()
    return state == story.end


async def _after_code(stage: Stage, ref: str) -> str:
    """Say what happens to a presented code until the payment is at its end, or wants another code."""
    state = "awaiting_code"
    while True:
        payment = await stage.state_after(ref, state)
        state = str(payment["state"])
        refused = payment["attempts"][-1]["reason"] if state == "awaiting_code" else None
        stage.tell(ref, state, payment["reason"] or refused)
        if payment["final"] or state == "awaiting_code":
            return state
