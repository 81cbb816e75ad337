"""Words that speak of danger to life, and those that do not."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from libs.tenants import Tenant
from libs.tenants.file import load_tenant
from services.intake.danger import CALLED, feared

DEPLOY = Path(__file__).parents[3] / "deploy"


def numbers(text: str) -> tuple[str, ...]:
    found = feared(text)
    return found.numbers if found else ()


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("Sokakta yoğun gaz kokusu var", ("112", "187")),
        ("sokakta yogun gaz kokusu var", ("112", "187")),
        ("DOĞALGAZ KOKUSU ALIYORUZ", ("112", "187")),
        ("Apartmanda DOGALGAZ kacagi olabilir", ("112", "187")),
        ("burası gaz gibi kokuyor", ("112", "187")),
        ("There is a smell of gas in our street", ("112", "187")),
        ("Kopan elektrik kablosu sokakta sarkıyor", ("112", "186")),
        ("elektrik kablosu yere düşmüş", ("112", "186")),
        ("elektrık kablolari yerde duruyor", ("112", "186")),
        ("Elektrik telleri koptu", ("112", "186")),
        ("Direkten çocuğu elektrik çarptı", ("112", "186")),
        ("A power line is down on our road", ("112", "186")),
        ("Boş arsada ot yangını çıktı", ("112",)),
        ("BINA YANIYOR", ("112",)),
        ("Çöp konteyneri yanıyor", ("112",)),
        ("a car is on fire", ("112",)),
        ("Yolu su bastı, arabalar yüzüyor", ("112", "185")),
        ("alt gecidi sel basti", ("112", "185")),
        ("The underpass is flooded", ("112", "185")),
        ("Metruk bina yıkılmak üzere", ("112",)),
        ("istinat duvarı çöktü", ("112",)),
        ("istinat duvari coktu", ("112",)),
        ("Ağaç üzerimize devrilecek", ("112",)),
        ("Asansörde mahsur kaldık", ("112",)),
    ],
)
def test_danger_is_known_with_and_without_turkish_letters(text: str, called: tuple[str, ...]):
    assert numbers(text) == called


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sokak lambası gündüz de yanıyor",
        "Sokak lambası yanmıyor",
        "Doğalgaz kazısından sonra yol öylece bırakıldı",
        "Boş arsadaki kuru otlar yangın tehlikesi oluşturuyor",
        "Yangın musluğu su kaçırıyor",
        "Üst katlara su çıkmıyor, basınç çok düşük",
        "Bina çok eski, duvar çok kirli",
        "Kaçak bina yıkılsın istiyoruz",
        "Tel örgü kopmuş",
        "Asfalt çöktü, çukur oluştu",
        "Yaralı köpek var",
        "Telefonum çok yavaş",
        "The street lamp is broken",
    ],
)
def test_everyday_words_are_no_danger(text: str):
    assert feared(text) is None


def test_of_several_dangers_the_first_in_the_table_is_told():
    assert numbers("Önce yangın çıktı, sonra gaz kokusu geldi") == ("112", "187")


def test_the_samples_that_speak_of_danger_are_few_and_the_right_ones():
    file = DEPLOY / "samples" / "tr_request_examples_synthetic.csv"
    with file.open(encoding="utf8") as source:
        rows = [(row[0], row[1]) for row in csv.reader(source)]
    found = [category for text, category in rows if feared(text)]
    assert sorted(found) == [
        *("BUILD_DANGER", "ELECTRIC", "FIRE", "GAS", "LIGHT_STREET", "STORM", "TREE_DANGER"),
    ]


@pytest.fixture(scope="module")
def kecioren() -> Tenant:
    return load_tenant(DEPLOY / "tenants" / "kecioren.yaml")


@pytest.mark.parametrize(
    ("category", "called"),
    [("GAS", ("112", "187")), ("FIRE", ("112",)), ("PARK_MAINT", ()), ("NONE", ()), ("", ())],
)
def test_an_urgent_category_is_a_danger_by_itself(
    kecioren: Tenant, category: str, called: tuple[str, ...]
):
    found = feared("Yardım edin", kecioren, category)
    assert (found.numbers if found else ()) == called


def test_every_number_has_somebody_who_answers():
    found = feared("gaz kokusu")
    assert found is not None
    assert [number for number, _ in found.calls] == ["112", "187"]
    assert set(found.numbers) <= set(CALLED)
