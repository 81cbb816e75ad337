"""`sokak tenant data`: all that is a tenant's, from each service by its own API, in one place."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from libs.tenants.file import files_of

from .calls import ADDRESS, Address, CannotCall, Token, bearer, refusal
from .taken import Exists, Place, Written, place

PIECE = 256 * 1024
PATIENCE_S = 300.0
"""For a piece: the store may look through much of what is others' before it finds the next."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of JSON lines: its name, where it comes from, and what is in it."""

    name: str
    path: str
    about: str


FILES = (
    File(
        "requests.jsonl",
        "/api/requests/data/requests?tenant={slug}",
        "Every request as its citizen wrote it: text, address, point, answers, contact, the ids of "
        "its photos, and under `updates` what the citizen was told. `citizen_ref` is the same for "
        "the same citizen, and says nothing to anybody else. **Personal data.**",
    ),
    File(
        "tasks.jsonl",
        "/api/tasks/data/tasks?tenant={slug}",
        "What was done about each request: department, team, person, status and deadline, and "
        "under `history` every step with its time, who took it and why, notes of colleagues "
        "included. `request_id` is the `id` in requests.jsonl. **Personal data.**",
    ),
    File(
        "people.jsonl",
        "/api/tasks/data/people?tenant={slug}",
        "The names of those who appear as `by.id` or `operator` in tasks.jsonl. **Personal data.**",
    ),
    File(
        "decisions.jsonl",
        "/api/tenants/{slug}/data/decisions",
        "Why each request went to its department, by which category, rule and words of your own "
        "lists. `id` is the request's.",
    ),
    File(
        "published.jsonl",
        "/api/reports/data/published?tenant={slug}",
        "What anybody may know of each request that was published; the same as the open data and "
        "the public topic say. `sequence` counts the changes.",
    ),
    File(
        "facts.jsonl",
        "/api/reports/data/facts?tenant={slug}",
        "What the reports count each request by. Without words and names.",
    ),
    File(
        "versions.jsonl",
        "/api/tenants/{slug}/data/versions",
        "Every version of the municipality itself: when, by whom, and the whole of it; `document` "
        "is null where it was removed.",
    ),
    File(
        "draft.jsonl",
        "/api/tenants/{slug}/data/draft",
        "What is prepared and not published yet; empty where there is no draft.",
    ),
    File(
        "integrators.jsonl",
        "/api/requests/data/integrators?tenant={slug}",
        "Programs of others that were let in, without their secrets.",
    ),
    File(
        "webhooks.jsonl",
        "/api/reports/data/webhooks?tenant={slug}",
        "Addresses to which public states were sent, without their secrets.",
    ),
)
PHOTOS = "/api/requests/data/photos?tenant={slug}"


def data(
    slug: Annotated[str, typer.Argument(help="The tenant's slug.")],
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            show_default=False,
            help="A new folder, or a file that ends in .zip; SLUG-data where it is not told.",
        ),
    ] = None,
    url: Address = ADDRESS,
    token: Token = None,
) -> None:
    """Take along all that is a tenant's: file, requests, photos, tasks, what was published.

    As often as you like, and also of one that has left or was removed. It holds personal data.
    """
    target = to or Path(f"{slug}-data")
    try:
        with place(target) as where:
            taken = _Taken(url, token, slug, where)
            taken.all()
    except Exists:
        _fail(f"{target}: there is something already; name another place.")
    except httpx.HTTPError as error:
        _fail(f"{url} broke off: {error or type(error).__name__}. Nothing was written.")
    except (CannotCall, OSError, tarfile.TarError) as error:
        _fail(f"{error}\nNothing was written.")
    for name, written in taken.written.items():
        typer.echo(f"{name}: {written.lines:,}" if name.endswith("l") else f"{name}: written")
    typer.echo(f"photos: {taken.photos:,}")
    typer.echo(str(target))


class _Taken:
    """What is taken along of one tenant, and what was written so far."""

    def __init__(self, url: str, token: str | None, slug: str, where: Place) -> None:
        self._headers = bearer(url, token)
        self._caller = httpx.Client(base_url=url, timeout=PATIENCE_S)
        self._slug = slug
        self._where = where
        self._last: dict[str, Any] | None = None
        self.written: dict[str, Written] = {}
        self.photos = 0

    def all(self) -> None:
        """Write all of it. The file of the municipality is its last version's."""
        began = datetime.now(UTC)
        with self._caller:
            for file in FILES:
                self._lines(file)
            self._take_photos()
        for name, content in files_of(self._last).items() if self._last else ():
            self._write(f"tenant/{name}", content)
        self._write("manifest.json", self._manifest(began))
        self._write("README.md", self._readme(began).encode())

    @contextmanager
    def _answer(self, path: str) -> Iterator[httpx.Response]:
        address = path.format(slug=self._slug)
        with self._caller.stream("GET", address, headers=self._headers()) as answer:
            if not answer.is_success:
                answer.read()
                raise CannotCall(refusal(address, answer))
            yield answer

    def _lines(self, file: File) -> None:
        written = self.written[file.name] = Written()
        rest = b""
        with self._where.open(file.name) as out, self._answer(file.path) as answer:
            for piece in answer.iter_bytes(PIECE):
                out.write(piece)
                written.note(piece)
                if file.name == "versions.jsonl":
                    *whole, rest = (rest + piece).split(b"\n")
                    for line in whole:
                        self._last = json.loads(line)["document"] or self._last

    def _take_photos(self) -> None:
        with self._answer(PHOTOS) as answer:
            stream = _Readable(answer.iter_bytes(PIECE))
            with tarfile.open(fileobj=stream, mode="r|", bufsize=PIECE) as archive:  # type: ignore[call-overload]
                for member in archive:
                    content = archive.extractfile(member)
                    parts = Path(member.name).parts
                    if content is None or len(parts) != 2 or ".." in parts:
                        raise tarfile.TarError(f"{member.name} is no photo's name")
                    self._write(f"photos/{'/'.join(parts)}", content.read())
                    self.photos += 1
            stream.end()

    def _write(self, name: str, content: bytes) -> None:
        with self._where.open(name) as out:
            out.write(content)
        if not name.startswith("photos/"):
            written = self.written[name] = Written()
            written.note(content)

    def _manifest(self, began: datetime) -> bytes:
        told = {
            "tenant": self._slug,
            "taken_at": began.isoformat(),
            "photos": self.photos,
            "files": {
                name: {
                    "bytes": written.size,
                    "lines": written.lines,
                    "sha256": written.digest.hexdigest(),
                }
                for name, written in self.written.items()
            },
        }
        return json.dumps(told, indent=2).encode() + b"\n"

    def _readme(self, began: datetime) -> str:
        rows = [
            f"| `{one.name}` | {self.written[one.name].lines:,} | {one.about} |" for one in FILES
        ]
        return README.format(
            slug=self._slug,
            at=f"{began:%Y-%m-%d %H:%M} UTC",
            rows="\n".join(rows),
            photos=f"{self.photos:,}",
        )


class _Readable:
    """An answer's bytes as a file that tarfile reads."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._kept = b""

    def read(self, size: int) -> bytes:
        """At most so many bytes; fewer only at the end."""
        while len(self._kept) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._kept += piece
        found, self._kept = self._kept[:size], self._kept[size:]
        return found

    def end(self) -> None:
        """Read what comes after the archive's end: an answer that broke off is no whole one."""
        for _ in self._pieces:
            pass


README = """# The data of {slug}

Taken along from Sokak on {at}. Requests go on while it is taken, so that files taken first may
lack what files taken later have; take it again once the municipality has left to have all of it.

A file that ends in `.jsonl` holds JSON Lines: one JSON document on each line, in UTF-8, ordered by
`id`, whose beginning is the time at which it was made. Times are UTC as in RFC 3339. A request's
id is the same in all files, and so is its tracking number, which citizens see with dashes.

| file | lines | what is in it |
|---|---|---|
{rows}
| `photos/REQUEST/PHOTO.jpg` | {photos} photos | The photos of requests. **Personal data.** |
| `tenant/` | – | The municipality as a file that `sokak tenant apply` takes; its last version. |
| `manifest.json` | – | The size, lines and SHA-256 of each file. |

Not in it: the accounts by which citizens sign in, which are not the municipality's, and what
records of the bus were put aside as unreadable. Erased texts are in no file.

Keep it as personal data must be kept, and delete it once it is taken over.
"""


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(1)
