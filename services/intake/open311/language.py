"""The language of an answer: Turkish, as the pages, unless the caller would rather have English."""

from __future__ import annotations

from libs.web.language import Code


def language_of(accepted: str) -> Code:
    """By `Accept-Language` (RFC 9110, section 12.5.4); what is neither of ours counts for nothing.

    >>> language_of("en-GB,en;q=0.9,tr;q=0.8")
    'en'
    """
    weighed: dict[str, float] = {}
    for part in accepted.lower().split(",")[:20]:
        tag, _, weight = part.strip().partition(";")
        code = tag.partition("-")[0].strip()
        if code in ("tr", "en"):
            weighed[code] = max(weighed.get(code, 0.0), _weight(weight))
    return "en" if weighed.get("en", 0.0) > weighed.get("tr", 0.0) else "tr"


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
