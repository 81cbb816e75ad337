"""`sokak tenant`: files out and in again, and what is said about faults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from libs.tenants import Tenant
from libs.tenants.file import load_tenant
from services.cli import tenant as command
from tests.unit.routing.examples import document

DEPLOY = Path(__file__).parents[3] / "deploy" / "tenants"


def serve(monkeypatch: pytest.MonkeyPatch, answers: Mapping[str, tuple[int, object]]) -> list[str]:
    """Answer the command's calls; the list fills with what was asked."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        call = f"{request.method} {request.url.path}"
        asked.append(call)
        status, body = answers.get(call, (404, {"title": "Not found."}))
        return httpx.Response(status, json=body)

    def client(**options: object) -> httpx.Client:
        return plain(transport=httpx.MockTransport(answer), **options)  # type: ignore[arg-type]

    plain = httpx.Client
    monkeypatch.setattr(httpx, "Client", client)
    return asked


@pytest.mark.parametrize("name", ["kecioren", "nyc-bronx"])
def test_what_is_exported_is_the_same_tenant_again(name: str, tmp_path: Path) -> None:
    tenant = load_tenant(DEPLOY / f"{name}.yaml")
    document = tenant.model_dump(mode="json") | {"version": 4}
    written = command.write_files(document, tmp_path)
    assert written[0] == tmp_path / f"{name}.yaml"
    assert load_tenant(written[0]) == tenant


def test_unchanged_new_and_changed_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plain = Tenant.checked(document(version=0)).model_dump(mode="json")
    (file,) = command.write_files(plain, tmp_path)[:1]
    put, get = "PUT /api/tenants/ornek", "GET /api/tenants/ornek/document"
    older = plain | {"names": {"tr": "Eski", "en": "Old"}, "version": 1}
    for answers, said in (
        ({put: (200, {"version": 1, "changed": True})}, "ornek: new, version 1"),
        ({get: (200, plain), put: (200, {"version": 1, "changed": False})}, "unchanged"),
        ({get: (200, older), put: (200, {"version": 2, "changed": True})}, "changed: names"),
    ):
        with monkeypatch.context() as patch:
            serve(patch, answers)
            done = CliRunner().invoke(command.app, ["apply", str(file), "--token", "x"])
        assert done.exit_code == 0
        assert said in done.output


def test_one_wrong_file_and_nothing_is_published(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    right = command.write_files(document(version=0), tmp_path)[0]
    wrong = command.write_files(document(slug="yanlis", triage_department="NONE"), tmp_path)[0]
    asked = serve(monkeypatch, {})
    done = CliRunner().invoke(command.app, ["apply", str(right), str(wrong), "--token", "x"])
    assert done.exit_code == 1
    assert asked == []
    assert "yanlis.yaml" in done.output
    assert "triage_department" in done.output


def test_refusal_is_told_with_its_fields(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = command.write_files(document(version=0), tmp_path)[0]
    fault = {"title": "Some fields are not valid.", "errors": [{"field": "kind", "message": "No"}]}
    serve(monkeypatch, {"PUT /api/tenants/ornek": (422, fault)})
    done = CliRunner().invoke(command.app, ["apply", str(file), "--token", "x"])
    assert done.exit_code == 1
    assert "kind: No" in done.output


def test_list_shows_every_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {
        "slug": "ornek",
        "version": 3,
        "state": "active",
        "kind": "district",
        "names": {"tr": "Örnek", "en": "Example"},
    }
    serve(monkeypatch, {"GET /api/tenants": (200, [row])})
    done = CliRunner().invoke(command.app, ["list"])
    assert "ornek" in done.output
    assert "Örnek" in done.output


def test_export_writes_the_version_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plain = Tenant.checked(document()).model_dump(mode="json")
    serve(monkeypatch, {"GET /api/tenants/ornek/versions/3": (200, plain)})
    place = ["export", "ornek", "--to", str(tmp_path), "--version", "3", "--token", "x"]
    done = CliRunner().invoke(command.app, place)
    assert done.exit_code == 0
    area = json.loads((tmp_path / "ornek.geojson").read_text("utf-8"))
    assert area["features"][0]["geometry"] == plain["jurisdiction"]
    assert "version" not in (tmp_path / "ornek.yaml").read_text("utf-8")


def test_leaving_needs_the_slug_again(monkeypatch: pytest.MonkeyPatch) -> None:
    look, put = "GET /api/tenants/ornek", "PUT /api/tenants/ornek/state"
    told = {look: (200, {"state": "active"}), put: (200, {"version": 4, "changed": True})}
    asked = serve(monkeypatch, told)
    arguments = ["remove", "ornek", "--token", "x", "--confirm"]
    refused = CliRunner().invoke(command.app, [*arguments, "evet"])
    assert (refused.exit_code, asked) == (1, [])
    done = CliRunner().invoke(command.app, [*arguments, "ornek"])
    assert (done.exit_code, asked) == (0, [look, put])
    assert "has left, version 4" in done.output


def test_who_has_left_is_removed_by_the_same_again(monkeypatch: pytest.MonkeyPatch) -> None:
    look, delete = "GET /api/tenants/ornek", "DELETE /api/tenants/ornek"
    told = {look: (200, {"state": "left"}), delete: (200, {"version": 5, "changed": True})}
    asked = serve(monkeypatch, told)
    done = CliRunner().invoke(
        command.app, ["remove", "ornek", "--token", "x", "--confirm", "ornek"]
    )
    assert (done.exit_code, asked) == (0, [look, delete])
    assert "removed, version 5" in done.output
