"""WeChat Pay's v2 envelope: one flat level of elements below `<xml>`, UTF-8, nothing else.

The reader refuses everything that XML can do beyond that: document types, entities, external files, nesting, doubled
elements. It is given no more than the client's 64 kB.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, and the carriage return, which a reader turns into a line feed and so breaks the signature."""


def build(fields: Mapping[str, str]) -> bytes:
    """The message with these fields. Raises ValueError on a name or a character that XML cannot carry."""
    return ("<xml>" + "".join(_element(name, value) for name, value in fields.items()) + "</xml>").encode()


def _element(name: str, value: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:32]!a} cannot be the name of a field")
    if _FORBIDDEN.search(value):
        raise ValueError(f"the value of {name} holds a character that XML cannot carry")
    return f"<{name}><![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"


def sendable(text: str) -> str:
    """The text with a space in the place of every character that `build` would refuse."""
    return _FORBIDDEN.sub(" ", text)


def parse(body: bytes) -> dict[str, str]:
    """The fields of a message. Raises ValueError, with a text that quotes nothing, where it is not one."""
    root = _tree(body)
    if root.tag != "xml":
        raise ValueError("its root is not <xml>")
    fields: dict[str, str] = {}
    for child in root:
        if len(child):
            raise ValueError("its elements are nested")
        if child.tag in fields:
            raise ValueError("an element comes twice")
        fields[child.tag] = child.text or ""
    return fields


def _tree(body: bytes) -> Element:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8") from error
    try:
        tree: Element = fromstring(text, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise ValueError(f"it uses XML that is never accepted ({type(error).__name__})") from error
    except (ParseError, ValueError) as error:
        raise ValueError("it is not well-formed XML") from error
    return tree
