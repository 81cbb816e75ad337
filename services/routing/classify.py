"""Which category do a citizen's words speak of? Keywords of the tenant's own taxonomy, no model.

A keyword is a stem or a phrase of stems, as people of the field write them: `çukur`, `çöp topla`,
`su kesinti`. Text and keywords are folded to plain letters, because people type Turkish without
its dots and tails; which words a stem meets, `libs.text.stems` says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from libs.tenants import Tenant, TenantCategory
from libs.text import words
from libs.text.stems import SHORT, meets, start, starts

PRIOR = 0.7
"""How much evidence it takes to be believed: a lone keyword of middling length gives 0.6."""

MOST_FITS = 3
MOST_TERMS = 8
LONGEST_TERM = 100


@dataclass(frozen=True, slots=True)
class Fit:
    """A category that the words speak of. `terms` are the tenant's keywords, never other words."""

    category: str
    confidence: float
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Keyword:
    stems: tuple[str, ...]
    exact: bool
    category: str
    weight: float
    term: str | None


class Classifier:
    """The keywords of one tenant's taxonomy, ready to be looked for."""

    def __init__(self, categories: Iterable[TenantCategory]) -> None:
        by_start: dict[str, list[_Keyword]] = defaultdict(list)
        chosen = tuple(categories)
        for keyword in (*_keywords(chosen), *_names(chosen)):
            by_start[start(keyword.stems[0])].append(keyword)
        self._by_start = dict(by_start)

    def fits(self, text: str) -> tuple[Fit, ...]:
        """The best fitting categories, best first; none where no keyword is in the text.

        The confidence is the best one's share of the evidence for it, for its strongest rival
        and for neither (`PRIOR`), so that two equally good categories are both doubtful.
        """
        evidence: dict[str, float] = defaultdict(float)
        terms: dict[str, dict[str, float]] = defaultdict(dict)
        for keyword in self._found(words(text)):
            evidence[keyword.category] += keyword.weight
            if keyword.term is not None:
                terms[keyword.category][keyword.term] = keyword.weight
        best = sorted(evidence.items(), key=lambda item: (-item[1], item[0]))[: MOST_FITS + 1]
        return tuple(
            Fit(code, _confidence(weight, _rival(best, place)), _ranked(terms[code]))
            for place, (code, weight) in enumerate(best[:MOST_FITS])
        )

    def _found(self, spoken: Sequence[str]) -> set[_Keyword]:
        """What the words contain; of keywords of one category at one place the weightiest."""
        best: dict[tuple[str, int], _Keyword] = {}
        for place, word in enumerate(spoken):
            for beginning in starts(word):
                for keyword in self._by_start.get(beginning, ()):
                    former = best.get((keyword.category, place))
                    if former is not None and former.weight >= keyword.weight:
                        continue
                    if meets(keyword.stems, spoken, place, exact=keyword.exact):
                        best[keyword.category, place] = keyword
        return set(best.values())


def _keywords(categories: Sequence[TenantCategory]) -> Iterable[_Keyword]:
    owners: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for category in categories:
        for keyword in category.keywords:
            owners[tuple(words(keyword))].add(category.code)
    for category in categories:
        for keyword in dict.fromkeys(category.keywords):
            stems = tuple(words(keyword))
            if not stems:
                continue
            length = min(max(sum(map(len, stems)), 3), 12)
            weight = (0.7 + 0.06 * length) * (1.5 if len(stems) > 1 else 1.0)
            yield _Keyword(
                stems,
                keyword.endswith(" "),
                category.code,
                weight / len(owners[stems]) ** 0.5,
                keyword.strip()[:LONGEST_TERM],
            )


def _names(categories: Sequence[TenantCategory]) -> Iterable[_Keyword]:
    """A category's own name speaks for it too, though faintly: its words are also common ones."""
    owners: dict[str, set[str]] = defaultdict(set)
    for category in categories:
        stems = [stem for keyword in category.keywords for stem in words(keyword)]
        for word in words(f"{category.names.tr} {category.names.en}"):
            if not any(word.startswith(stem) for stem in stems):  # counted as a keyword already
                owners[word].add(category.code)
    for word, codes in owners.items():
        if len(word) > SHORT and len(codes) <= 3:
            for code in sorted(codes):
                yield _Keyword((word,), False, code, 0.35 / len(codes), None)


def _rival(best: Sequence[tuple[str, float]], place: int) -> float:
    if place > 0:
        return best[0][1]
    return best[1][1] if len(best) > 1 else 0.0


def _confidence(weight: float, rival: float) -> float:
    return round(weight / (weight + rival + PRIOR), 3)


def _ranked(terms: dict[str, float]) -> tuple[str, ...]:
    return tuple(sorted(terms, key=lambda term: (-terms[term], term)))[:MOST_TERMS]


_made: dict[str, tuple[Tenant, Classifier]] = {}


def classifier(tenant: Tenant) -> Classifier:
    """The tenant's classifier, made anew only when the tenant has changed."""
    made = _made.get(tenant.slug)
    if made is None or made[0] is not tenant:
        made = _made[tenant.slug] = (tenant, Classifier(tenant.leaf_categories))
    return made[1]
