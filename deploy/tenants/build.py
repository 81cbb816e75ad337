"""Makes the generated files of this folder from open data: `python build.py DATA_FOLDER`.

Generated are the GeoJSON files, `ankara/taxonomy.yaml`, `ankara/tiers.yaml`,
`ankara/holidays.yaml`, `nyc/categories.yaml`, `../samples/` and routing's `turkish_holidays.csv`.
Everything else is written by hand. What DATA_FOLDER must hold, its origin and licences are in
NOTICE.md.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "samples"
BUNDLED_HOLIDAYS = HERE.parents[1] / "services" / "routing" / "turkish_holidays.csv"
WORKING_DAY = 480
OSM = "© OpenStreetMap contributors, ODbL 1.0"
GENERATED = "# Made by build.py; what is to differ goes into the files that include this one.\n"

GROUPS = {
    "Yol ve kaldırım": ("G_ROADS", "Roads and pavements"),
    "Temizlik": ("G_CLEANING", "Cleaning"),
    "Park ve yeşil alan": ("G_PARKS", "Parks and green areas"),
    "Aydınlatma": ("G_LIGHTING", "Lighting"),
    "Su ve kanalizasyon": ("G_WATER", "Water and sewerage"),
    "Ulaşım ve trafik": ("G_TRAFFIC", "Transport and traffic"),
    "Hayvanlar": ("G_ANIMALS", "Animals"),
    "Zabıta": ("G_ORDER", "Public order"),
    "Ruhsat ve imar": ("G_BUILDING", "Licences and building"),
    "Mali işler": ("G_FINANCE", "Taxes and payments"),
    "Sosyal destek": ("G_SOCIAL", "Social support"),
    "Kültür ve spor": ("G_CULTURE", "Culture and sports"),
    "Kurumsal": ("G_INSTITUTION", "About the municipality"),
    "Diğer": ("G_OTHER", "Other"),
}

AGENCY_DAYS = {"NYPD": 1, "DHS": 1, "DSNY": 3, "HPD": 5, "DEP": 5, "DOT": 10, "DPR": 10}
"""Working days we guess for an agency's answer; 14 for the others."""


def main(data: Path) -> None:
    taxonomy = json.loads((data / "tr_request_taxonomy.json").read_text(encoding="utf-8"))
    write("ankara/taxonomy.yaml", taxonomy_lines(taxonomy))
    write("ankara/tiers.yaml", tier_lines(taxonomy))
    write("ankara/holidays.yaml", holiday_lines(rows(data / "tr_public_holidays_2024_2030.csv")))
    ankara_maps(data)
    new_york_maps(data)
    write("nyc/categories.yaml", complaint_lines(rows(data / "nyc311_2026_sample.csv")))
    for name in ("nyc311_2026_sample.csv", "tr_request_examples_synthetic.csv"):
        shutil.copyfile(data / name, SAMPLES / name)
    shutil.copyfile(data / "tr_public_holidays_2024_2030.csv", BUNDLED_HOLIDAYS)


def taxonomy_lines(taxonomy: dict[str, Any]) -> list[str]:
    lines = ["categories:"]
    lines += [f"  - {{code: {code}, names: {names(tr, en)}}}" for tr, (code, en) in GROUPS.items()]
    for item in taxonomy["categories"]:
        lines += [
            f"  - code: {item['code']}",
            f"    names: {names(item['name_tr'], item['name_en'])}",
            f"    parent: {GROUPS[item['group']][0]}",
            f"    sla_minutes: {item['suggested_sla_days'] * WORKING_DAY}",
            f"    keywords: [{', '.join(map(text, item['keywords_tr']))}]",
        ]
    return lines


def tier_lines(taxonomy: dict[str, Any]) -> list[str]:
    """Who in a district is responsible for a category: department, other body, rule."""
    lines = ["categories:"]
    for item in taxonomy["categories"]:
        fields = [f"code: {item['code']}"]
        if item["department"]:
            fields.append(f"department: {item['department']}")
        if item["default_tier"] != "district":
            fields.append(f"body: {item['default_tier']}")
        if item["tier_rule"]:
            fields.append(f"tier_rule: {item['tier_rule']}")
        lines.append(f"  - {{{', '.join(fields)}}}")
    return lines


def holiday_lines(holidays: list[dict[str, str]]) -> list[str]:
    days: dict[str, dict[str, str]] = {}
    for row in holidays:
        if row["date"] not in days or row["kind"] == "full":
            days[row["date"]] = row
    lines = ["holidays:"]
    for day, row in sorted(days.items()):
        half = ", half: true" if row["kind"] == "half" else ""
        lines.append(f"  - {{date: {day}, name: {names(row['name_tr'], row['name_en'])}{half}}}")
    return lines


def ankara_maps(data: Path) -> None:
    core = features(data / "ankara_core_districts_detailed.geojson")
    places: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for feature in features(data / "ankara_neighbourhoods.geojson"):
        places[feature["properties"]["district"]].append(feature)
    for feature in core:
        name, slug = feature["properties"]["name"], feature["properties"]["slug"]
        write_map(f"{slug}.geojson", OSM, [({"name": name}, shape(feature["geometry"]))])
        mahalle = [
            (neighbourhood(place["properties"]), shape(place["geometry"])) for place in places[name]
        ]
        mahalle.sort(key=lambda item: str(item[0]["code"]))
        write_map(f"{slug}_neighbourhoods.geojson", OSM, mahalle)
    whole = shapely.coverage_union_all([shape(feature["geometry"]) for feature in core])
    write_map("ankara.geojson", OSM, [({"name": "Ankara (core districts)"}, whole)])


def neighbourhood(properties: dict[str, Any]) -> dict[str, object]:
    code = properties["id"] or f"osm-{slugged(properties['name'])}"
    found: dict[str, object] = {"code": str(code), "name": properties["name"]}
    if properties.get("pop2023") is not None:
        found["population"] = properties["pop2023"]
    return found


def new_york_maps(data: Path) -> None:
    source = "NYC Department of City Planning, borough boundaries 16a (NYC Open Data), simplified"
    for feature in features(data / "nyc_boroughs.geojson"):
        name = feature["properties"]["name"]
        slug = name.lower().replace(" ", "-")
        write_map(f"nyc-{slug}.geojson", source, [({"name": name}, shape(feature["geometry"]))])


def complaint_lines(requests: list[dict[str, str]]) -> list[str]:
    """One category per complaint type; two types of one spelling carry their agency's name."""
    agencies: dict[str, Counter[str]] = defaultdict(Counter)
    for row in requests:
        agencies[row["complaint_type"]][row["agency"]] += 1
    spellings = Counter(shouted(kind) for kind in agencies)
    lines, codes = ["categories:"], []
    for kind, counts in sorted(agencies.items(), key=lambda item: item[0].upper()):
        agency = min(counts, key=lambda name: (-counts[name], name))
        code = shouted(kind) if spellings[shouted(kind)] == 1 else f"{shouted(kind)}_{agency}"
        minutes = AGENCY_DAYS.get(agency, 14) * WORKING_DAY
        lines.append(
            f"  - {{code: {code}, names: {names(kind, kind)}, department: {agency},"
            f" sla_minutes: {minutes}}}"
        )
        codes.append((kind, code))
    with (SAMPLES / "nyc311_categories.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("complaint_type", "category"), *codes])
    return lines


def shouted(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")


def slugged(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ı", "i").replace("İ", "i"))
    letters = "".join(letter for letter in plain.lower() if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")


def text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def names(tr: str, en: str) -> str:
    return f"{{tr: {text(tr)}, en: {text(en)}}}"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def features(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
    return found


def write(name: str, lines: list[str]) -> None:
    (HERE / name).write_text(GENERATED + "\n".join(lines) + "\n", encoding="utf-8")


def write_map(
    name: str, attribution: str, areas: list[tuple[dict[str, Any], BaseGeometry]]
) -> None:
    """A feature a line, so that a change of one is a change of one line."""
    lines = [
        json.dumps(
            {"type": "Feature", "properties": properties, "geometry": rounded(area)},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for properties, area in areas
    ]
    head = f'{{"type":"FeatureCollection","attribution":{text(attribution)},"features":[\n'
    (HERE / name).write_text(head + ",\n".join(lines) + "\n]}\n", encoding="utf-8")


def rounded(area: BaseGeometry) -> dict[str, Any]:
    """Five decimals, about a metre."""
    result: dict[str, Any] = mapping(shapely.transform(area, lambda degrees: degrees.round(5)))
    return result


if __name__ == "__main__":
    main(Path(sys.argv[1]))
