"""daemon.web.metrics: who may read the metrics, and how many at once."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from scripted_desk import a_web

from daemon.metrics.exposition import Text
from daemon.secret import Secret
from daemon.web.settings import Limits

TOKEN = "a-token-of-this-test"


class Page:
    """A web server with metrics, each scrape of which waits until it is let."""

    def __init__(self) -> None:
        self.accepted: list[str] = []
        self.let = asyncio.Event()
        self.let.set()

    async def scrape(self, accept: str) -> Text:
        self.accepted.append(accept)
        await self.let.wait()
        return Text(b"tillbox_ready 1.0\n", "text/plain; version=0.0.4; charset=utf-8")


@pytest.fixture
def page():
    return Page()


@pytest.fixture
async def web(page, request):
    token = getattr(request, "param", None)
    running = a_web(scrape=page.scrape, token=token, limits=Limits(scrapes=2))
    await running.start()
    yield running
    page.let.set()
    await running.stop()


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


def url(web):
    return f"http://127.0.0.1:{web.port}/metrics"


async def test_the_text_comes_as_it_was_made(web, page, session):
    async with session.get(url(web), headers={"Accept": "text/plain;version=0.0.4"}) as answer:
        assert (answer.status, await answer.read()) == (200, b"tillbox_ready 1.0\n")
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
    assert page.accepted == ["text/plain;version=0.0.4"]


async def test_head_has_no_body(web, session):
    async with session.head(url(web)) as answer:
        assert (answer.status, await answer.read()) == (200, b"")


async def test_several_accepts_are_one(web, page, session):
    async with session.get(url(web), headers=[("Accept", "text/plain"), ("Accept", "*/*")]) as answer:
        assert answer.status == 200
    assert page.accepted == ["text/plain, */*"]


@pytest.mark.parametrize("web", [Secret(TOKEN)], indirect=True)
@pytest.mark.parametrize(
    ("headers", "status"), [({}, 401), ({"Authorization": "Bearer wrong"}, 401), ({"Authorization": f"Bearer {TOKEN}"}, 200)]
)
async def test_with_a_token_configured_it_must_be_shown(web, page, session, headers, status):
    async with session.get(url(web), headers=headers) as answer:
        assert answer.status == status
    assert len(page.accepted) == (status == 200)


async def test_without_one_only_programs_of_this_machine_may(web, session):
    async with session.get(url(web), headers={"Host": "pay.example.com"}) as answer:
        assert answer.status == 403


async def test_a_third_reader_is_told_to_come_back(web, page, session):
    page.let.clear()
    first = [asyncio.ensure_future(session.get(url(web))) for _ in range(2)]
    while len(page.accepted) < 2:
        await asyncio.sleep(0.001)
    async with session.get(url(web)) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (503, "too_many")
    page.let.set()
    for request in first:
        async with await request as answer:
            assert answer.status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_nothing_can_be_written_to_it(web, session, method):
    async with session.request(method, url(web)) as answer:
        assert (answer.status, set(answer.headers["Allow"].split(", "))) == (405, {"GET", "HEAD"})


async def test_a_box_without_metrics_has_no_such_path(box):
    status, body = await box.call("GET", "/metrics")
    assert (status, body["error"]["code"]) == (404, "no_such_path")
