"""Who reads a page in Turkish reads its refusals so; a program reads English."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import httpx
import pytest
from babel.messages.pofile import read_po
from fastapi import Depends, FastAPI
from pydantic import BaseModel, Field

from libs.runtime.rule import Refused
from libs.runtime.settings import Settings
from libs.text import said
from libs.web import access, problems
from libs.web.access import Open
from libs.web.app import pages_of
from libs.web.faults import WORDS, fault_words
from libs.web.identity.signer import Signer
from libs.web.language import COOKIE, languages
from libs.web.messages import BESIDE, PARTS, ROOT, catalogue
from libs.web.session import BROWSER
from libs.web.session import COOKIE as SESSION


class Away(Exception):
    pass


class Told(BaseModel, extra="forbid"):
    text: str = Field(min_length=2, max_length=10)
    stars: int = Field(ge=1)


def a_site() -> FastAPI:
    app = FastAPI()
    access.install(app, Signer.new().verifier())
    app.state.pages = pages_of("intake", Settings())
    problems.install(app, unavailable=[Away], max_body_bytes=1000)

    @app.post("/api/told", dependencies=[Depends(Open())])
    async def told(told: Told) -> None:
        pass

    @app.post("/api/fails/{how}", dependencies=[Depends(Open())])
    async def fails(how: str) -> None:
        if how == "away":
            raise Away
        if how == "refused":
            title = said("Too long: at most %(max_length)s characters.", max_length=9)
            errors = [{"field": "a", "message": said("This is missing.")}]
            raise Refused("too-long", title, 422, errors=errors)
        raise RuntimeError

    return app


async def asked(path: str, cookies: dict[str, str], **more: object) -> httpx.Response:
    transport = httpx.ASGITransport(a_site(), raise_app_exceptions=False)
    given = {"transport": transport, "base_url": "http://test", "cookies": cookies}
    async with httpx.AsyncClient(**given) as http:
        return await http.post(path, **more)


CASES = [
    ("/api/fails/refused", {}, "too-long", "Çok uzun: en çok 9 karakter olabilir.", "Too long: "),
    ("/api/fails/away", {}, "unavailable", "Bu şu anda yapılamıyor.", "This cannot be done"),
    ("/api/fails/else", {}, "internal-error", "Bizim tarafımızda", "Something went wrong"),
    ("/api/nowhere", {}, "not-found", "Böyle bir sayfa yok.", "Not Found."),
    ("/api/told", {"json": {}}, "invalid", "Bazı alanlar geçerli değil.", "Some fields are not"),
    ("/api/told", {"content": b"x" * 2000}, "body-too-large", "Bu çok büyük", "This is too large"),
]


@pytest.mark.parametrize(("path", "more", "slug", "turkish", "english"), CASES)
async def test_a_page_hears_its_readers_language_and_a_program_english(
    path: str, more: dict[str, object], slug: str, turkish: str, english: str
):
    for cookies in ({COOKIE: "tr"}, {BROWSER: "b" * 32}, {SESSION: "signed"}):
        answer = await asked(path, cookies, **more)
        assert answer.json()["type"] == f"/problems/{slug}"
        assert answer.json()["title"].startswith(turkish)
        assert answer.headers["content-language"] == "tr"
    for cookies in ({}, {COOKIE: "en"}, {"another": "cookie"}):
        answer = await asked(path, cookies, **more)
        assert answer.json()["type"] == f"/problems/{slug}"
        told = "There is no such page." if cookies.get(COOKIE) and slug == "not-found" else english
        assert answer.json()["title"].startswith(told)
        assert answer.headers.get("content-language") == ("en" if COOKIE in cookies else None)


async def test_what_is_wrong_with_fields_is_told_in_the_same_language():
    body = {"text": "x" * 11, "stars": 0, "more": 1}
    turkish = await asked("/api/told", {COOKIE: "tr"}, json=body)
    assert {one["field"]: one["message"] for one in turkish.json()["errors"]} == {
        "text": "Çok uzun: en çok 10 karakter olabilir.",
        "stars": "En az 1 olmalı.",
        "more": "Böyle bir alan yok.",
    }
    program = await asked("/api/told", {}, json=body)
    assert "at most 10 characters" in program.json()["errors"][0]["message"]
    refused = await asked("/api/fails/refused", {COOKIE: "tr"})
    assert refused.json()["errors"] == [{"field": "a", "message": "Bu eksik."}]


def test_a_kind_of_error_that_nobody_foresaw_is_told_all_the_same():
    fault = {"type": "of_ours", "msg": "Own words", "ctx": {"message": "m", "self": 1}}
    assert fault_words(fault, languages()["tr"]) == "Bu kabul edilemez."
    assert fault_words(fault, None) == "Own words"


def test_what_pydantic_says_has_a_place_for_its_figures():
    turkish = languages()["tr"]
    figures = dict.fromkeys(("min_length", "max_length", "gt", "ge", "lt", "le"), 7)
    for word in WORDS.values():
        assert ("7" in turkish.text(word, **figures)) == ("%(" in word)


@pytest.mark.parametrize("part", PARTS)
def test_no_refusal_is_without_turkish(part: str):
    known = set(_messages(part)) | set(_messages("libs/web"))
    for folder in (part, *BESIDE.get(part, ())):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for line, words in _refusals(ast.parse(file.read_text())):
                assert words in known, f"{file.relative_to(ROOT)}:{line}: {words}"


def _messages(part: str) -> Iterator[str]:
    with catalogue(part).open("rb") as source:
        yield from (str(message.id) for message in read_po(source, locale="tr"))


def _refusals(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Where a refusal has which words: a title or a field's message that stands there."""
    for node in ast.walk(module):
        found: list[ast.expr | None] = []
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused":
            found = [*node.args[1:2]]
        elif isinstance(node, ast.Dict):
            members = {
                getattr(key, "value", None): value
                for key, value in zip(node.keys, node.values, strict=True)
            }
            found = [members.get("message")] if "field" in members else []
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "title":
            found = [node.value]
        for one in found:
            assert not isinstance(one, ast.JoinedStr), f"{node.lineno}: say it with `said`"
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield node.lineno, one.value
