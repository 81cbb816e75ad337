"""What pydantic finds wrong with a field, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.text import said

from .language import Language

_CHOICE = said("This is not one of those to choose from.")
_KIND = said("This is not of the right kind.")
_NUMBER = said("This is not a number.")
_TIME = said("This is not a date or a time.")

WORDS = {
    "missing": said("This is missing."),
    "extra_forbidden": said("There is no such field."),
    "string_too_short": said("Too short: at least %(min_length)s characters."),
    "string_too_long": said("Too long: at most %(max_length)s characters."),
    "too_short": said("Too few: at least %(min_length)s."),
    "too_long": said("Too many: at most %(max_length)s."),
    "greater_than": said("It has to be more than %(gt)s."),
    "greater_than_equal": said("It has to be %(ge)s or more."),
    "less_than": said("It has to be less than %(lt)s."),
    "less_than_equal": said("It can be %(le)s at most."),
    "literal_error": _CHOICE,
    "enum": _CHOICE,
    "string_pattern_mismatch": said("This is not written as it has to be."),
    **dict.fromkeys(("int_parsing", "int_type", "float_parsing", "float_type"), _NUMBER),
    **dict.fromkeys(("string_type", "bool_type", "list_type", "dict_type", "model_type"), _KIND),
    **dict.fromkeys(("date_from_datetime_parsing", "date_parsing", "time_text"), _TIME),
    **dict.fromkeys(("datetime_from_date_parsing", "datetime_parsing"), _TIME),
}
"""By pydantic's names for kinds of errors."""

OTHERS = said("This cannot be taken.")


def fault_words(fault: Mapping[str, Any], language: Language | None) -> str:
    """One of pydantic's errors; a program, which has no language, hears pydantic's own words."""
    if language is None:
        return str(fault["msg"])
    return language.text(WORDS.get(fault["type"], OTHERS), **fault.get("ctx", {}))
