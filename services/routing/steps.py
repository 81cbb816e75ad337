"""The steps by which a municipality joins, and how far each has come. Nothing is ticked by hand:
every state is computed from the draft.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from libs.tenants.unfinished import Fault
from libs.text import said

State = Literal["not_started", "in_progress", "done", "attention"]

STATES: dict[State, str] = {
    "not_started": said("Not started"),
    "in_progress": said("In progress"),
    "done": said("Done"),
    "attention": said("Needs attention"),
}


ALWAYS_SAID = ("slug", "state", "languages")
"""Parts that stand there before anybody has done anything."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the parts of the document that it is about, and whether it may be left out.

    A step without parts is about what is no part of the draft; it has no state.
    """

    code: str
    title: str
    about: str
    fields: tuple[str, ...] = ()
    optional: bool = False


STEPS: tuple[Step, ...] = (
    Step(
        "organisation",
        said("Organisation"),
        said("Names, kind, web site and time zone."),
        ("slug", "names", "kind", "parent", "domain", "time_zone", "state"),
    ),
    Step(
        "boundary",
        said("Boundary"),
        said("The area whose requests you receive."),
        ("jurisdiction", "attribution"),
    ),
    Step(
        "neighbourhoods",
        said("Neighbourhoods"),
        said("Their names and areas, for the map, the rules and the reports."),
        ("neighbourhoods",),
        optional=True,
    ),
    Step(
        "departments",
        said("Departments and teams"),
        said("Who works, and where requests go that nobody else has."),
        ("departments", "triage_department", "forwarding_department"),
    ),
    Step(
        "categories",
        said("Categories"),
        said("What requests are about, with their questions and deadlines."),
        ("categories", "unsorted_category"),
    ),
    Step(
        "bodies",
        said("Other bodies"),
        said("Who else answers for some categories, and when: water, electricity, the metropolis."),
        ("bodies", "tier_rules"),
        optional=True,
    ),
    Step(
        "hours",
        said("Working hours and holidays"),
        said("Deadlines are counted in them."),
        ("working_hours", "holidays"),
    ),
    Step(
        "rules",
        said("Routing rules"),
        said("Who gets what, with a test bench."),
        ("assignment_rules", "classifier_threshold"),
        optional=True,
    ),
    Step("people", said("People"), said("Who may do what, by the groups of your sign-in.")),
    Step(
        "look",
        said("Look"),
        said("Your logo, and your colours with a check of contrast."),
        ("look", "logo"),
        optional=True,
    ),
    Step(
        "texts",
        said("Texts"),
        said("Your own words to citizens, how you are reached, your notice on personal data."),
        ("texts", "languages"),
        optional=True,
    ),
    Step(
        "publication",
        said("Publication rules"),
        said("What outsiders may know of a request."),
        ("publication",),
        optional=True,
    ),
    Step("integrators", said("Integrators"), said("Other systems that read or write requests.")),
    Step("history", said("History import"), said("Your old requests, from a table.")),
)

BY_CODE = {step.code: step for step in STEPS}


def step_of(field: str) -> Step | None:
    """The step that a part of the document belongs to."""
    return next((step for step in STEPS if field in step.fields), None)


def state_of(step: Step, document: Mapping[str, Any], faults: Iterable[Fault]) -> State | None:
    """How far a step has come; None for one that is about no part of the draft."""
    if not step.fields:
        return None
    own = [fault for fault in faults if fault.field in step.fields]
    if any(fault.slug != "missing" for fault in own):
        return "attention"
    if not any(_says(document.get(name)) for name in step.fields if name not in ALWAYS_SAID):
        return "not_started"
    return "in_progress" if own else "done"


def _says(part: Any) -> bool:
    """Whether there is anything in a part of the document."""
    return any(map(_says, part.values())) if isinstance(part, Mapping) else bool(part)


def states(document: Mapping[str, Any], faults: Iterable[Fault]) -> dict[str, State | None]:
    """How far each step has come, by its code."""
    told = tuple(faults)
    return {step.code: state_of(step, document, told) for step in STEPS}
