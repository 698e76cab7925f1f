"""A number pad: any key events, to keys, to what is asked for. Four bytes an event, as for `scanner-keys`."""

from __future__ import annotations

from daemon import texts
from daemon.tills.http import Terms
from daemon.tills.keypad_typing import FORGET_S, Ask, Refuse, Typing
from hw import keys
from hw.decode_pad import PadDecoder
from hw.interfaces import PadKey
from hw.keyboard import Torn

TERMS = Terms("CNY", 50_000)
_KINDS = (keys.EV_SYN, keys.EV_KEY, keys.EV_KEY, keys.EV_KEY, keys.EV_LED, keys.EV_REL, 0x15)
_HELD = 7  # as the kind: what the device says is held
_BLOCKED = (None, "busy", "busy_other")
_PAUSES_S = (0.01, 0.5, 5.0, FORGET_S)


def typed(data: bytes) -> None:
    """Whatever is pressed, only a sound amount is asked for, and none that has a part of what was lost."""
    decoder, typing, now = PadDecoder(), Typing(TERMS), 0.0
    for at in range(0, len(data) - 3, 4):
        first, code, high, value = data[at : at + 4]
        now += _PAUSES_S[first & 3]
        typing.expire(now)
        typing.blocked, typing.is_ours = _BLOCKED[(first >> 2 & 3) % 3], bool(first & 16)
        if first >> 5 == _HELD:
            decoder.held({code, high}, caps=bool(value & 1))
            continue
        was_lost = decoder.lost_track
        outcome = decoder.feed(_KINDS[first >> 5], code | (high & 1) << 8, value & 3, now)
        if isinstance(outcome, Torn):
            typing.clear()
        elif outcome is not None:
            assert not was_lost, "a key before anybody knows what is held"
            _press(typing, outcome, now)


def _press(typing: Typing, key: PadKey, now: float) -> None:
    before = typing.line
    wish = typing.press(key, now)
    if isinstance(wish, Ask):
        assert key is PadKey.ENTER
        assert typing.blocked is None
        assert 1 <= wish.amount.minor <= TERMS.max_amount
    if isinstance(wish, Refuse):
        assert wish.why in texts.NOT_TAKEN
        assert typing.line is before, "a key that was refused changed the line"
    assert len(typing.line.figure) <= 12
    assert len(typing.line.context) <= 32
