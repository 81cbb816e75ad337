"""What is decided about a request: who must act, on what, in which department, how soon, why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from libs.events import Authority, Priority, RequestRouted, RequestType
from libs.events.common import Wording
from libs.tenants import (
    OWN,
    AssignmentRule,
    Tenant,
    TenantCategory,
    TenantDepartment,
    TierCondition,
    TierRule,
)
from libs.text import words

from . import reasons
from .classify import MOST_TERMS, Fit, classifier

CategorySource = Literal["citizen", "classifier", "history", "unsorted"]


@dataclass(frozen=True)
class Submission:
    """What the submission says apart from the words; codes, as the tenant called them then.

    `opened_at` is set for a request from a municipality's old system, `department` then is the
    one that had it there.
    """

    request_type: RequestType
    category: str | None = None
    neighbourhood: str | None = None
    opened_at: datetime | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the words told, without the words: everything in it is the tenant's own vocabulary.

    `said` are those phrases of the tenant's rules that are in the text, `addressed` those that
    are in the address.
    """

    fits: tuple[Fit, ...] = ()
    said: tuple[str, ...] = ()
    addressed: tuple[str, ...] = ()


NOTHING_READ = Reading()


def read(tenant: Tenant, text: str, address: str | None) -> Reading:
    """Look for the tenant's vocabulary in a citizen's words."""
    conditions = [rule.when for rule in tenant.tier_rules if rule.when is not None]
    in_text = [condition.text_contains for condition in conditions]
    in_text += [rule.when.text_contains for rule in tenant.assignment_rules]
    return Reading(
        fits=classifier(tenant).fits(text),
        said=_contained(in_text, text),
        addressed=_contained((item.address_contains for item in conditions), address or ""),
    )


def decide(
    tenant: Tenant, submission: Submission, reading: Reading, now: datetime
) -> RequestRouted:
    """Decide. Pure, and total: every request of the tenant gets a department."""
    category, source, fit = _category(tenant, submission, reading)
    authority, tier_rule = _authority(tenant, category, reading)
    rule = assignment(tenant, category.code, submission, reading)
    former = tenant.department(submission.department) if submission.department else None
    why = [reasons.of_category(source, category.names, fit)]
    if former is not None:
        authority, rule, department = _own(tenant), None, former
        why.append(reasons.former_department(department.names))
    else:
        why += reasons.of_authority(authority, tier_rule)
        department, reason = _department(tenant, category, authority, rule)
        why.append(reason)
    return RequestRouted(
        occurred_at=submission.opened_at or now,
        authority=authority,
        category=category.value,
        category_source=source,
        confidence=fit.confidence if fit is not None and source == "classifier" else None,
        department=department.value,
        team=_team(department, rule),
        priority=_priority(category, rule),
        sla_minutes=category.sla_minutes,
        reasons=tuple(why),
        terms=_terms(category.code, reading.fits),
    )


def _category(
    tenant: Tenant, submission: Submission, reading: Reading
) -> tuple[TenantCategory, CategorySource, Fit | None]:
    """The category, who named it, and the classifier's best guess where it was asked."""
    given = tenant.category(submission.category) if submission.category else None
    if given is not None and _choosable(tenant, given):
        return given, "history" if submission.opened_at else "citizen", None
    for fit in reading.fits:  # the best one that the tenant still has
        guessed = tenant.category(fit.category)
        if guessed is None:
            continue
        if fit.confidence >= tenant.classifier_threshold:
            return guessed, "classifier", fit
        return _unsorted(tenant), "unsorted", fit
    return _unsorted(tenant), "unsorted", None


def _choosable(tenant: Tenant, category: TenantCategory) -> bool:
    if category.code == tenant.unsorted_category:
        return True
    return any(category is leaf for leaf in tenant.leaf_categories)


def _unsorted(tenant: Tenant) -> TenantCategory:
    category = tenant.category(tenant.unsorted_category)
    assert category is not None  # a tenant without it is refused at publication
    return category


def _authority(
    tenant: Tenant, category: TenantCategory, reading: Reading
) -> tuple[Authority, TierRule | None]:
    """The body that must act, and the tier rule that says so or is to be thought of."""
    rule = tenant.tier_rule(category.tier_rule) if category.tier_rule else None
    code = category.body
    if rule is not None and rule.when is not None:
        if _holds(rule.when, reading):
            code = rule.body
        else:
            rule = None
    body = tenant.body(code) if code != OWN else None
    if body is None or body.tenant == tenant.slug:
        return _own(tenant), rule
    return Authority(
        kind="tenant" if body.tenant else "external",
        body=body.code,
        names=body.names,
        tenant=body.tenant,
        contact=body.contact,
    ), rule


def _own(tenant: Tenant) -> Authority:
    return Authority(kind="own", body=tenant.slug, names=tenant.names, tenant=tenant.slug)


def _holds(condition: TierCondition, reading: Reading) -> bool:
    return bool(
        set(condition.address_contains) & set(reading.addressed)
        or set(condition.text_contains) & set(reading.said)
    )


def assignment(
    tenant: Tenant, category: str, submission: Submission, reading: Reading
) -> AssignmentRule | None:
    """The first rule of the tenant whose every condition is true."""
    for rule in tenant.assignment_rules:
        sought = rule.when.text_contains
        if applies(rule, category, submission) and (not sought or set(sought) & set(reading.said)):
            return rule
    return None


def applies(rule: AssignmentRule, category: str, submission: Submission) -> bool:
    """Whether every condition of a rule is true but that of the words."""
    when = rule.when
    return (
        (not when.categories or category in when.categories)
        and (not when.neighbourhoods or submission.neighbourhood in when.neighbourhoods)
        and (not when.types or submission.request_type in when.types)
    )


def _department(
    tenant: Tenant, category: TenantCategory, authority: Authority, rule: AssignmentRule | None
) -> tuple[TenantDepartment, Wording]:
    """The department and why it is the one."""
    if authority.kind != "own":
        desk = _known(tenant, tenant.forwarding_department)
        return desk, reasons.forwarding(desk.names)
    if rule is not None and rule.department is not None:
        chosen = _known(tenant, rule.department)
        return chosen, (
            reasons.said_by_rule(rule.reason) if rule.reason else reasons.by_rule(chosen.names)
        )
    usual = tenant.department_of(category.code)
    return usual, reasons.usual_department(usual.names)


def _known(tenant: Tenant, code: str) -> TenantDepartment:
    return tenant.department(code) or tenant.departments[0]


def _team(department: TenantDepartment, rule: AssignmentRule | None) -> str | None:
    if rule is None or all(team.code != rule.team for team in department.teams):
        return None
    return rule.team


def _priority(category: TenantCategory, rule: AssignmentRule | None) -> Priority:
    return (rule.priority if rule is not None else None) or category.priority


def _terms(code: str, fits: Iterable[Fit]) -> tuple[str, ...]:
    """The keywords that were found, those of the decided category first."""
    ordered = sorted(fits, key=lambda fit: fit.category != code)
    return tuple(dict.fromkeys(term for fit in ordered for term in fit.terms))[:MOST_TERMS]


def _contained(lists: Iterable[Iterable[str]], text: str) -> tuple[str, ...]:
    """The phrases that the text contains, each beginning where a word of the text does."""
    phrases = dict.fromkeys(phrase for phrases in lists for phrase in phrases)
    if not phrases or not text:
        return ()
    spoken = f" {' '.join(words(text))}"
    return tuple(phrase for phrase in phrases if (plain := _plain(phrase)) and plain in spoken)


@lru_cache(maxsize=4096)
def _plain(phrase: str) -> str:
    """A phrase of a tenant's rules as it is looked for."""
    return "".join(f" {word}" for word in words(phrase))
