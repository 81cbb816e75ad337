"""Reading a tenant from its files: one YAML file, with GeoJSON and a logo beside it."""

from __future__ import annotations

import base64
import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import shapely
import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape

from . import tenant as parts
from .calendar import WEEKDAYS
from .marked import Node, Plain, UnreadableError, over, read
from .redrawn import UnfitLogo, logo_of
from .tenant import Tenant

LARGEST_YAML_BYTES = 1_000_000
"""Of a file that was sent: reading YAML takes a second for each of these."""


@dataclass(frozen=True, slots=True)
class FileFault:
    """Something wrong in a tenant's files: where, in which field, and what to do."""

    where: str
    place: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.place, self.message) if part)


class TenantFileError(Exception):
    """A tenant's files cannot be taken; `errors` holds every fault that was found."""

    def __init__(self, errors: tuple[FileFault, ...]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = errors


def load_tenant(path: Path) -> Tenant:
    """Read a tenant from its YAML file and what that names.

    `include: [FILE, …]` puts the file over others, `jurisdiction` names a GeoJSON file (or
    `{file, where: {property: value}}`), `neighbourhoods` may be `{file, where}` with the
    properties `code`, `name` and `population`. `logo` names a picture. Names of files are relative
    to the file that holds them. Raises TenantFileError: first with everything that is wrong in
    itself, and if nothing is, with everything that does not fit together.
    """
    faults: list[FileFault] = []
    document = _with_includes(path, (), faults)
    if document is None or not isinstance(document.content, dict):
        raise TenantFileError(tuple(faults))
    document = _with_files(document, faults)
    known = {fault.place for fault in faults}
    try:
        tenant = Tenant.checked(_mapping(document))
    except ValidationError as error:
        faults += (fault for fault in _explained(error, document) if fault.place not in known)
        raise TenantFileError(tuple(faults)) from None
    if faults:
        raise TenantFileError(tuple(faults))
    return tenant


def read_files(files: Mapping[str, bytes]) -> dict[str, Any]:
    """The document in files that were sent: one YAML file, and what it names among the others.

    It is not looked at whether parts lack or are wrong. Nothing but these files is read, and
    nothing is repeated by reference. Raises TenantFileError.
    """
    main = [name for name in files if name.endswith((".yaml", ".yml"))]
    if len(main) != 1:
        raise TenantFileError((FileFault("", "", "send one YAML file, alone or in a ZIP"),))
    if len(files[main[0]]) > LARGEST_YAML_BYTES:
        told = "is too large: put its areas into GeoJSON files beside it"
        raise TenantFileError((FileFault(main[0], "", told),))
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / Path(name).name).write_bytes(content)
        path = Path(folder) / Path(main[0]).name
        try:
            document = read(path, repeats=False)
            _refuse_others(document, {Path(name).name for name in files})
        except UnreadableError as fault:
            raise TenantFileError(
                (_bare(FileFault(fault.where, "", fault.message), path),)
            ) from None
        faults: list[FileFault] = []
        document = _with_files(document, faults)
        if faults:
            raise TenantFileError(tuple(_bare(fault, path) for fault in faults))
        return _mapping(document)


def files_of(document: Mapping[str, Any]) -> dict[str, bytes]:
    """A tenant's document as files, areas and logo apart, the YAML file first: `load_tenant` reads
    the same tenant from them.
    """
    slug = document["slug"]
    fields = {name: value for name, value in document.items() if name != "version"}
    features: dict[str, list[dict[str, Any]]] = {}
    if fields.get("jurisdiction"):
        features[f"{slug}.geojson"] = [_feature(fields["jurisdiction"], {"slug": slug})]
        fields["jurisdiction"] = f"{slug}.geojson"
    places = fields.pop("neighbourhoods", [])
    if places:
        file = f"{slug}_neighbourhoods.geojson"
        fields["neighbourhoods"] = {"file": file}
        features[file] = [
            _feature(place.get("geometry"), {k: v for k, v in place.items() if k != "geometry"})
            for place in places
        ]
    logo = fields.get("logo")
    if logo:
        fields["logo"] = f"{slug}.png"
    text = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=100)
    found = {f"{slug}.yaml": text.encode()}
    for name, items in features.items():
        collection = {"type": "FeatureCollection", "features": items}
        found[name] = (json.dumps(collection, ensure_ascii=False) + "\n").encode()
    if logo:
        found[f"{slug}.png"] = base64.b64decode(logo["png"])
    return found


def _feature(geometry: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _refuse_others(document: Node, names: set[str]) -> None:
    """Files that were sent may name each other and nothing else."""
    assert isinstance(document.content, dict)
    if "include" in document.content:
        raise UnreadableError(document.where, "`include` is not read here: send the whole")
    for field in READERS:
        node = document.get(field)
        name = _reference(node)[0] if node is not None else None
        if name is not None and name not in names:
            raise UnreadableError(document.where, f"names {name}, which was not sent with it")


def _bare(fault: FileFault, path: Path) -> FileFault:
    """Without the folder in which it lay for a moment."""
    folder = f"{path.parent}/"
    return FileFault(
        fault.where.replace(folder, ""), fault.place, fault.message.replace(folder, "")
    )


def _with_files(document: Node, faults: list[FileFault]) -> Node:
    """With what the files beside it hold in the place of their names."""
    assert isinstance(document.content, dict)
    fields = dict(document.content)
    for name, reader in READERS.items():
        if name in fields:
            try:
                fields[name] = reader(fields[name])
            except UnreadableError as fault:
                faults.append(FileFault(fault.where, name, fault.message))
                del fields[name]
    return Node(fields, document.where)


def _mapping(node: Node) -> dict[str, Any]:
    plain = node.plain()
    assert isinstance(plain, dict)
    return plain


def _with_includes(path: Path, above: tuple[Path, ...], faults: list[FileFault]) -> Node | None:
    try:
        if path.resolve() in above:
            raise UnreadableError(str(path), "includes itself: take one `include` away")
        document = read(path)
    except UnreadableError as fault:
        faults.append(FileFault(fault.where, "", fault.message))
        return None
    assert isinstance(document.content, dict)
    fields = dict(document.content)
    include = fields.pop("include", None)
    names = include.content if include is not None else []
    if not isinstance(names, list):
        faults.append(FileFault(document.where, "include", "must be a list of files: [FILE, …]"))
        names = []
    merged: Node | None = None
    for name in names:
        base = _with_includes(_beside(name, str(name.plain())), (*above, path.resolve()), faults)
        if base is not None:
            merged = base if merged is None else over(merged, base)
    own = Node(fields, document.where)
    return own if merged is None else over(merged, own)


def _beside(node: Node, name: str) -> Path:
    """A file that is named in another one."""
    return Path(node.where.rpartition(":")[0]).parent / name


def _jurisdiction(node: Node) -> Node:
    name, where = _reference(node)
    if name is None:
        return node
    path, features = _features(node, name, where)
    if len(features) > 1 and not where:
        raise UnreadableError(
            node.where,
            f"{path} has {len(features)} features: say which are meant with"
            " {file: …, where: {property: value}}",
        )
    areas = [feature.get("geometry") for _, feature in features]
    for area in areas:
        kind = area.get("type") if isinstance(area, dict) else None
        if kind not in ("Polygon", "MultiPolygon"):
            raise UnreadableError(
                str(path), f"must hold a Polygon or a MultiPolygon, not {kind or 'no geometry'}"
            )
    whole = areas[0] if len(areas) == 1 else _union(path, areas)
    return Node(Plain(whole), f"{node.where} ({path})")


def _union(path: Path, areas: list[Any]) -> object:
    try:
        whole = mapping(shapely.union_all([shape(area) for area in areas]))
    except (KeyError, TypeError, ValueError, AttributeError, ShapelyError) as error:
        fault = f"has a feature whose area cannot be read: {error}"
        raise UnreadableError(str(path), fault) from None
    return json.loads(json.dumps(whole))


def _neighbourhoods(node: Node) -> Node:
    name, where = _reference(node)
    if name is None:
        return node
    path, features = _features(node, name, where)
    items: list[Node] = []
    for number, feature in features:
        at = f"{path}: feature {number}"
        properties = feature.get("properties") or {}
        fields = {
            field: Node(Plain(properties[field]), at)
            for field in ("code", "name", "population")
            if field in properties
        }
        fields["geometry"] = Node(Plain(feature.get("geometry")), at)
        items.append(Node(fields, at))
    return Node(items, node.where)


def _logo(node: Node) -> Node:
    name, _ = _reference(node)
    if name is None:
        return node
    path = _beside(node, name)
    try:
        logo = logo_of(path.read_bytes())
    except OSError as error:
        raise UnreadableError(node.where, f"{path} cannot be read: {error.strerror}") from None
    except UnfitLogo as unfit:
        raise UnreadableError(str(path), str(unfit)) from None
    return Node(Plain(logo.model_dump()), f"{node.where} ({path})")


READERS = {"jurisdiction": _jurisdiction, "neighbourhoods": _neighbourhoods, "logo": _logo}
"""The parts that may stand in files of their own."""


def _reference(node: Node) -> tuple[str | None, dict[str, object]]:
    """The name of a GeoJSON file and what its features must have; no name: it is in place."""
    if isinstance(node.content, Plain) and isinstance(node.content.value, str):
        return node.content.value, {}
    file, where = node.get("file"), node.get("where")
    if file is None:
        return None, {}
    return str(file.plain()), _mapping(where) if where and isinstance(where.content, dict) else {}


def _features(
    node: Node, name: str, where: dict[str, object]
) -> tuple[Path, list[tuple[int, dict[str, Any]]]]:
    path = _beside(node, name)
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise UnreadableError(node.where, f"{path} cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise UnreadableError(f"{path}:{error.lineno}", f"is not sound JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise UnreadableError(str(path), "is not UTF-8: save it as UTF-8") from None
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection":
        found = document.get("features")
    else:
        found = [document if kind == "Feature" else {"type": "Feature", "geometry": document}]
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise UnreadableError(str(path), "is not GeoJSON: it has no list of features")
    chosen = [
        (number, item)
        for number, item in enumerate(found, start=1)
        if where.items() <= (item.get("properties") or {}).items()
    ]
    if not chosen:
        raise UnreadableError(node.where, f"{path} has no feature with {where or 'an area'}")
    return path, chosen


def _explained(error: ValidationError, document: Node) -> Iterator[FileFault]:
    for fault in error.errors(include_url=False):
        node, place = document.find(fault["loc"])
        yield FileFault(node.where, place, _advice(fault))


def _advice(fault: ErrorDetails) -> str:
    message = fault["msg"]
    name = str(fault["loc"][-1]) if fault["loc"] else ""
    match fault["type"]:
        case "missing":
            return "is missing: add it"
        case "extra_forbidden":
            near = difflib.get_close_matches(name, _field_names(), n=1)
            return "is no field that is known here: " + (
                f"did you mean '{near[0]}'?" if near else "remove it"
            )
        case "string_type" if isinstance(fault["input"], int | float | bool):
            return f'must be a text: write it in quotes, "{fault["input"]}"'
    return message[:1].lower() + message[1:]


def _field_names() -> set[str]:
    models = [
        value
        for value in vars(parts).values()
        if isinstance(value, type) and issubclass(value, BaseModel)
    ]
    return {field for model in models for field in model.model_fields} | set(WEEKDAYS)
