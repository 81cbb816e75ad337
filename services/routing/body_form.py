"""The forms of another body, and of a rule that tells when somebody else is responsible."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from libs.tenants import OWN, TenantBody, TierRule
from libs.tenants.unfinished import Place
from libs.text import said

from .forms import (
    Slip,
    Typed,
    code_from,
    code_slips,
    gone,
    names_of,
    phrase_slips,
    phrases_of,
    slips_of,
)
from .lists import Item, codes

Document = Mapping[str, Any]

CONDITIONS = ("address_contains", "text_contains")


def written(body: Item | None) -> dict[str, str]:
    """What the form shows of a body; nothing of a new one."""
    if body is None:
        return {}
    return {
        **_named(body, "names"),
        "tenant": body.get("tenant") or "",
        "contact": body.get("contact") or "",
    }


def read(
    typed: Typed, document: Document, was: str, fixed: bool, tenants: Collection[str]
) -> tuple[Item, list[Slip]]:
    """The body that was written, and what is wrong with it; `tenants` are those with us."""
    names = names_of(typed)
    others = [OWN, *(code for code in codes(document, "bodies") if code != was)]
    code = was if fixed else code_from(typed, "code", names["tr"], others, small=True)
    found: Item = {
        "code": code,
        "names": names,
        "tenant": typed.get("tenant") or None,
        "contact": typed.get("contact") or None,
    }
    slips = code_slips("code", code, others[1:])
    if code == OWN:
        told = said("“own” means the municipality itself: choose another code.")
        slips.append(Slip("code", told))
    if found["tenant"] not in (None, *tenants):
        slips.append(gone("tenant", found["tenant"]))
    return found, slips + slips_of(TenantBody, found, _field)


def rule_written(rule: Item | None) -> dict[str, str]:
    """What the form shows of a rule; of a new one that the municipality is responsible."""
    if rule is None:
        return {"body": OWN}
    when = rule.get("when") or {}
    return {
        **_named(rule, "reason"),
        "body": rule.get("body", OWN),
        **{name: ", ".join(when.get(name) or ()) for name in CONDITIONS},
    }


def rule_read(typed: Typed, document: Document, was: str, fixed: bool) -> tuple[Item, list[Slip]]:
    """The rule that was written, and what is wrong with it."""
    reason = names_of(typed)
    others = [code for code in codes(document, "tier_rules") if code != was]
    code = was if fixed else code_from(typed, "code", reason["tr"], others, small=True)
    when = {name: phrases_of(typed.get(name, "")) for name in CONDITIONS}
    found: Item = {
        "code": code,
        "when": when if any(when.values()) else None,
        "body": typed.get("body") or OWN,
        "reason": reason,
    }
    slips = code_slips("code", code, others)
    for name, phrases in when.items():
        slips += phrase_slips(name, phrases)
    if found["body"] not in (OWN, *codes(document, "bodies")):
        slips.append(gone("body", found["body"]))
    return found, slips + slips_of(TierRule, found, _field)


def _named(one: Item, names: str) -> dict[str, str]:
    return {"name_tr": one[names]["tr"], "name_en": one[names]["en"], "code": one["code"]}


def _field(place: Place) -> str:
    return f"name_{place[-1]}" if place[0] in ("names", "reason") else str(place[0])
