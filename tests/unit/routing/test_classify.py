"""The classifier over keywords."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import Names
from libs.tenants import Tenant, TenantCategory
from libs.tenants.file import load_tenant
from services.routing.classify import Classifier, classifier

DEPLOY = Path(__file__).parents[3] / "deploy"


def with_keywords(**keywords: tuple[str, ...]) -> Classifier:
    return Classifier(
        TenantCategory(code=code, names=Names(tr="Ad", en="Name"), keywords=stems)
        for code, stems in keywords.items()
    )


@pytest.fixture(scope="module")
def kecioren() -> Tenant:
    return load_tenant(DEPLOY / "tenants" / "kecioren.yaml")


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("çukur", "Sokakta ÇUKUR var"),
        ("çukur", "sokakta cukur var"),
        ("çukur", "sokaktaki çukurlarımız"),
        ("köpek", "köpeği görmedim"),
        ("ağaç", "Ağacın dalı"),
        ("su kesinti", "Suyumuzda kesinti var"),
        ("su kesinti", "sular bugün yine kesintili"),
        ("fare", "fareler çıkıyor"),
        ("ışık", "IŞIKLAR yanmıyor"),
        ("yol", "Keçiören'in yolu"),
    ],
)
def test_keyword_is_met_in_its_forms(keyword: str, text: str) -> None:
    (fit,) = with_keywords(A=(keyword,)).fits(text)
    assert (fit.category, fit.terms) == ("A", (keyword,))


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("su", "susam aldım"),
        ("sürü", "gece ikiye kadar sürüyor"),
        ("ada", "bir adam düştü"),
        ("leş", "burada birleşelim"),
        ("su kesinti", "su yok"),
        ("su kesinti", "kesinti su"),
        ("su kesinti", "su bir iki üç kesinti"),
        ("hat ", "hatıra"),
        ("çukur", "Çubuk"),
    ],
)
def test_keyword_is_not_met_in_other_words(keyword: str, text: str) -> None:
    assert with_keywords(A=(keyword,)).fits(text) == ()


def test_phrase_weighs_more_than_a_word() -> None:
    fits = with_keywords(A=("çöp",), B=("çöp kamyon",)).fits("Çöp kamyonu gelmedi")
    assert [fit.category for fit in fits] == ["B", "A"]


def test_rival_of_the_same_weight_makes_both_doubtful() -> None:
    alone = with_keywords(A=("çukur",)).fits("çukur durak")
    both = with_keywords(A=("çukur",), B=("durak",)).fits("çukur durak")
    assert alone[0].confidence > 0.5
    assert both[0].confidence == both[1].confidence < 0.41


def test_longer_form_of_a_keyword_is_not_counted_twice() -> None:
    once = with_keywords(A=("öneriyorum",)).fits("öneriyorum")
    twice = with_keywords(A=("öneri", "öneriyorum")).fits("öneriyorum")
    assert once == twice


def test_shared_keyword_says_less() -> None:
    shared = with_keywords(A=("tümsek",), B=("tümsek", "kasis")).fits("tümsek ve kasis")
    assert shared[0].category == "B"


def test_name_of_a_category_speaks_faintly_for_it_and_is_no_term() -> None:
    made = Classifier([TenantCategory(code="A", names=Names(tr="Gürültü", en="Noise"))])
    (fit,) = made.fits("çok gürültü var")
    assert fit.terms == ()
    assert fit.confidence < 0.41


def test_republished_tenant_gets_a_new_classifier(kecioren: Tenant) -> None:
    first = classifier(kecioren)
    assert classifier(kecioren) is first
    newer = kecioren.model_copy(update={"version": kecioren.version + 1})
    assert classifier(newer) is not first


@given(text=st.text(max_size=4000))
def test_confidence_is_a_share_and_terms_are_keywords(kecioren: Tenant, text: str) -> None:
    keywords = {word.strip() for item in kecioren.leaf_categories for word in item.keywords}
    fits = classifier(kecioren).fits(text)
    assert [fit.confidence for fit in fits] == sorted((f.confidence for f in fits), reverse=True)
    for fit in fits:
        assert 0 < fit.confidence < 1
        assert set(fit.terms) <= keywords


def test_seventeen_categories_are_another_bodys_and_eleven_no_tenants(kecioren: Tenant) -> None:
    bodies = [kecioren.body(item.body) for item in kecioren.leaf_categories]
    assert len(bodies) == 64
    others = [body for body in bodies if body is not None]
    assert len(others) == 17
    assert sum(body.tenant is None for body in others) == 11


def test_sample_texts_are_mostly_understood(kecioren: Tenant) -> None:
    """The samples were written by the hand that chose the keywords: real texts do worse."""
    with (DEPLOY / "samples" / "tr_request_examples_synthetic.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    best = [
        (row["category"], next(iter(classifier(kecioren).fits(row["text"])), None)) for row in rows
    ]
    sure = [
        (code, fit)
        for code, fit in best
        if fit is not None and fit.confidence >= kecioren.classifier_threshold
    ]
    right = sum(fit.category == code for code, fit in sure)
    print(f"\n{len(rows)} samples: {len(sure)} decided, {right} of them rightly")
    assert len(rows) == 98
    assert right >= 74
    assert right / len(sure) >= 0.85
    bold = [fit.category == code for code, fit in sure if fit.confidence >= 0.6]
    assert sum(bold) / len(bold) >= 0.9
