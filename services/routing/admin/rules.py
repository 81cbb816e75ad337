"""The step for routing rules, in their order, with a test bench."""

# No `from __future__ import annotations`: FastAPI cannot resolve an instance's text annotations.

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from shapely.geometry import mapping, shape
from starlette.datastructures import FormData

from libs.events import Point, Priority
from libs.runtime.rule import Refused
from libs.tenants import Tenant
from libs.text.meanings import TYPES
from libs.web.access import Access

from ..assignment import code_for, goal, goal_of, phrases
from ..bench import Trial, tried
from ..category_form import PRIORITIES
from ..lists import codes, item, items, moved, put, without
from ..rights import Reader, StaffOfTenant
from ..steps import BY_CODE
from .frame import Frame, Read, View, Wrong, texts
from .trial import MOST, WITHIN, trial_of

assert {*PRIORITIES} == {*get_args(Priority)}
THRESHOLD: float = Tenant.model_fields["classifier_threshold"].default
PART = "assignment_rules"
LONGEST_TEXT = 4000
SEEN_AS_SAME = 0.0003
"""Degrees: about 30 metres, less than a pixel where a whole district is on the map."""

Document = Mapping[str, Any]
Tries = Annotated[Access, Depends(StaffOfTenant("admin", "auditor", reads=True))]


class Rules:
    """Who gets what: the first rule that is true. A form for one, buttons for their order."""

    code = "rules"

    def told(self, view: View) -> Mapping[str, Any]:
        """The rule that the address names, or an empty one; and the classifier's threshold."""
        rule = item(view.document, PART, view.asked("rule"))
        threshold = view.document.get("classifier_threshold", THRESHOLD)
        told: dict[str, Any] = {"classifier_threshold": f"{round(threshold * 100)}"}
        return told | (_told(rule) if rule else {})

    async def read(self, view: View, form: FormData) -> Read:
        """A rule put in or changed, one moved or taken out, or the threshold."""
        told: dict[str, Any] = texts(form)
        do, _, code = told.get("do", "").partition(":")
        if do == "threshold":
            return _threshold(view, told)
        if do in ("up", "down"):
            by = 1 if do == "down" else -1
            return Read(self.told(view), moved(view.document, PART, code, by))
        if do == "remove":
            return Read(self.told(view), without(view.document, PART, code))
        told |= {name: [*map(str, form.getlist(name))] for name in LISTS}
        rule, wrong = _rule(view, told)
        shown = {**self.told(view), **told}
        return Read(shown, put(view.document, PART, rule, told.get("former", "")), tuple(wrong))

    async def more(self, view: View) -> Mapping[str, Any]:
        """The rules in words, and what a rule may name."""
        text, rules = view.language.text, items(view.document, PART)
        return {
            "rules": [_in_words(view, number, one) for number, one in enumerate(rules, 1)],
            "categories": [
                (one["code"], view.called(one["names"])) for one in _leaves(view.document)
            ],
            "neighbourhoods": [
                (one["code"], one["name"]) for one in view.document.get("neighbourhoods") or ()
            ],
            "goals": [*_goals(view)],
            "types": [(code, text(word)) for code, word in TYPES.items()],
            "priorities": {code: text(word) for code, word in PRIORITIES.items()},
            "edge": await run_in_threadpool(_edge, view.document.get("jurisdiction")),
            "trial": defaultdict(str),
            "tried": None,
            "unfit": False,
            "most_recent": MOST,
            "recent_days": WITHIN.days,
            **await trial_of(view),
        }


LISTS = ("categories", "neighbourhoods", "types")


def router(frame: Frame) -> APIRouter:
    """The test bench: asked by a form, as citizens' words belong into no address."""
    routes, page = APIRouter(prefix="/admin/{slug}", include_in_schema=False), Rules()

    @routes.post("/rules/bench")
    async def bench(request: Request, access: Tries) -> Response:
        """What would be decided by the draft. Nothing is stored."""
        view, told = await frame.view(request, access), texts(await request.form())
        trial = _trial(view, told)
        wrong = trial if isinstance(trial, tuple) else ()
        shown: dict[str, Any] = {**await page.more(view), "trial": defaultdict(str, told)}
        if isinstance(trial, Trial):
            if await frame.drafts.faults(view.document):
                shown["unfit"] = True
            else:
                document = {**view.document, "version": 0}
                shown["tried"] = await run_in_threadpool(
                    lambda: tried(Tenant.checked(document), trial, frame.service.now())
                )
        return frame.step_page(view, page, BY_CODE[page.code], page.told(view), shown, wrong)

    @routes.get("/rules/bench")
    async def back(access: Reader) -> Response:
        """The bench is a part of its step: who comes back by the address finds it there."""
        return RedirectResponse(f"/admin/{access.tenant}/steps/rules#bench", 303)

    return routes


def _trial(view: View, told: Mapping[str, str]) -> Trial | tuple[Wrong, ...]:
    text = view.language.text
    wrong: list[Wrong] = []
    words = told.get("text", "")[:LONGEST_TEXT]
    if not words:
        wrong.append(Wrong("text", text("Write what a citizen would write.")))
    point: Point | None = None
    if told.get("lat") or told.get("lon"):
        try:
            point = Point(lat=_degrees(told.get("lat", "")), lon=_degrees(told.get("lon", "")))
        except (ValueError, ValidationError):
            wrong.append(Wrong("lat", text("Give latitude and longitude in degrees, or neither.")))
    kind = told.get("type", "request")
    if kind not in TYPES:
        raise Refused("invalid", "Some fields are not valid.", 422)
    if wrong:
        return tuple(wrong)
    return Trial(
        text=words,
        address=told.get("address") or None,
        type=kind,  # type: ignore[arg-type]  # one of the types, as has just been looked at
        category=told.get("category") or None,
        neighbourhood=told.get("neighbourhood") or None,
        point=point,
    )


def _edge(area: Document | None) -> Document | None:
    """The draft's boundary in as few points as a map of it needs."""
    if not area:
        return None
    simple = shape(area).simplify(SEEN_AS_SAME)
    edge = {"type": "Feature", "properties": {"kind": "edge"}, "geometry": mapping(simple)}
    return {"type": "FeatureCollection", "features": [edge]}


def _degrees(written: str) -> float:
    return float(written.replace(",", "."))


def _leaves(document: Document) -> Iterator[Document]:
    """Categories that a request can have: no groups."""
    categories = document.get("categories") or ()
    parents = {one.get("parent") for one in categories}
    return (one for one in categories if one["code"] not in parents)


def _goals(view: View) -> Iterator[tuple[str, str]]:
    for one in view.document.get("departments") or ():
        name = view.called(one["names"])
        yield one["code"], name
        for team in one.get("teams") or ():
            yield goal(one["code"], team["code"]), f"{name} › {view.called(team['names'])}"


def _told(rule: Document) -> dict[str, Any]:
    when, reason = rule.get("when") or {}, rule.get("reason") or {}
    return {
        "former": rule["code"],
        **{name: list(when.get(name) or ()) for name in LISTS},
        "text_contains": ", ".join(when.get("text_contains") or ()),
        "goal": goal(rule.get("department"), rule.get("team")),
        "priority": rule.get("priority") or "",
        "reason_tr": reason.get("tr", ""),
        "reason_en": reason.get("en", ""),
    }


def _rule(view: View, told: Mapping[str, Any]) -> tuple[dict[str, Any], list[Wrong]]:
    """The rule that was sent; under its old code, or one that says what it is about."""
    text = view.language.text
    wrong: list[Wrong] = []
    when = {name: told[name] for name in LISTS}
    when["text_contains"] = phrases(told.get("text_contains", ""))
    department, team = goal_of(told.get("goal", ""))
    turkish = told.get("reason_tr", "")
    if not any(when.values()):
        wrong.append(Wrong("text_contains", text("Say when the rule holds: choose something.")))
    if not (department or team or told.get("priority")):
        wrong.append(Wrong("goal", text("Say what the rule changes: the department or priority.")))
    taken = codes(view.document, PART)
    about = turkish or " ".join([*when["text_contains"], *when["categories"]]) or "rule"
    english = told.get("reason_en") or turkish
    rule = {
        "code": told.get("former") or code_for(about, taken),
        "when": when,
        "department": department,
        "team": team,
        "priority": told.get("priority") or None,
        "reason": {"tr": turkish or english, "en": english} if english else None,
    }
    return rule, wrong


def _threshold(view: View, told: Mapping[str, str]) -> Read:
    written = told.get("classifier_threshold", "")
    if not written.isdecimal() or int(written) > 100:
        message = view.language.text("Give a whole number from 0 to 100.")
        return Read(told, {}, (Wrong("classifier_threshold", message),))
    return Read(told, {"classifier_threshold": int(written) / 100})


def _in_words(view: View, number: int, rule: Document) -> Mapping[str, Any]:
    text, when = view.language.text, rule.get("when") or {}
    document = view.document
    categories = {one["code"]: view.called(one["names"]) for one in _leaves(document)}
    places = {one["code"]: one["name"] for one in document.get("neighbourhoods") or ()}
    types = {code: text(word) for code, word in TYPES.items()}
    conditions = [
        (text("Category"), _named(when.get("categories"), categories)),
        (text("Neighbourhood"), _named(when.get("neighbourhoods"), places)),
        (text("Type"), _named(when.get("types"), types)),
        (text("The text has"), ", ".join(f"“{one}”" for one in when.get("text_contains") or ())),
    ]
    chosen = goal(rule.get("department"), rule.get("team"))
    priority = rule.get("priority")
    return {
        "code": rule["code"],
        "number": number,
        "when": [one for one in conditions if one[1]],
        "goal": dict(_goals(view)).get(chosen, chosen),
        "priority": text(PRIORITIES[priority]) if priority in PRIORITIES else "",
        "reason": view.called(rule.get("reason")),
    }


def _named(codes: Iterable[str] | None, names: Mapping[str, str]) -> str:
    return ", ".join(names.get(code, code) for code in codes or ())
