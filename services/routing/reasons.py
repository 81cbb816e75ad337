"""Why it was decided so: short sentences in both languages, for people to read.

They name the tenant's own words only (categories, departments, bodies, keywords), never the
citizen's.
"""

from __future__ import annotations

from libs.events import Authority, Names
from libs.events.common import Wording
from libs.tenants import TierRule

from .classify import Fit

MOST_WORDS = 4


def of_category(source: str, category: Names, fit: Fit | None) -> Wording:
    """Who named the category, and by which words it was found."""
    if source == "citizen":
        return _sentence(
            f"Konuyu yurttaş seçti: {category.tr}.",
            f"The citizen chose the category: {category.en}.",
        )
    if source == "history":
        return _sentence(
            f"Konu eski kayıttan: {category.tr}.",
            f"The category is the old record's: {category.en}.",
        )
    if fit is None:
        return _sentence(
            "Metinde hiçbir konunun sözcükleri yok; konusunu bir görevli seçecek.",
            "No category's words are in the text; a person will sort it.",
        )
    share = round(fit.confidence * 100)
    if source == "unsorted":
        return _sentence(
            f"Hiçbir konu yeterince uymadı (en iyisi %{share}); konusunu bir görevli seçecek.",
            f"No category fits well enough (the best: {share} %); a person will sort it.",
        )
    quoted = ", ".join(f"“{term}”" for term in fit.terms[:MOST_WORDS])
    if not quoted:
        return _sentence(
            f"Metin konunun adıyla örtüştü: {category.tr} (güven %{share}).",
            f"The text has words of the category's name: {category.en} (confidence {share} %).",
        )
    return _sentence(
        f"Şu sözler nedeniyle konu {category.tr} (güven %{share}): {quoted}.",
        f"Category {category.en} (confidence {share} %) because of the words {quoted}.",
    )


def of_authority(authority: Authority, rule: TierRule | None) -> list[Wording]:
    """Whose duty it is, where that needs saying."""
    told = [said_by_rule(rule.reason)] if rule is not None else []
    if authority.kind == "own":
        return told
    tr, en = authority.names.tr, authority.names.en
    return [
        *told,
        _sentence(f"Bu konuda yetkili kurum: {tr}.", f"The duty is another body's: {en}."),
    ]


def former_department(department: Names) -> Wording:
    """History's department wins."""
    return _sentence(
        f"Eski kayıttaki birim: {department.tr}.", f"The old record's department: {department.en}."
    )


def forwarding(department: Names) -> Wording:
    """The desk that hands on what is another body's."""
    return _sentence(
        f"Başka kurumun işini {department.tr} iletir ve izler.",
        f"{department.en} passes on and follows what is another body's.",
    )


def by_rule(department: Names) -> Wording:
    """A rule of the tenant named the department."""
    return _sentence(
        f"Belediyenin atama kuralına göre birim: {department.tr}.",
        f"By the municipality's assignment rule: {department.en}.",
    )


def usual_department(department: Names) -> Wording:
    """The category's own department."""
    return _sentence(
        f"Bu konunun birimi: {department.tr}.", f"The category's department: {department.en}."
    )


def said_by_rule(reason: Names) -> Wording:
    """What a rule of the tenant says of itself."""
    return _sentence(reason.tr, reason.en)


def _sentence(tr: str, en: str) -> Wording:
    return Wording(tr=tr, en=en)
