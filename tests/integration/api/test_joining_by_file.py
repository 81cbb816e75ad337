"""A municipality that was never used before joins by one file, and its first request is routed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app

from .system import ROOT, System, until

DISTRICT = 1832
SLUG = "osmangazi"
PROMISED_S = 10.0
"""Until a municipality that joins by a file is live; it takes about one here."""
INSIDE = {"lat": 40.16897, "lon": 29.02022}

FILE = """\
include: [{tenants}/ankara/district.yaml]
slug: osmangazi
names: {{tr: "Osmangazi Belediyesi", en: "Osmangazi Municipality"}}
parent: null
jurisdiction: {{file: "{districts}", where: {{id: {id}}}}}
"""


def test_a_municipality_joins_by_one_file(
    system: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"{SLUG}.yaml"
    districts = ROOT / "deploy" / "districts" / "tr_districts.geojson"
    file.write_text(
        FILE.format(tenants=ROOT / "deploy" / "tenants", districts=districts, id=DISTRICT), "utf-8"
    )
    token = system.platform["Authorization"].removeprefix("Bearer ")
    began = time.perf_counter()
    where = ("--url", system.url, "--token", token)
    done = CliRunner().invoke(app, ["tenant", "apply", str(file), *where])
    applied = time.perf_counter() - began
    assert (done.exit_code, done.output.strip()) == (0, f"{SLUG}: new, version 1"), done.output
    assert applied < PROMISED_S
    body = {"text": "Sokağımızda büyük bir çukur var, araçlar zarar görüyor", "point": INSIDE}

    def taken() -> dict[str, str] | None:
        answer = system.http.post("/api/requests", json=body)
        return answer.json() if answer.status_code == 201 else None

    request = until(taken, "the new municipality to take requests")
    task = system.task(SLUG, request["id"])
    whole = time.perf_counter() - began
    assert task["department"]["code"] == "FEN"
    again = CliRunner().invoke(app, ["tenant", "apply", str(file), *where])
    assert again.output.strip() == f"{SLUG}: unchanged, version 1"
    with capsys.disabled():
        print(f"\njoined by one file in {applied:.2f} s, first request routed after {whole:.2f} s")
