"""What the panel says: from a view to a picture. Pure, the same pixels everywhere.

`content` turns a view into what is to be said, `daemon.layout` places it, `draw` paints it. Each state has one small function
below. A QR (`daemon.qr`) stands beside the words of the state that shows it.
"""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from daemon import texts
from daemon.layout import Composition, Content, Placed, Words, compose
from daemon.payment import State
from daemon.qr import Panel, picture
from daemon.texts import Language, Text
from daemon.view import Notice, NoticeKind, Part, Phase, Prompt, PromptKind, View

_ROOM_BESIDE = 32
"""Columns from which on words stand beside a QR: an amount of five figures in the smallest letters."""

_ROOM_BELOW = 24
"""Rows from which on words stand below a QR on an upright panel."""


def draw(view: View, width: int, height: int, language: Language) -> Image.Image:
    """The picture for a panel of `width` x `height` pixels: mode "1", lit pixels white."""
    image = Image.new("1", (width, height))
    for part in composed(view, width, height, language).parts:
        image.paste(part.image, (part.x, part.y))
    return image


def composed(view: View, width: int, height: int, language: Language) -> Composition:
    """The parts of the picture, before they are painted."""
    symbol = picture(view.qr, Panel(width, height)) if view.qr is not None and view.state is State.PRESENTING_QR else None
    if symbol is not None:
        return _beside_qr(symbol, content(view, language), width, height)
    return compose(content(view, language), width, height)


def _beside_qr(symbol: Image.Image, words: Content, width: int, height: int) -> Composition:
    """The QR as large as the panel allows; the words beside it, or below it on an upright panel, where there is room for any."""
    right, below = width - symbol.width, height - symbol.height
    if right >= max(below, _ROOM_BESIDE):
        x, y, room = symbol.width, 0, compose(words, right, height)
    elif below >= _ROOM_BELOW:
        x, y, room = 0, symbol.height, compose(words, width, below)
    else:
        return Composition((Placed(symbol, right // 2, below // 2),), complete=False)
    words_there = tuple(Placed(part.image, part.x + x, part.y + y) for part in room.parts)
    at = (0, below // 2) if x else (right // 2, 0)
    return Composition((Placed(symbol, *at), *words_there), room.complete)


def content(view: View, language: Language) -> Content:
    """What the screen says, whatever the size of the panel."""
    if view.phase is not Phase.RUNNING:
        return _phase(view, language)
    if view.unset:
        return _not_set_up(view, language)
    if view.overlay is not None:
        return _notice(view.overlay, language)
    if view.shown_prompt is not None:
        return _OF_PROMPT[view.shown_prompt.kind](view.shown_prompt, language)
    if view.state is not None:
        return _OF_STATE[view.state](view, language)
    return _ready(view, language) if view.ready else _not_ready(view, language)


def _words(text: Text, language: Language) -> Words:
    return Words(text.say(language), text.say_short(language))


def _filled(text: Text, language: Language, **values: object) -> Words:
    words = _words(text, language)
    return Words(words.full.format(**values), words.short.format(**values))


def _plain(text: str) -> Words:
    return Words(text, text)


def _time(view: View) -> str:
    """The time left as minutes and seconds, which needs no language."""
    if view.left_s is None:
        return ""
    minutes, seconds = divmod(max(0, view.left_s), 60)
    return f"{minutes}:{seconds:02}"


def _figure(view: View) -> str:
    return view.amount.text if view.amount is not None else ""


def _message(title: Text, language: Language, *paragraphs: Words, figure: str = "") -> Content:
    """Something that went another way than hoped: the title on a banner, seen from afar."""
    return Content(title=_words(title, language), banner=True, figure=figure, paragraphs=paragraphs)


def _phase(view: View, language: Language) -> Content:
    said = texts.STARTING if view.phase is Phase.STARTING else texts.STOPPED
    return _shop(view, _words(said, language))


def _shop(view: View, *paragraphs: Words) -> Content:
    """The shop's name and a line or two; a shop without a name has the first line as its title."""
    if view.store_name.strip():
        return Content(title=_plain(view.store_name), paragraphs=paragraphs)
    return Content(title=paragraphs[0], paragraphs=paragraphs[1:])


def _ready(view: View, language: Language) -> Content:
    """Ready to sell; what is missing all the same is said small, for the staff."""
    return _shop(view, _words(texts.READY, language), *_missing(view, language))


def _not_ready(view: View, language: Language) -> Content:
    return _message(texts.NOT_READY, language, *_missing(view, language), _words(texts.CALL_STAFF, language))


def _not_set_up(view: View, language: Language) -> Content:
    """The first key that is wrong and how many more there are, and which command says it in words: for the installer."""
    more = f" +{len(view.unset) - 1}" if len(view.unset) > 1 else ""
    return _message(texts.NOT_SET_UP, language, _plain(view.unset[0] + more), _words(texts.RUN_CHECK, language))


def _missing(view: View, language: Language) -> list[Words]:
    """The first thing that wants attention, and how many more there are; nothing where all is well."""
    things = [_words(texts.OUTAGES[outage.part], language) for outage in view.outages]
    if view.in_doubt:
        things.append(_filled(texts.ONE_DOUBT if view.in_doubt == 1 else texts.DOUBTS, language, count=view.in_doubt))
    more = f" +{len(things) - 1}" if len(things) > 1 else ""
    return [Words(thing.full + more, thing.short + more) for thing in things[:1]]


def _notice(notice: Notice, language: Language) -> Content:
    told = texts.NOTICES[notice.kind]
    if notice.kind is NoticeKind.NOT_TAKEN:
        told = texts.NOT_TAKEN.get(notice.detail, told)
    why = _words(told.why, language)
    if notice.kind is NoticeKind.WRONG_CODE:
        why = _words(texts.WRONG_CODES.get(notice.detail, told.why), language)
    if notice.kind is NoticeKind.NO_ROUTE:
        scheme = texts.SCHEMES.get(notice.detail, texts.SCHEMES[""])
        why = _filled(told.why, language, scheme=scheme.say(language))
    return _message(_TITLE_OF_NOTICE[notice.kind], language, why, _words(told.do, language))


_TITLE_OF_NOTICE = {
    NoticeKind.WRONG_CODE: texts.WRONG_CODE,
    NoticeKind.SCAN_AGAIN: texts.TRY_AGAIN,
    NoticeKind.NO_ROUTE: texts.WRONG_CODE,
    NoticeKind.NOT_SENT: texts.NOT_SENT,
    NoticeKind.NOT_STORED: texts.NOT_READY,
    NoticeKind.NOT_TAKEN: texts.TRY_AGAIN,
}


def _typed(prompt: Prompt, language: Language) -> Content:
    """What is typed stands large from its first key on; what it will be added to or multiplied with, above it."""
    title = _plain(prompt.before) if prompt.before else _words(texts.AMOUNT, language)
    return Content(title=title, figure=prompt.figure, paragraphs=(_words(texts.PRESS_ENTER, language),))


def _offered(prompt: Prompt, language: Language) -> Content:
    """The till's total, and how it is asked for."""
    by_scan = texts.OFFERED_BOTH if prompt.button else texts.SHOW_CODE
    wanted = by_scan if prompt.scan else texts.OFFERED_BUTTON
    return Content(figure=prompt.figure, paragraphs=(_words(wanted, language),))


def _last(prompt: Prompt, language: Language) -> Content:
    """How the last payment ended, in the word that its own screen had."""
    ended = (_words(_ENDS[prompt.state], language),) if prompt.state in _ENDS else ()
    return Content(title=_words(texts.LAST, language), figure=prompt.figure, paragraphs=ended, tick=prompt.state is State.PAID)


_OF_PROMPT: dict[PromptKind, Callable[[Prompt, Language], Content]] = {
    PromptKind.TYPED: _typed,
    PromptKind.OFFERED: _offered,
    PromptKind.LAST: _last,
}
_ENDS: dict[State | None, Text] = {
    State.PAID: texts.PAID,
    State.REFUSED: texts.REFUSED,
    State.EXPIRED: texts.EXPIRED,
    State.CANCELLED: texts.CANCELLED,
    State.REVOKED: texts.REVOKED,
    State.REFUNDED: texts.REFUNDED,
    State.IN_DOUBT: texts.IN_DOUBT,
}


def _awaiting(view: View, language: Language) -> Content:
    """The amount and what to do; after a refusal that a fresh code mends, why and what to do."""
    if view.lacks(Part.SCANNER):
        wanted: tuple[Words, ...] = (_words(texts.OUTAGES[Part.SCANNER], language), _words(texts.CALL_STAFF, language))
    elif view.reason is not None:
        told = texts.why(view.reason.code)
        wanted = tuple(_plain(text.say_short(language)) for text in (told.why, told.do))
    else:
        wanted = (_words(texts.SHOW_CODE, language),)
    return Content(figure=_figure(view), paragraphs=wanted, time=_time(view))


def _waiting(view: View, language: Language) -> Content:
    said = texts.CONFIRM if view.confirming else texts.PLEASE_WAIT
    return Content(figure=_figure(view), paragraphs=(_words(said, language),), time=_time(view))


def _showing_qr(view: View, language: Language) -> Content:
    """What stands beside the QR itself."""
    said = texts.CONFIRM if view.confirming else texts.SCAN_QR
    return Content(figure=_figure(view), paragraphs=(_words(said, language),), time=_time(view))


def _undoing(view: View, language: Language) -> Content:
    return Content(title=_words(texts.CANCELLING, language), paragraphs=(_words(texts.PLEASE_WAIT, language),), figure=_figure(view))


def _paid(view: View, language: Language) -> Content:
    return Content(title=_words(texts.PAID, language), tick=True, figure=_figure(view))


_LONGEST_CODE = 20
"""Characters of an unknown code that one line of the smallest usual panel holds."""


def _ended(title: Text) -> Callable[[View, Language], Content]:
    """Why it ended, and what to do. A provider's code that has no words here is shown as it is, for the staff to report."""

    def screen(view: View, language: Language) -> Content:
        if view.reason is None:
            return _message(title, language, _words(texts.START_AGAIN, language))
        told = texts.why(view.reason.code)
        if view.reason.code not in texts.REASONS:
            return _message(title, language, _words(told.do, language), _plain(view.reason.code[:_LONGEST_CODE]))
        return _message(title, language, _words(told.why, language), _words(told.do, language))

    return screen


def _refunded(view: View, language: Language) -> Content:
    return _message(texts.REFUNDED, language, _words(texts.MONEY_BACK, language), figure=_figure(view))


def _in_doubt(_: View, language: Language) -> Content:
    said = (_words(texts.DO_NOT_PAY_AGAIN, language), _words(texts.CALL_STAFF, language))
    return _message(texts.IN_DOUBT, language, *said)


_OF_STATE: dict[State, Callable[[View, Language], Content]] = {
    State.AWAITING_CODE: _awaiting,
    State.SUBMITTING: _waiting,
    State.PENDING: _waiting,
    State.CREATING_QR: _waiting,
    State.PRESENTING_QR: _showing_qr,
    State.REVOKING: _undoing,
    State.CLOSING: _undoing,
    State.PAID: _paid,
    State.REFUSED: _ended(texts.REFUSED),
    State.EXPIRED: _ended(texts.EXPIRED),
    State.CANCELLED: _ended(texts.CANCELLED),
    State.REVOKED: _ended(texts.REVOKED),
    State.REFUNDED: _refunded,
    State.IN_DOUBT: _in_doubt,
}
