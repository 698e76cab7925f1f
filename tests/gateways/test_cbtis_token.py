"""CBTIS's access token (`daemon.gateways.cbtis_token`): renewed before it dies, once for all who wait, and its URL never told."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import web
from cbtis_provider import SECRET, Provider, error, providing, secrets_in, settings

from daemon.gateways.cbtis_token import TokenRefused, Tokens
from daemon.gateways.client import Client
from daemon.reply import GatewayError, NotSent


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as provider:
        yield provider


@pytest.fixture
async def tokens(provider: Provider, clock: Clock) -> AsyncIterator[Tokens]:
    client = Client(provider.url)
    yield Tokens(client, settings(provider.url), clock)
    await client.aclose()


async def take(tokens: Tokens, timeout_s: float = 30.0) -> str:
    return (await tokens.take(timeout_s)).reveal()


async def test_uid_and_secret_go_as_the_page_says_whatever_characters_they_have(provider: Provider, tokens: Tokens) -> None:
    assert await take(tokens) == "token-1"
    assert provider.auths == [{"grant_type": "client_credentials", "uid": "39172931", "client_secret": SECRET}]


async def test_one_token_serves_until_it_is_nearly_dead(provider: Provider, tokens: Tokens, clock: Clock) -> None:
    """80 to 90 % of `expires_in`, on a clock that no time server sets."""
    assert await take(tokens) == "token-1"
    clock.now += 3600 * 0.8
    assert await take(tokens) == "token-1"
    clock.now += 3600 * 0.1
    assert await take(tokens) == "token-2"
    assert len(provider.auths) == 2


async def test_all_who_wait_get_the_same_one(provider: Provider, tokens: Tokens) -> None:
    assert set(await asyncio.gather(*[take(tokens) for _ in range(20)])) == {"token-1"}
    assert len(provider.auths) == 1


async def test_a_refused_one_is_fetched_anew_once_however_many_were_refused(provider: Provider, tokens: Tokens) -> None:
    old = await tokens.take(2.0)
    for _ in range(5):
        tokens.refused(old)
    assert set(await asyncio.gather(*[take(tokens) for _ in range(5)])) == {"token-2"}
    tokens.refused(old)  # an answer that was under way all the time
    assert await take(tokens) == "token-2"
    assert len(provider.auths) == 2


async def test_who_gives_up_waiting_takes_nothing_from_the_others(provider: Provider, tokens: Tokens) -> None:
    """The one that fetches is cancelled; the next fetches."""
    first = asyncio.ensure_future(take(tokens))
    second = asyncio.ensure_future(take(tokens))
    await asyncio.sleep(0)
    first.cancel()
    assert await second in ("token-1", "token-2")
    with pytest.raises(asyncio.CancelledError):
        await first
    assert len(provider.auths) <= 2


async def test_an_old_one_serves_on_while_it_lives_and_no_new_one_is_to_be_had(
    provider: Provider, tokens: Tokens, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await take(tokens)
    provider.gives = lambda _request: web.Response(status=503)
    clock.now += 3600 * 0.9
    assert await take(tokens) == "token-1"
    assert "token_not_renewed gateway=cbtis" in caplog.text
    assert await take(tokens) == "token-1"
    assert len(provider.auths) == 2, "after a failure there is a pause"
    clock.now += 31
    assert await take(tokens) == "token-1"
    assert len(provider.auths) == 3
    clock.now += 3600 * 0.1
    with pytest.raises(NotSent, match=r"no access token \(HTTP 503\)"):
        await take(tokens)
    provider.gives = None
    assert (await take(tokens)).startswith("token-")


async def test_the_old_one_serves_on_too_where_the_provider_is_silent(provider: Provider, tokens: Tokens, clock: Clock) -> None:
    await take(tokens)
    listener, address = await _silence()
    tokens._client = Client(address)  # the door for tokens is stuck, of all doors
    clock.now += 3600 * 0.9
    assert await take(tokens, 0.1) == "token-1"
    await tokens._client.aclose()
    listener.close()
    assert provider.auths


@pytest.mark.parametrize(
    ("expires_in", "still", "gone"),
    [
        (3600, 3000, 3100),
        ("3600", 3000, 3100),
        (100, 80, 90),
        (0.5, 0.4, 0.45),
        (None, 3000, 3100),
        (0, 3000, 3100),
        (-5, 3000, 3100),
        (True, 3000, 3100),
        ("soon", 3000, 3100),
        ("９", 3000, 3100),
        (10**30, 500_000, 520_000),
        ("9" * 5000, 500_000, 520_000),
    ],
)
async def test_how_long_it_lives_is_what_the_answer_says_within_reason(
    provider: Provider, tokens: Tokens, clock: Clock, expires_in: Any, still: float, gone: float
) -> None:
    provider.expires_in = expires_in
    await take(tokens)
    clock.now += still
    assert await take(tokens) == "token-1"
    clock.now += gone - still
    assert await take(tokens) == "token-2"


# -- when there is none --


@pytest.mark.parametrize(("status", "surely"), [(400, True), (401, True), (403, True), (404, False), (429, False), (500, False)])
async def test_a_refusal_says_whether_it_is_about_the_credentials(provider: Provider, tokens: Tokens, status: int, surely: bool) -> None:
    provider.gives = lambda _request: error(40101, f"client_secret {SECRET} is wrong", status)
    with pytest.raises(TokenRefused) as caught:
        await take(tokens)
    assert caught.value.surely is surely
    assert f"HTTP {status}, code 40101" in str(caught.value)
    assert ("are uid and client secret right?" in str(caught.value)) is surely


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"<html>log in to the wireless network</html>",
        b"[]",
        {},
        {"access_token": ""},
        {"access_token": None},
        {"access_token": 17},
        {"access_token": "two words"},
        {"access_token": "line\r\nX-Evil: 1"},
        {"access_token": "schlüssel"},
        {"access_token": "x" * 5000},
        {"code": 0, "data": {"access_token": "inside an envelope, which CBTIS does not use here"}},
        b'{"access_token": "a", "access_token": "b"}',
    ],
)
async def test_what_is_no_token_is_none(provider: Provider, tokens: Tokens, said: Any) -> None:
    provider.gives = lambda _request: said
    with pytest.raises(TokenRefused) as caught:
        await take(tokens)
    assert not caught.value.surely
    assert isinstance(caught.value, NotSent), "nothing of the call itself has left the box"


async def _silence() -> tuple[asyncio.Server, str]:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(silent, "127.0.0.1", 0)
    return listener, f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"


async def test_it_leaves_half_of_a_call_s_time_to_the_call(clock: Clock) -> None:
    listener, address = await _silence()
    client = Client(address)
    tokens = Tokens(client, settings(address), clock)
    started = asyncio.get_running_loop().time()
    waits = [asyncio.ensure_future(take(tokens, 0.2)) for _ in range(3)]
    for wait in waits:
        with pytest.raises(NotSent, match="no access token"):
            await wait
    assert asyncio.get_running_loop().time() - started < 0.19, "nor do those who wait for another's turn wait longer"
    await client.aclose()
    listener.close()
    await asyncio.sleep(0.01)


async def test_keeping_one_never_raises_and_tries_ever_so_often(provider: Provider, tokens: Tokens, clock: Clock) -> None:
    provider.gives = lambda _request: web.Response(status=500)
    for _ in range(5):
        await tokens.keep(1.0)
    assert len(provider.auths) == 1
    provider.gives = None
    clock.now += 31
    for _ in range(5):
        await tokens.keep(1.0)
    assert len(provider.auths) == 2
    assert await take(tokens) == "token-2"


# -- the secret is in the URL, and goes no further (P10) --


def chain(failure: BaseException | None) -> Iterator[BaseException]:
    """An exception and everything that it hangs together with, whether a traceback would print it or not."""
    while failure is not None:
        yield failure
        failure = failure.__cause__ or failure.__context__


def _garbage(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.write(b"HTTP/9.9 what\r\n\r\n")  # type: ignore[attr-defined]  # aiohttp types it as the read side only
    request.transport.close()
    return web.Response()


def _cut(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


BREAKS: dict[str, Any] = {
    "garbage": _garbage,
    "cut": _cut,
    "redirect": lambda request: web.Response(status=302, headers={"Location": str(request.url)}),
    "refused": lambda request: error(1, str(request.url), 401),
    "quoted": lambda request: str(request.url).encode(),
    "compressed": lambda _request: web.Response(body=b"x", headers={"Content-Encoding": "gzip"}),
    "huge": lambda _request: web.Response(body=b"x" * 100_000),
    "length": lambda _request: web.Response(body=b"x", headers={"Content-Length": "x"}),
}


@pytest.mark.parametrize("breaks", BREAKS.values(), ids=BREAKS)
async def test_the_url_is_in_no_error_no_cause_no_context_and_no_log(
    provider: Provider, tokens: Tokens, breaks: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """aiohttp writes the URL into its own errors: `ClientResponseError` for one, in `str`, `repr` and `request_info`."""
    provider.gives = breaks
    with caplog.at_level(logging.DEBUG), pytest.raises(GatewayError) as caught:
        await take(tokens)
    await tokens.keep(1.0)
    logging.getLogger("test").error("caught", exc_info=caught.value)
    links = list(chain(caught.value))
    assert links == [caught.value], "nothing foreign hangs on it"
    told = [
        *map(str, links),
        *map(repr, links),
        "".join(traceback.format_exception(caught.value)),
        caplog.text,
        repr(tokens),
        repr(vars(tokens)),
    ]
    assert secrets_in(*told) == []


async def test_nor_where_nobody_listens(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    client = Client("http://127.0.0.1:1")
    tokens = Tokens(client, settings("http://127.0.0.1:1"), clock)
    with caplog.at_level(logging.DEBUG), pytest.raises(NotSent) as caught:
        await take(tokens)
    assert "refuses connections" in str(caught.value)
    assert list(chain(caught.value)) == [caught.value]
    assert secrets_in(*map(str, chain(caught.value)), caplog.text) == []
    await client.aclose()


async def test_a_token_shows_itself_to_nobody(tokens: Tokens, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        token = await tokens.take(2.0)
    assert secrets_in(token, repr(token), repr(tokens), repr(vars(tokens)), repr(tokens._token), caplog.text) == []
    assert [secret.reveal() for secret in tokens.secrets] == ["token-1"]
