"""A new request as an integrator sends it, checked whole: all that is wrong is told at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from libs.events import Point
from libs.runtime.table import TenantTable
from libs.tenants import Located, Tenant, TenantCategory
from libs.tenants.geometry import Geometry, area_of
from libs.tenants.tenant import Question, TenantNeighbourhood
from libs.text import fold

from ..asked import ContactIn, ToSubmit
from .arguments import Arguments, decimal
from .services import datatype, keys_of, service_of, unknown_service

MOST_TEXT = 4000
MOST_LINE = 500
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,64})\](?:\[\])?")
_URL = re.compile(r"https?://[^\s<>\"]{3,480}", re.ASCII)
_KEY = re.compile(r"[\x21-\x7e]{8,128}")
MEDIA_URL = "media_url"
"""As which answer the address of a picture elsewhere is kept: it is never fetched."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be submitted, and where; `exact` unless only words say where."""

    request: ToSubmit
    place: Located
    category: TenantCategory
    exact: bool
    account: str | None


def asked_of(tenants: TenantTable, tenant: Tenant, arguments: Arguments) -> Asked:
    """Refused (400, 404) with everything that is wrong."""
    category = _category(tenant, arguments)
    place, point, exact = _place(tenants, tenant, arguments)
    answers = _answers(category, arguments) if category else {}
    address = _line(arguments, "address_string", MOST_LINE)
    contact = _contact(arguments)
    text = _text(category, arguments)
    key = _matching(arguments, "client_request_id", _KEY)
    if url := _matching(arguments, MEDIA_URL, _URL):
        answers[MEDIA_URL] = url
    arguments.check()
    assert category is not None
    assert place is not None
    request = ToSubmit(
        text=text,
        point=point,
        category=category.code,
        address=address,
        channel="open311",
        contact=contact,
        answers=answers,
        client_request_id=key,
    )
    return Asked(request, place, category, exact, _line(arguments, "account_id", 200))


def _category(tenant: Tenant, arguments: Arguments) -> TenantCategory | None:
    code = arguments.one("service_code")
    if code is None:
        arguments.wrong("service_code gerekli.", "service_code is required.")
        return None
    category = service_of(tenant, code)
    if category is None:
        arguments.faults.append(unknown_service())
    return category


Placed = tuple[Located | None, Point, bool]
_NOWHERE = Point(lat=0.0, lon=0.0)


def _place(tenants: TenantTable, tenant: Tenant, arguments: Arguments) -> Placed:
    """A point that is this tenant's; for an address alone one that stands for it."""
    told = [arguments.one("lat"), arguments.one("long")]
    lat, lon = arguments.number("lat", -90, 90), arguments.number("long", -180, 180)
    if all(told):
        if lat is None or lon is None:
            return None, _NOWHERE, True
        return _at(tenants, tenant, Point(lat=lat, lon=lon), arguments)
    if any(told):
        arguments.wrong("lat ve long birlikte verilmeli.", "lat and long go together.")
        return None, _NOWHERE, True
    code, words = arguments.one("address_id"), arguments.one("address_string")
    if code is None and words is None:
        arguments.wrong(
            "Yer gerekli: lat ile long, address_string veya address_id.",
            "A place is required: lat and long, address_string, or address_id.",
        )
        return None, _NOWHERE, True
    near = tenant.neighbourhood(code) if code else None
    if code and near is None:
        arguments.wrong("address_id bilinmiyor.", "address_id is unknown.")
        return None, _NOWHERE, True
    near = near or _named(tenant, words)
    area = near.geometry if near and near.geometry else tenant.jurisdiction
    return Located(tenant, near.value if near else None), _middle(area), False


def _at(tenants: TenantTable, tenant: Tenant, point: Point, arguments: Arguments) -> Placed:
    found = tenants.jurisdictions.locate(point.lat, point.lon)
    if isinstance(found, Located) and found.tenant.slug == tenant.slug:
        return found, point, True
    whose = found.tenant if isinstance(found, Located) else found.nearest
    if isinstance(found, Located):
        tr = f"Bu yerden {found.tenant.names.tr} sorumlu: {found.tenant.jurisdiction_id}."
        en = f"This place is {found.tenant.names.en}'s: {found.tenant.jurisdiction_id}."
    elif whose is not None:
        tr = f"Burada başvuru alan belediye yok; en yakını {whose.names.tr}."
        en = f"No municipality here takes requests; the nearest is {whose.names.en}."
    else:
        tr, en = "Burada başvuru alan belediye yok.", "No municipality here takes requests."
    arguments.wrong(tr, en)
    return None, point, True


def _named(tenant: Tenant, words: str | None) -> TenantNeighbourhood | None:
    """The only neighbourhood whose name is in an address."""
    said = f" {fold(words or '')} "
    named = [one for one in tenant.neighbourhoods if f" {fold(one.name)} " in said]
    return named[0] if len(named) == 1 else None


def _middle(area: Geometry) -> Point:
    point = area_of(area).representative_point()
    return Point(lat=round(point.y, 6), lon=round(point.x, 6))


def _answers(category: TenantCategory, arguments: Arguments) -> dict[str, str]:
    given: dict[str, list[str]] = {}
    for name, values in arguments.items().items():
        if found := _ATTRIBUTE.fullmatch(name):
            given.setdefault(found[1], []).extend(value.strip() for value in values)
    questions = {question.code: question for question in category.questions}
    for code in given.keys() - questions.keys():
        arguments.wrong(
            f"attribute[{code}]: bu hizmetin böyle bir sorusu yok.",
            f"attribute[{code}]: this service has no such question.",
        )
    answers: dict[str, str] = {}
    for code, question in questions.items():
        if code not in given and question.required:
            arguments.wrong(f"attribute[{code}] gerekli.", f"attribute[{code}] is required.")
        elif code in given:
            answer = _answer(question, given[code])
            if answer is None:
                kind = datatype(question)
                arguments.wrong(
                    f"attribute[{code}]: {kind} için geçersiz bir değer.",
                    f"attribute[{code}]: not a valid {kind}.",
                )
            else:
                answers[code] = answer
    return answers


def _answer(question: Question, values: list[str]) -> str | None:
    """As answers are kept: several with commas between; None where it is no answer."""
    if question.multiple:
        values = list(dict.fromkeys(part for one in values for part in one.split(",") if part))
    elif len(values) > 1:
        return None
    keys, told = keys_of(question), ",".join(values)
    if keys:
        return told if values and keys.issuperset(values) and len(told) <= MOST_LINE else None
    if question.kind == "number" and decimal(told) is None:
        return None
    return told if len(told) <= MOST_LINE else None


def _text(category: TenantCategory | None, arguments: Arguments) -> str:
    """The description; what it is about, where there is none or hardly any."""
    text = arguments.one("description") or ""
    if len(text) > MOST_TEXT:
        arguments.wrong(
            f"description: en çok {MOST_TEXT} karakter.",
            f"description: at most {MOST_TEXT} characters.",
        )
    if len(text) >= 3:
        return text
    name = f"{category.names.tr} ({category.code})" if category else ""
    return f"{name}: {text}" if text else name


def _contact(arguments: Arguments) -> ContactIn | None:
    names = [arguments.one("first_name"), arguments.one("last_name")]
    told: dict[str, Any] = {
        "name": " ".join(name for name in names if name) or None,
        "phone": arguments.one("phone"),
        "email": arguments.one("email"),
    }
    try:
        return ContactIn(**told) if any(told.values()) else None
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            field = "first_name, last_name" if fault["loc"][0] == "name" else fault["loc"][0]
            arguments.wrong(f"{field}: geçersiz.", f"{field}: not valid.")
        return None


def _line(arguments: Arguments, name: str, longest: int) -> str | None:
    text = arguments.one(name)
    if text is not None and len(text) > longest:
        arguments.wrong(
            f"{name}: en çok {longest} karakter.", f"{name}: at most {longest} characters."
        )
        return None
    return text


def _matching(arguments: Arguments, name: str, pattern: re.Pattern[str]) -> str | None:
    text = arguments.one(name)
    if text is not None and not pattern.fullmatch(text):
        arguments.wrong(f"{name}: geçersiz.", f"{name}: not valid.")
        return None
    return text
