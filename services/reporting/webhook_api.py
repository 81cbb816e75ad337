"""HTTP: a tenant's administrators say where its public states are sent, and see what came of it."""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from libs.events import Id
from libs.web.access import Access, Staff
from libs.web.openapi import responses

from . import webhook as rules
from .attempt import Answer
from .deliveries import Delivery, Progress
from .webhook import State, Webhook, Why
from .webhooks import Begin, Webhooks

Administrator = Annotated[Access, Depends(Staff("admin"))]
Reader = Annotated[Access, Depends(Staff("admin", "auditor"))]
WebhookId = Annotated[Id, Path(description="The webhook's id.")]
RequestId = Annotated[Id, Path(description="The request's id, which is the event's subject.")]
PREFIX = "/api/webhooks"


class ToAdd(BaseModel):
    """Where to send. `begin`: what changes from `now` on, or first every state there is."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    url: str = Field(min_length=8, max_length=500, examples=["https://example.org/sokak"])
    note: str = Field(default="", max_length=200)
    begin: Begin = "now"


class WebhookOut(BaseModel):
    """A webhook, and how it fares. `why` says why it is disabled: its receiver answered 410
    (`gone`), took nothing for days (`failing`), or refused too many events (`parked`).
    """

    id: str
    tenant: str
    url: str
    note: str
    state: State
    why: Why | None
    by: str
    added_at: datetime
    changed_at: datetime
    rotated_at: datetime | None
    former_secret_until: datetime | None
    delivered: int
    delivered_at: datetime | None
    failing_since: datetime | None
    waiting: int
    parked: int

    @classmethod
    def of(cls, webhook: Webhook, progress: Progress) -> "WebhookOut":
        """As administrators see it."""
        return cls(**fields(webhook, progress))


class WithSecret(WebhookOut):
    """Shown once: the secret is not stored, and not given again."""

    secret: str


class AnswerOut(BaseModel):
    """What a receiver answered, or why it did not. `text` is the beginning of its words."""

    at: datetime | None = None
    status: int | None
    error: str | None
    text: str
    seconds: float


class DeliveryOut(BaseModel):
    """One state of a request, and what became of it. `at` is when it was taken, or is tried
    again.
    """

    request: str
    id: str
    type: str
    sequence: int
    state: Literal["delivered", "waiting", "parked"]
    attempts: int
    at: datetime
    answer: AnswerOut | None


class Redelivered(BaseModel):
    """How many are sent again."""

    count: int


def fields(webhook: Webhook, progress: Progress) -> dict[str, Any]:
    """What is shown of a webhook."""
    own = ("id", "tenant", "url", "note", "state", "why", "by", "added_at", "changed_at")
    far = ("delivered", "delivered_at", "failing_since", "waiting", "parked")
    return {
        **{name: getattr(webhook, name) for name in (*own, "rotated_at")},
        **{name: getattr(progress, name) for name in far},
        "former_secret_until": webhook.former_until,
    }


def shown(kept: list[Delivery], progress: Progress) -> Iterator[DeliveryOut]:
    """What was parked, what waits, and what was taken last."""
    for one in kept:
        answer = AnswerOut(**one.answer) if one.answer else None
        yield DeliveryOut(
            request=one.key,
            id=one.id,
            type=one.type,
            sequence=one.sequence,
            state=one.state,
            attempts=one.attempts,
            at=one.next_at,
            answer=answer,
        )
    for row in progress.recent:
        yield DeliveryOut(
            request=row["key"],
            id=row["id"],
            type=row["type"],
            sequence=row["sequence"],
            state="delivered",
            attempts=row["attempts"],
            at=row["at"],
            answer=AnswerOut(**row["answer"]),
        )


def router(webhooks: Webhooks) -> APIRouter:
    """The routes of `/api/webhooks`."""
    routes = APIRouter(prefix=PREFIX, tags=["webhooks"])

    async def told(access: Access, webhook: Webhook) -> WebhookOut:
        return WebhookOut.of(*await webhooks.one(access.tenant, webhook.id))

    def with_secret(webhook: Webhook, progress: Progress) -> WithSecret:
        return WithSecret(**fields(webhook, progress), secret=webhooks.secret(webhook))

    @routes.get("")
    async def list_(access: Reader) -> list[WebhookOut]:
        """Where this tenant's public states are sent."""
        return [WebhookOut.of(*one) for one in await webhooks.all(access.tenant)]

    @routes.post("", status_code=201, responses=responses(404, 409))
    async def add(asked: ToAdd, access: Administrator) -> WithSecret:
        """Begin to send to an address. The secret is shown this once."""
        added = await webhooks.add(
            access.tenant, asked.url, asked.note, asked.begin, access.caller.subject
        )
        return with_secret(added, Progress(added.begin))

    @routes.get("/{id}", responses=responses(404))
    async def one(id: WebhookId, access: Reader) -> WebhookOut:
        """One of them."""
        return WebhookOut.of(*await webhooks.one(access.tenant, id))

    @routes.post("/{id}/pause", responses=responses(404, 409))
    async def pause(id: WebhookId, access: Administrator) -> WebhookOut:
        """Send nothing for a while; what changes meanwhile is sent after."""
        return await told(access, await webhooks.change(access.tenant, id, rules.pause))

    @routes.post("/{id}/resume", responses=responses(404))
    async def resume(id: WebhookId, access: Administrator) -> WebhookOut:
        """Send again, from where it stopped; what was disabled as well."""
        return await told(access, await webhooks.change(access.tenant, id, rules.resume))

    @routes.post("/{id}/rotate", responses=responses(404))
    async def rotate(id: WebhookId, access: Administrator) -> WithSecret:
        """Another secret, shown this once; the one before it signs too for 24 hours."""
        rotated = await webhooks.change(access.tenant, id, rules.rotate)
        return with_secret(*await webhooks.one(access.tenant, rotated.id))

    @routes.delete("/{id}", responses=responses(404))
    async def remove(id: WebhookId, access: Administrator) -> WebhookOut:
        """Send nothing ever again."""
        _, progress = await webhooks.one(access.tenant, id)
        return WebhookOut.of(await webhooks.remove(access.tenant, id), progress)

    @routes.post("/{id}/test", responses=responses(404))
    async def test(id: WebhookId, access: Administrator) -> AnswerOut:
        """Send an event of type `webhook.test.v1` now, and tell what came back."""
        return answer_out(await webhooks.test(access.tenant, id))

    @routes.get("/{id}/deliveries", responses=responses(404))
    async def deliveries(id: WebhookId, access: Reader) -> list[DeliveryOut]:
        """All that was parked or waits, and the last fifty that were taken."""
        _, progress = await webhooks.one(access.tenant, id)
        return list(shown(await webhooks.kept(access.tenant, id), progress))

    @routes.post("/{id}/redeliver", responses=responses(404))
    async def redeliver_parked(id: WebhookId, access: Administrator) -> Redelivered:
        """Send all again that was parked."""
        return Redelivered(count=await webhooks.redeliver_parked(access.tenant, id))

    @routes.post("/{id}/deliveries/{request}/redeliver", responses=responses(404, 410))
    async def redeliver(id: WebhookId, request: RequestId, access: Administrator) -> Redelivered:
        """Send the last state of one request again, whether it was taken or not."""
        await webhooks.redeliver(access.tenant, id, request)
        return Redelivered(count=1)

    return routes


def answer_out(answer: Answer) -> AnswerOut:
    """What a receiver said."""
    return AnswerOut(
        status=answer.status, error=answer.error, text=answer.text, seconds=answer.seconds
    )
