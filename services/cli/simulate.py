"""`sokak simulate`: invented citizens who hand requests in, and operators who work on them."""

from __future__ import annotations

import asyncio
import csv
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

from .calls import ADDRESS, Address, CannotCall, Token, bearer

SAMPLES = Path(__file__).parents[2] / "deploy/samples/tr_request_examples_synthetic.csv"
ANKARA = "kecioren,altindag,cankaya,etimesgut,mamak,pursaklar,yenimahalle"

TYPES = ("request", "complaint", "complaint", "question", "suggestion", "notice")
CHANNELS = ("web", "web", "web", "call_centre", "whatsapp", "email", "sms")

STEPS: dict[str, tuple[dict[str, str], ...]] = {
    "assigned": (
        {"status": "in_progress"},
        {"status": "in_progress"},
        {"status": "scheduled", "message": "Ekibimiz yarın sabah yerinde olacak."},
    ),
    "in_progress": (
        {
            "status": "resolved",
            "message": "Ekibimiz işi tamamladı. Bildirdiğiniz için teşekkürler.",
        },
        {"status": "resolved", "message": "Giderildi, iyi günler dileriz."},
        {"status": "resolved", "message": "Yerinde incelendi ve onarıldı."},
        {
            "status": "rejected",
            "reason": "no_further_action",
            "message": "İncelendi; yapılacak bir iş görülmedi.",
        },
    ),
    "scheduled": ({"status": "in_progress"},),
}
"""What an operator does next with a task, by its status."""


def simulate(
    tenants: Annotated[str, typer.Option(help="Slugs, with commas between.")] = ANKARA,
    rate: Annotated[float, typer.Option(min=0.01, max=200, help="Requests a second.")] = 0.5,
    requests: Annotated[int | None, typer.Option(help="Stop after so many.")] = None,
    url: Address = ADDRESS,
    token: Token = None,
) -> None:
    """Let invented citizens and operators act until Ctrl-C. All of it is marked as simulated."""
    town = Town(url, bearer(url, token), tenants.split(","))
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(town.live(rate, requests))
    except CannotCall as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
    typer.echo(", ".join(f"{number:,} {what}" for what, number in sorted(town.tally.items())))


@dataclass
class Town:
    """Simulated people in some tenants. `tally` counts what they have done."""

    url: str
    headers: Callable[[], dict[str, str]]
    slugs: list[str]
    tally: Counter[str] = field(default_factory=Counter)
    areas: dict[str, list[BaseGeometry]] = field(default_factory=dict)

    async def live(self, rate: float, most: int | None = None) -> None:
        """Citizens at `rate` a second on average, and operators who keep up with them."""
        with SAMPLES.open(newline="") as file:
            texts = [row["text"] for row in csv.DictReader(file)]
        async with httpx.AsyncClient(base_url=self.url, timeout=10.0) as http:
            await self._learn_areas(http)
            operators = [asyncio.create_task(self._operate(http, slug)) for slug in self.slugs]
            try:
                submitted = 0
                while most is None or submitted < most:
                    await asyncio.sleep(random.expovariate(rate))
                    await self._submit(http, random.choice(self.slugs), random.choice(texts))
                    submitted += 1
            finally:
                for operator in operators:
                    operator.cancel()

    async def _learn_areas(self, http: httpx.AsyncClient) -> None:
        for slug in self.slugs:
            response = await self._call(http, "GET", f"/api/tenants/{slug}/document")
            if response is None or not response.is_success:
                raise CannotCall(f"{self.url} has no tenant {slug}; `sokak tenant apply` makes it")
            tenant = response.json()
            geometries = [place.get("geometry") for place in tenant["neighbourhoods"]]
            shapes = [shape(one) for one in geometries if one]
            self.areas[slug] = shapes or [shape(tenant["jurisdiction"])]

    async def _submit(self, http: httpx.AsyncClient, slug: str, text: str) -> None:
        place = _somewhere(random.choice(self.areas[slug]))
        body = {
            "type": random.choice(TYPES),
            "channel": random.choice(CHANNELS),
            "text": text,
            "point": {"lat": round(place.y, 6), "lon": round(place.x, 6)},
            "simulated": True,
        }
        response = await self._call(http, "POST", "/api/requests", body)
        self.tally["submitted" if response and response.status_code == 201 else "not taken"] += 1

    async def _operate(self, http: httpx.AsyncClient, slug: str) -> None:
        while True:
            await asyncio.sleep(random.uniform(2, 6))
            status = random.choice(tuple(STEPS))
            response = await self._call(
                http, "GET", f"/api/tasks?tenant={slug}&status={status}&limit=20"
            )
            tasks = response.json()["tasks"] if response and response.is_success else []
            for task in random.sample(tasks, min(2, len(tasks))):
                step = random.choice(STEPS[status]) | {"version": task["version"]}
                place = f"/api/tasks/{task['id']}/status?tenant={slug}"
                done = await self._call(http, "POST", place, step)
                if done and done.is_success:
                    self.tally[step["status"]] += 1

    async def _call(
        self, http: httpx.AsyncClient, method: str, place: str, body: Any = None
    ) -> httpx.Response | None:
        headers = await asyncio.to_thread(self.headers)
        try:
            return await http.request(method, place, json=body, headers=headers)
        except httpx.TransportError:
            self.tally["without answer"] += 1
            return None


def _somewhere(area: BaseGeometry) -> Point:
    """A random point inside an area."""
    west, south, east, north = area.bounds
    for _ in range(200):
        point = Point(random.uniform(west, east), random.uniform(south, north))
        if area.covers(point):
            return point
    return area.representative_point()
