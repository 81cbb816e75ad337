"""The events stand alone: pydantic and nothing else, and a wheel of their own."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .samples import sample
from .shapes import ROOT, SCHEMAS

PACKAGE = ROOT / "libs" / "events"
PYDANTIC = (
    "pydantic",
    "pydantic-core",
    "annotated-types",
    "typing-extensions",
    "typing-inspection",
)


@pytest.mark.parametrize("file", sorted(PACKAGE.glob("*.py")), ids=lambda file: file.name)
def test_a_module_imports_its_siblings_relatively_and_pydantic_alone(file: Path) -> None:
    assert _foreign(ast.parse(file.read_text(encoding="utf-8"))) == set()


def test_a_foreign_or_absolute_import_would_be_found() -> None:
    source = "import json\nimport libs.events\nfrom httpx import get\nfrom ..tenants import Tenant"
    assert _foreign(ast.parse(source)) == {"libs.events", "httpx", "..tenants"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the unpacked wheel `sokak-events`."""
    work = tmp_path_factory.mktemp("wheel")
    shutil.copytree(PACKAGE, work / "source", ignore=shutil.ignore_patterns("__pycache__"))
    options = ("--no-build-isolation", "--no-deps", "--no-index", "--quiet", "--wheel-dir")
    command = (sys.executable, "-m", "pip", "wheel", *options, str(work), str(work / "source"))
    subprocess.run(command, check=True, capture_output=True, cwd=work)
    (built,) = work.glob("sokak_events-*.whl")
    shutil.unpack_archive(built, work / "unpacked", format="zip")
    return work / "unpacked"


def test_the_wheel_holds_the_package_and_its_schemas(wheel: Path) -> None:
    package = wheel / "sokak_events"
    modules = {file.name for file in PACKAGE.glob("*.py")}
    assert {file.name for file in package.glob("*.py")} == modules
    assert (package / "py.typed").exists()
    schemas = {file.relative_to(SCHEMAS) for file in SCHEMAS.rglob("*.json")}
    kept = package / "schemas"
    assert {file.relative_to(kept) for file in kept.rglob("*.json")} == schemas
    assert (package / "asyncapi.json").read_bytes() == (PACKAGE / "asyncapi.json").read_bytes()


def test_it_is_installed_in_a_new_environment_and_reads_a_public_event(
    wheel: Path, tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", venv), check=True)
    python = venv / "bin" / "python"
    (packages,) = venv.glob("lib/*/site-packages")
    for name in PYDANTIC:  # what else pip would fetch
        _link_distribution(name, packages)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python))
    (built,) = wheel.parent.glob("sokak_events-*.whl")
    for command in (("install", "--quiet", "--no-index", str(built)), ("check",)):
        done = subprocess.run((*pip, *command), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    golden = sample("service_request.changed.v1.full")
    script = """
import json, sys
from importlib.metadata import requires
from sokak_events import EVENTS, decode
given = json.load(sys.stdin)
headers = [(name, text.encode()) for name, text in given["headers"].items()]
envelope, event = decode(EVENTS, headers, json.dumps(given["data"]).encode())
print(type(event).__name__, envelope.sequence, event.tracking_number, event.status_detail)
print(requires("sokak-events"))
"""
    done = subprocess.run(
        (python, "-c", script),
        input=json.dumps({"headers": golden.headers, "data": golden.data}),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    said, needs = done.stdout.splitlines()
    assert said == "ServiceRequestChanged 4 7F3K9QHXM duplicate"
    assert needs == "['pydantic<3,>=2.14']"


def test_the_wheel_reads_an_event_where_only_pydantic_is_installed(
    wheel: Path, tmp_path: Path
) -> None:
    for name in PYDANTIC:
        _link_distribution(name, tmp_path)
    golden = sample("task.created.v1.full")
    headers = [[name, text] for name, text in golden.headers.items()]
    script = f"""
import json, sys
sys.path[:] = [p for p in sys.path if "packages" not in p] + {[str(wheel), str(tmp_path)]!r}
import sokak_events
given = json.load(sys.stdin)
headers = [(name, text.encode()) for name, text in given["headers"]]
envelope, event = sokak_events.decode(
    sokak_events.EVENTS, headers, json.dumps(given["data"]).encode()
)
known = sys.stdlib_module_names
print(envelope.type, event.tracking_number, sokak_events.__file__)
print(*{{name.partition(".")[0] for name in sys.modules}} - known - {{"__main__"}})
"""
    done = subprocess.run(
        (sys.executable, "-I", "-S", "-c", script),
        input=json.dumps({"headers": headers, "data": golden.data}),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    said, modules = done.stdout.splitlines()
    assert said == f"task.created.v1 7F3K9QHXM {wheel / 'sokak_events' / '__init__.py'}"
    allowed = {"sokak_events", *(name.replace("-", "_") for name in PYDANTIC)}
    loaded = {name for name in modules.split() if not name.startswith("_sysconfigdata")}
    assert loaded <= allowed


def _foreign(tree: ast.Module) -> set[str]:
    """What a module imports beside the standard library, pydantic and its own directory."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level != 1:
            names.add("." * node.level + (node.module or ""))
    allowed = sys.stdlib_module_names | {"pydantic", "pydantic_core"}
    return {name for name in names if name.partition(".")[0] not in allowed}


def _link_distribution(name: str, target: Path) -> None:
    """Put the top-level modules of an installed distribution where nothing else is."""
    distribution = importlib.metadata.distribution(name)
    for top in {Path(file).parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
        (target / top).symlink_to(Path(str(distribution.locate_file(top))))
