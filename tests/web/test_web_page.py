"""The page's files: all there, of the right kind, and nothing in them that another site could use."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from daemon.secret import Secret
from daemon.web.errors import Problem
from daemon.web.page import CONTENT_SECURITY_POLICY, Page

STATIC = Path(__file__).parents[2] / "daemon" / "web" / "static"
TOKEN = "open-sesame-0123"  # made up
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".yaml": "application/yaml"}
FILES = sorted(path for path in STATIC.iterdir() if path.suffix in KINDS)
SHOWN = [path for path in FILES if path.suffix != ".yaml"]  # the OpenAPI document, which is a link, is for programs


async def test_the_index_is_at_the_root(box):
    async with box.session.get(box.url("/")) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert await answer.read() == (STATIC / "index.html").read_bytes()


@pytest.mark.parametrize("name", [path.name for path in FILES])
async def test_every_file_is_served_as_what_it_is(box, name):
    async with box.session.get(box.url(f"/page/{name}")) as answer:
        assert (answer.status, answer.content_type) == (200, KINDS[Path(name).suffix])
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Server"] == "tillbox"


async def test_the_document_of_all_paths_is_served_too(box):
    async with box.session.get(box.url("/v1/api.yaml")) as answer:
        assert (answer.status, answer.content_type) == (200, "application/yaml")
        assert await answer.read() == (STATIC.parents[2] / "docs" / "api.yaml").read_bytes()


async def test_a_file_that_the_browser_has_is_not_sent_again(box):
    async with box.session.get(box.url("/page/style.css")) as answer:
        tag = answer.headers["ETag"]
        assert answer.headers["Cache-Control"] == "no-cache"
    async with box.session.get(box.url("/page/style.css"), headers={"If-None-Match": tag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    async with box.session.get(box.url("/page/style.css"), headers={"If-None-Match": '"another"'}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("path", ["/page/nothing.js", "/page/..%2fapi.py", "/page/api.py", "/page/", "/page"])
async def test_nothing_else_is_there(box, path):
    async with box.session.get(box.url(path)) as answer:
        assert answer.status == 404
        assert (await answer.json())["error"]["code"] == "no_such_path"


class Caller:
    """Who asks for one of the page's files."""

    def __init__(self, name: str) -> None:
        self.match_info = {"name": name}
        self.headers: dict[str, str] = {}


async def shown(page: Page, name: str) -> bytes:
    request: Any = Caller(name)
    return bytes((await page.file(request)).body)


@pytest.fixture
def folder(tmp_path):
    """The files as they are, but for the box that is upgraded."""
    return Path(shutil.copytree(STATIC, tmp_path / "static"))


def upgrade(folder: Path, name: str, body: bytes) -> None:
    """As a package does it: another file in its place, of an older day maybe."""
    (folder / "new").write_bytes(body)
    os.utime(folder / "new", (1, 1))
    (folder / "new").replace(folder / name)


async def test_a_page_that_somebody_opened_stays_the_one_that_the_box_came_with(folder):
    page, before = Page(folder), (folder / "main.js").read_bytes()
    assert await shown(page, "style.css")
    upgrade(folder, "main.js", b"of the next box")
    assert await shown(page, "main.js") == before
    assert await shown(Page(folder), "main.js") == b"of the next box"


@pytest.mark.parametrize("change", ["another", "same size", "new", "gone", "all gone"])
async def test_files_that_an_upgrade_put_there_are_not_served_by_the_box_from_before_it(folder, change):
    page = Page(folder)
    match change:
        case "another":
            upgrade(folder, "main.js", b"of the next box")
        case "same size":
            upgrade(folder, "main.js", (folder / "main.js").read_bytes())
        case "new":
            (folder / "more.js").write_bytes(b"")
        case "gone":
            (folder / "main.js").unlink()
        case _:
            shutil.rmtree(folder)
    for name in ("index.html", "style.css"):
        with pytest.raises(Problem, match="was replaced") as answer:
            await shown(page, name)
        assert (answer.value.status, answer.value.code) == (503, "replaced")


async def test_a_box_sells_without_its_page(tmp_path):
    with pytest.raises(Problem, match="was replaced"):
        await shown(Page(tmp_path / "nothing"), "index.html")


async def test_the_files_need_no_token_and_what_they_show_does(serve):
    box = await serve(token=Secret(TOKEN))
    for path in ("/", "/page/main.js"):
        async with box.session.get(box.url(path)) as answer:
            assert answer.status == 200
    for path in ("/v1/box", "/v1/watch", "/v1/payments", "/v1/simulated"):
        async with box.session.get(box.url(path)) as answer:
            assert answer.status == 401


def test_nothing_is_loaded_from_elsewhere_and_nothing_is_inline():
    """What the content security policy would refuse in a browser is not in the files to begin with."""
    for path in SHOWN:
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text), path.name
    index = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", index)


def test_every_word_of_the_page_is_there_in_both_languages():
    words = (STATIC / "words.js").read_text(encoding="utf-8")
    english, chinese = words.split("const ZH = {")
    names = set(re.findall(r"^  (\w+):", english.split("const EN = {")[1], re.MULTILINE))
    assert names == set(re.findall(r"^  (\w+):", chinese.split("const LANGUAGES")[0], re.MULTILINE))
    used = set(re.findall(r'data-word="(\w+)"', (STATIC / "index.html").read_text(encoding="utf-8")))
    for path in STATIC.glob("*.js"):
        used |= set(re.findall(r'\bword\("(\w+)"', path.read_text(encoding="utf-8")))
    assert used <= names
    assert len(used) > 50
