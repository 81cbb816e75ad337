"""Taking a request: from a checked body to one command."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from libs.events import CLOSED_STATUSES, Category, History
from libs.runtime.clock import new_id
from libs.runtime.commands import Once, Taken
from libs.runtime.rule import Claim, Command, Refused, replace
from libs.runtime.service import Service
from libs.tenants import Located, Tenant, TenantCategory, WorkingTime
from libs.text import said
from libs.web.caller import Caller

from . import tracking
from .answers import RowOutcome, Submitted, tenant_out
from .asked import Row, ToSubmit, check_answers, chosen_category, located
from .request import Contact, Request, Through, dialled, submit
from .store import SOURCES, TRACKING_NUMBERS

DRAWS = 8

NOBODY = "nobody"
SHORTEST_OF_NOBODY = 22
"""Characters of a key that alone says whose the answer is, the request's secret in it: a UUID's
32 or 36 do, and so do 22 random ones of base 64.
"""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is derived from the service's own secret, so that it need not be stored."""

    key: bytes

    def tracking_secret(self, request_id: str) -> str:
        """Who shows it may read and change the request: 130 bits in base 32."""
        return b32encode(self._mac(f"tracking\0{request_id}")).decode()[:26].lower()

    def shows(self, secret: str | None, request_id: str) -> bool:
        """Whether the secret is the request's; in constant time."""
        wanted = self.tracking_secret(request_id).encode()
        return secret is not None and hmac.compare_digest(secret.encode(), wanted)

    def citizen_ref(self, citizen: str, tenant: str) -> str:
        """The pseudonym of a citizen towards one tenant."""
        return self._mac(f"citizen\0{tenant}\0{citizen}").hex()[:32]

    def supporter_ref(self, who: str, request_id: str) -> str:
        """The pseudonym of who adds a voice, another one for each request."""
        return self._mac(f"voice\0{request_id}\0{who}").hex()[:16]

    def _mac(self, text: str) -> bytes:
        return hmac.digest(self.key, text.encode(), "sha256")


class Desk:
    """Where requests are handed in."""

    def __init__(self, service: Service, secrets: Secrets) -> None:
        self._service = service
        self._secrets = secrets

    async def submit(
        self,
        asked: ToSubmit,
        caller: Caller | None,
        key: str | None,
        browser: str | None = None,
    ) -> Submitted:
        """Accept a request. Once this has returned, it will become exactly one task.

        A key that was answered before is answered so again, also where the same request would
        be refused by now. Keys are a browser's own, whoever has signed in there between two tries,
        else of who has shown a token. Nobody else can be told from others but by the key itself:
        refused (422) where it could be guessed.
        """
        once = _once(asked, _scope(caller, browser), key)
        try:
            request, usual = self._checked(asked, caller)
        except Refused:
            answer = await self._service.first_answer(once) if once else None
            if answer is None:
                raise
        else:
            answer = await self._accept(request, once, usual)
        return self._submitted(answer)

    def _checked(self, asked: ToSubmit, caller: Caller | None) -> tuple[Request, datetime | None]:
        place = located(self._service.tenants.jurisdictions, asked.point)
        _check_rights(asked, caller, place.tenant)
        category = chosen_category(place.tenant, asked.category)
        check_answers(category, asked.answers)
        now = self._service.now()
        request = replace(
            _drafted(asked, place, category, now),
            citizen=caller.subject if caller and caller.citizen else None,
            citizen_ref=self._citizen_ref(caller, place.tenant),
        )
        return request, _usual(place.tenant, category, now)

    async def submit_through(
        self,
        asked: ToSubmit,
        place: Located,
        category: TenantCategory,
        through: Through,
        account: str | None,
    ) -> Submitted:
        """Accept what an integrator sends for a citizen, all of which has been checked. The
        `account` is the citizen's there; only a pseudonym of it is kept.
        """
        known = f"open311\0{through.integrator}\0{account}"
        tenant, now = place.tenant, self._service.now()
        request = replace(
            _drafted(asked, place, category, now),
            through=through,
            citizen_ref=self._secrets.citizen_ref(known, tenant.slug) if account else None,
        )
        once = _once(asked, f"open311:{through.integrator}", None)
        return self._submitted(await self._accept(request, once, _usual(tenant, category, now)))

    def _submitted(self, answer: dict[str, Any]) -> Submitted:
        tenant = self._service.tenants.get(answer["tenant"])
        if tenant is None:
            raise Refused("tenant-unknown", "This municipality is no longer with us.", 409)
        return Submitted(
            id=answer["id"],
            tracking_number=tracking.shown(answer["tracking_number"]),
            secret=self._secrets.tracking_secret(answer["id"]),
            tenant=tenant_out(tenant),
            neighbourhood=answer["neighbourhood"],
            submitted_at=answer["submitted_at"],
            usually_by=answer["usually_by"],
        )

    async def _accept(
        self, request: Request, once: Once | None, usual: datetime | None
    ) -> dict[str, Any]:
        for _ in range(DRAWS):
            try:
                answer: dict[str, Any] = await self._service.execute(
                    _command(new_id(), tracking.draw(), request, usual), once
                )
            except Taken:
                continue
            return answer
        raise RuntimeError("no free tracking number was drawn")

    def _citizen_ref(self, caller: Caller | None, tenant: Tenant) -> str | None:
        if caller is None or not caller.citizen:
            return None
        return self._secrets.citizen_ref(caller.subject, tenant.slug)

    async def take_over(
        self, source: str, rows: list[Row], allowed: frozenset[str] | None, key: str | None
    ) -> list[RowOutcome]:
        """Accept old requests; `allowed` are the tenants whose they may be, None for all.

        What was accepted under the same `key` before, with the answer lost, is so again.
        """
        outcomes: dict[int, RowOutcome] = {}
        told: set[str] = set()
        waiting = list(enumerate(rows))
        for _ in range(DRAWS):
            requests: dict[int, tuple[str, Request]] = {}
            for index, row in waiting:
                made = self._old(source, row, allowed)
                if isinstance(made, Refused):
                    outcomes[index] = _outcome(row, made)
                else:
                    requests[index] = f"{made.tenant}:{source}:{row.source_number}", made
            known = await self._known_sources([id for id, _ in requests.values()])
            commands: dict[str, tuple[int, Command]] = {}
            for index, (id, request) in requests.items():
                if id in known:
                    again = key is not None and known[id] == key and id not in told
                    told.add(id)
                    outcomes[index] = _outcome(
                        rows[index], "accepted" if again else "already", request.tenant
                    )
                elif id not in commands:  # a number that comes twice is known in the next round
                    commands[id] = index, _take_over(id, request, key)
            answers = await self._service.execute_many([one for _, one in commands.values()])
            for (id, (index, command)), answer in zip(commands.items(), answers, strict=True):
                if isinstance(answer, Refused):
                    outcomes[index] = _outcome(rows[index], answer)
                elif not isinstance(answer, Taken):
                    told.add(id)
                    outcomes[index] = _outcome(rows[index], "accepted", command.tenant)
            waiting = [(index, row) for index, row in waiting if index not in outcomes]
            if not waiting:
                return [outcomes[index] for index in range(len(rows))]
        raise RuntimeError("no free tracking number was drawn")

    async def look_over(
        self, source: str, rows: list[Row], allowed: frozenset[str] | None
    ) -> list[RowOutcome]:
        """What `take_over` would make of these rows; nothing is stored."""
        made = [self._old(source, row, allowed) for row in rows]
        ids = [
            "" if isinstance(one, Refused) else f"{one.tenant}:{source}:{row.source_number}"
            for row, one in zip(rows, made, strict=True)
        ]
        known = set(await self._known_sources([id for id in ids if id]))
        outcomes: list[RowOutcome] = []
        for id, row, one in zip(ids, rows, made, strict=True):
            if isinstance(one, Refused):
                outcomes.append(_outcome(row, one))
                continue
            outcomes.append(_outcome(row, "already" if id in known else "accepted", one.tenant))
            known.add(id)
        return outcomes

    async def _known_sources(self, ids: list[str]) -> dict[str, str | None]:
        """Those that were taken, each with the key of the call that took it."""
        found = self._service.database[SOURCES].find({"_id": {"$in": ids}}, ["key"])
        return {known["_id"]: known.get("key") async for known in found}

    def _old(self, source: str, row: Row, allowed: frozenset[str] | None) -> Request | Refused:
        try:
            place = located(self._service.tenants.jurisdictions, row.point)
            if allowed is not None and place.tenant.slug not in allowed:
                raise Refused("tenant-not-yours", "This place is another tenant's.", 403)
            category = chosen_category(place.tenant, row.category)
            if row.status and (row.status in CLOSED_STATUSES) != (row.closed_at is not None):
                raise Refused("status-not-of-times", "Closed needs closed_at, open has none.", 422)
            if row.department and not place.tenant.department(row.department):
                raise Refused("department-unknown", "There is no such department.", 422)
        except Refused as refused:
            return refused
        return _old_request(source, row, place, category.value if category else None)


def _drafted(
    asked: ToSubmit, place: Located, category: TenantCategory | None, now: datetime
) -> Request:
    contact = asked.contact
    return Request(
        tenant=place.tenant.slug,
        tracking_number="",
        request_type=asked.type,
        channel=asked.channel,
        submitted_at=now,
        time_zone=place.tenant.time_zone,
        text=asked.text,
        point=asked.point,
        address=asked.address,
        answers=dict(asked.answers),
        category=category.value if category else None,
        neighbourhood=place.neighbourhood,
        contact=Contact(**contact.model_dump()) if contact else None,
        phone=dialled(contact.phone) if contact else None,
        simulated=asked.simulated,
        private=asked.private,
        showable=asked.showable and place.tenant.publication.words and not asked.private,
    )


def _usual(tenant: Tenant, category: TenantCategory | None, now: datetime) -> datetime | None:
    return WorkingTime(tenant).due_at(now, category.sla_minutes) if category else None


def _outcome(
    row: Row, outcome: Literal["accepted", "already"] | Refused, tenant: str | None = None
) -> RowOutcome:
    if isinstance(outcome, Refused):
        return RowOutcome(source_number=row.source_number, outcome="refused", reason=outcome.slug)
    return RowOutcome(source_number=row.source_number, outcome=outcome, tenant=tenant)


def _check_rights(asked: ToSubmit, caller: Caller | None, tenant: Tenant) -> None:
    platform = caller is not None and caller.platform
    staff = platform or (caller is not None and bool(caller.roles(tenant.slug) - {"auditor"}))
    if asked.channel != "web" and not staff:
        raise Refused("channel-not-yours", "Only the municipality's people set the channel.", 403)
    if asked.simulated and not platform:
        raise Refused("simulated-not-yours", "Only the platform's people simulate.", 403)


def _scope(caller: Caller | None, browser: str | None) -> str:
    """Whose a key is."""
    if browser:
        return f"browser:{browser}"
    return f"subject:{caller.subject}" if caller else NOBODY


def _once(asked: ToSubmit, scope: str, key: str | None) -> Once | None:
    key = key or asked.client_request_id
    if key is None:
        return None
    if scope == NOBODY and len(key) < SHORTEST_OF_NOBODY:
        title = said(
            "Without a token or a cookie a key has at least %(least)s characters.",
            least=SHORTEST_OF_NOBODY,
        )
        raise Refused("idempotency-key-too-short", title, 422)
    told = asked.model_dump(mode="json", exclude={"client_request_id"})
    for name in ("private", "showable"):  # bodies of before these were there are the same still
        if not told[name]:
            del told[name]
    body = json.dumps(told, sort_keys=True)
    return Once(f"submit:{scope}", key, hashlib.sha256(body.encode()).hexdigest())


def _command(
    request_id: str, number: str, request: Request, usual: datetime | None, *claims: Claim
) -> Command:
    numbered = replace(request, tracking_number=number)
    return Command(
        id=request_id,
        target=request_id,
        tenant=request.tenant,
        decide=partial(submit, numbered, usual),
        claims=(Claim(TRACKING_NUMBERS, number, {"request": request_id}), *claims),
    )


def _take_over(source_id: str, request: Request, key: str | None) -> Command:
    request_id = new_id()
    taken = {"request": request_id, "tenant": request.tenant, "key": key}
    claim = Claim(SOURCES, source_id, taken)
    return _command(request_id, tracking.draw(), request, None, claim)


def _old_request(source: str, row: Row, place: Located, category: Category | None) -> Request:
    status = row.status or ("resolved" if row.closed_at else "new")
    return Request(
        tenant=place.tenant.slug,
        tracking_number="",
        request_type=row.type,
        channel=row.channel,
        submitted_at=row.opened_at,
        time_zone=place.tenant.time_zone,
        text=row.text,
        point=row.point,
        address=row.address,
        category=category,
        neighbourhood=place.neighbourhood,
        history=History(
            source=source,
            source_number=row.source_number,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            status=status,
            department=row.department,
        ),
    )
