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
    assert {file.relative_to(package / "schemas") for file in package.rglob("*.json")} == schemas


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
    allowed = sys.stdlib_module_names | {"pydantic"}
    return {name for name in names if name.partition(".")[0] not in allowed}


def _link_distribution(name: str, target: Path) -> None:
    """Put the top-level modules of an installed distribution where nothing else is."""
    distribution = importlib.metadata.distribution(name)
    for top in {Path(file).parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
        (target / top).symlink_to(Path(str(distribution.locate_file(top))))
