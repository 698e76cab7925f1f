"""The cookie of a page that is logged in: what it is called, how it is set and taken back, and what of it comes with a request.

    Set-Cookie: __Host-tillbox=NUMBER; Path=/; HttpOnly; SameSite=Strict; Secure

No script sees it and no other site's request carries it. With TLS it never goes over a line in the clear, and by its prefix `__Host-` no
other name of the same domain can have set it (RFC 6265bis, 4.1.3.2). It has no age: it goes with the browser, and the box knows best
when the session ends.
"""

from __future__ import annotations

from aiohttp import web

_MOST = 4  # of one name; a neighbour in the same domain can add some of its own, and shall not keep the right one from being found
_LONGEST = 64  # characters; a session's number has 43


class Cookie:
    """The session's. `secure`: the box speaks TLS."""

    def __init__(self, *, secure: bool) -> None:
        self.name = "__Host-tillbox" if secure else "tillbox"
        self._flags = "; Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")

    def set(self, answer: web.Response, number: str) -> None:
        answer.headers.add("Set-Cookie", f"{self.name}={number}{self._flags}")

    def take_back(self, answer: web.Response) -> None:
        answer.headers.add("Set-Cookie", f"{self.name}=; Max-Age=0{self._flags}")

    def numbers(self, request: web.Request) -> list[str]:
        """What the request shows as session numbers. (Not `request.cookies`: of several of one name that keeps one alone.)"""
        pairs = [pair.partition("=") for line in request.headers.getall("Cookie", []) for pair in line.split(";")]
        shown = [value.strip() for name, _, value in pairs if name.strip() == self.name]
        return [number for number in shown if 0 < len(number) <= _LONGEST][:_MOST]
