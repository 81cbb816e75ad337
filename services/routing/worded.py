"""What the administration's pages say of faults and differences: sentences, and names of places.

Sentences are English and filled in with `%(name)s`; the pages translate them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from libs.tenants.unfinished import Fault
from libs.text import said

LACKING = {
    "names": said("Give its name in both languages."),
    "kind": said("Say what kind of body it is."),
    "time_zone": said("Choose the time zone: deadlines and days are counted in it."),
    "jurisdiction": said("Show the boundary: without it no request reaches you."),
    "working_hours": said("Deadlines are counted in working time: say when people work."),
    "departments": said("Add at least one department: every request needs one."),
    "triage_department": said("Choose the department that gets what nobody else has."),
    "forwarding_department": said("Choose the department that passes on what others must do."),
    "categories": said("Add categories, or begin with the Turkish municipal set."),
    "unsorted_category": said("Choose the category of requests that a person must sort."),
}

SENTENCES = {
    "missing": said("This is missing."),
    "extra_forbidden": said("No such field is known; remove it."),
    "repeated": said("“%(code)s” is there twice: keep one."),
    "unknown_code": said("“%(code)s” is not there: add it, or choose another one."),
    "reserved_code": said("“own” means the municipality itself: choose another code."),
    "circular": said("It is its own ancestor: choose another one above it."),
    "unsorted_is_a_group": said("“%(code)s” has categories below it: choose one without."),
    "options_do_not_fit": said("A question has options exactly if it is a choice."),
    "multiple_without_choice": said("Only a choice can take several answers."),
    "outside_the_jurisdiction": said("“%(name)s” lies outside the boundary."),
    "unknown_time_zone": said("“%(zone)s” is no time zone that is known."),
    "far_from_the_time_zone": said(
        "The area lies around longitude %(middle)s, which is not in %(zone)s: are longitude and"
        " latitude swapped?"
    ),
    "area_unreadable": said("The outline cannot be read as an area."),
    "area_empty": said("The area has no points."),
    "area_off_the_map": said("The positions are no longitudes and latitudes in degrees."),
    "area_invalid": said("The outline crosses itself; repair it in the step for the boundary."),
    "no_working_hours": said("Nobody works on any day: give at least one day its hours."),
    "hours_out_of_order": said("The hours of a day must follow one another, start before end."),
    "logo_not_plain": said(
        "The logo is no picture as it is kept here: bring it in the step “Look”."
    ),
    "logo_heavy": said("A logo’s file has at most 4 MB."),
    "logo_svg": said(
        "An SVG can hold programs and is not taken. Save it as PNG (512 pixels) in the program that"
        " it was drawn with."
    ),
    "logo_shape": said(
        "A logo has at least %(least)s pixels each way and is at most %(times)s times as long."
    ),
    "logo_unseen": said("The logo stands on white, and nobody would see this one there."),
    "logo_many_pixels": said("This picture has too many pixels."),
    "logo_unreadable": said("This is no picture that can be read. Bring a PNG, JPEG or WebP."),
    "without_turkish": said("Turkish is always offered, and each language once."),
    "too_pale": said("Too pale for buttons: %(contrast)s:1 on white, at least 3:1 is needed."),
    "string_too_short": said("Write something here."),
    "string_too_long": said("This is too long: at most %(max_length)s characters."),
    "too_short": said("At least %(min_length)s are needed."),
    "string_pattern_mismatch": said("This is not written as it must be."),
    "literal_error": said("Choose one of those that are offered."),
    "greater_than_equal": said("It must be at least %(ge)s."),
    "less_than_equal": said("It must be at most %(le)s."),
    "int_parsing": said("Write a whole number."),
    "float_parsing": said("Write a number."),
    "value_error": said("This value does not fit."),
}

PLACES = {
    "slug": said("Short name"),
    "names": said("Name"),
    "name": said("Name"),
    "tr": said("Turkish"),
    "en": said("English"),
    "kind": said("Kind"),
    "parent": said("Above it"),
    "domain": said("Web site"),
    "time_zone": said("Time zone"),
    "state": said("State"),
    "jurisdiction": said("Boundary"),
    "attribution": said("Source of the map"),
    "neighbourhoods": said("Neighbourhoods"),
    "geometry": said("Area"),
    "population": said("Population"),
    "departments": said("Departments"),
    "department": said("Department"),
    "teams": said("Teams"),
    "team": said("Team"),
    "attested": said("Confirmed"),
    "triage_department": said("Triage desk"),
    "forwarding_department": said("Forwarding desk"),
    "categories": said("Categories"),
    "unsorted_category": said("Category to be sorted"),
    "sla_minutes": said("Deadline in minutes of work"),
    "keywords": said("Keywords"),
    "questions": said("Questions"),
    "options": said("Options"),
    "required": said("Required"),
    "multiple": said("Several answers"),
    "priority": said("Priority"),
    "body": said("Responsible body"),
    "tier_rule": said("Rule for responsibility"),
    "open311": said("Answer to apps"),
    "working_hours": said("Working hours"),
    "monday": said("Monday"),
    "tuesday": said("Tuesday"),
    "wednesday": said("Wednesday"),
    "thursday": said("Thursday"),
    "friday": said("Friday"),
    "saturday": said("Saturday"),
    "sunday": said("Sunday"),
    "holidays": said("Holidays"),
    "half": said("From 13:00"),
    "bodies": said("Other bodies"),
    "tenant": said("Municipality with us"),
    "contact": said("Contact"),
    "tier_rules": said("Rules for responsibility"),
    "assignment_rules": said("Routing rules"),
    "when": said("Condition"),
    "reason": said("Reason"),
    "classifier_threshold": said("Confidence from which the classifier decides"),
    "look": said("Look"),
    "logo": said("Logo"),
    "accent": said("Colour of buttons"),
    "plate": said("Colour of the name plate"),
    "ground": said("Hue of the paper"),
    "texts": said("Texts"),
    "languages": said("Languages that citizens are offered"),
    "welcome": said("Welcome on the first page"),
    "promise": said("Beside the promised day"),
    "sent": said("After sending"),
    "emergency": said("In an emergency"),
    "telephone": said("Telephone"),
    "email": said("E-mail"),
    "address": said("Address"),
    "privacy": said("Notice on personal data"),
    "privacy_url": said("Address of the whole notice"),
    "publication": said("Publication rules"),
    "published": said("Told to outsiders"),
    "withheld": said("Categories that nobody is told of"),
    "grid_m": said("How near a place is told"),
    "due_at": said("When it is due"),
    "words": said("Words and photos may be shown"),
    "types": said("Type"),
    "text_contains": said("The text has"),
    "code": said("Code"),
}


def sentence(fault: Fault) -> tuple[str, Mapping[str, Any]]:
    """What a page says of a fault, and what is filled in."""
    if fault.slug == "missing" and len(fault.place) == 1:
        return LACKING.get(fault.field, SENTENCES["missing"]), {}
    told = SENTENCES.get(fault.slug, SENTENCES["value_error"])
    return told, fault.words if "%(" in told else {}


def way(document: Mapping[str, Any], place: Sequence[str | int]) -> Iterator[str]:
    """The way to a place in words: names of fields, and what its items are called."""
    node: Any = document
    for step in place:
        node = _below(node, step)
        called = _called(node) if isinstance(node, dict) else None
        yield called or PLACES.get(str(step), str(step))


def _below(node: Any, step: str | int) -> Any:
    if isinstance(node, dict):
        return node.get(str(step))
    if isinstance(node, list):
        if isinstance(step, int):
            return node[step] if step < len(node) else None
        return next((one for one in node if step in (one.get("code"), one.get("date"))), None)
    return None


def _called(item: Mapping[str, Any]) -> str | None:
    """An item's own name; None for a part that has none."""
    if not ("code" in item or "date" in item):
        return None
    names = item.get("names") or item.get("name")
    name = names.get("tr") if isinstance(names, dict) else names
    code = item.get("code") or item.get("date")
    return f"{name} ({code})" if name and name != code else str(code)
