"""HTTP: a tenant's administrators let integrators in, give them other secrets, shut them out."""

# No `from __future__ import annotations`: FastAPI reads the access rules from the annotations.

import secrets
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from libs.events.common import Slug
from libs.runtime.accounts import MECHANISM, new_password
from libs.runtime.clock import new_id
from libs.runtime.rule import Refused
from libs.runtime.service import Service
from libs.runtime.settings import Settings
from libs.runtime.store import Stored
from libs.text import said
from libs.web.access import Access, Staff
from libs.web.openapi import responses

from . import integrator as rules
from .admission import Admission, Admitted, account_of
from .asked import Strict
from .integrator import SCOPES, Integrator, Scope, Standing, digest_of, key_of
from .store import INTEGRATORS

Administrator = Annotated[Access, Depends(Staff("admin"))]
Name = Annotated[Slug, Path(description="The integrator's name.", examples=["sokak-app"])]
MOST = 500


class ToAdd(Strict):
    """Who is let in. `rate` is calls a second, as many as come in ten seconds at once. Without
    scopes it gets all that this installation has: `subscribe` needs a Kafka for those outside.
    """

    name: Slug
    scopes: list[Scope] | None = Field(default=None, min_length=1, max_length=len(SCOPES))
    rate: float = Field(default=10.0, gt=0, le=1000)


class ToChange(Strict):
    """What is to be otherwise. `scopes` are all that it is to have, not those that come to it."""

    scopes: list[Scope] | None = Field(default=None, min_length=1, max_length=len(SCOPES))
    rate: float | None = Field(default=None, gt=0, le=1000)


class AccountOut(BaseModel):
    """An account on Kafka: what it reads, and how the names of its consumer groups must begin.

    Only an `open` one lets in; `changing` and `shut` ones need other secrets.
    """

    user: str
    topic: str
    group_prefix: str
    standing: Standing


class IntegratorOut(BaseModel):
    """An integrator, as administrators see it."""

    name: str
    tenant: str
    scopes: list[Scope]
    rate: float
    added_at: datetime
    by: str
    rotated_at: datetime | None
    account: AccountOut | None


class KafkaOutside(BaseModel):
    """The listener for those outside."""

    servers: str
    protocol: Literal["SASL_PLAINTEXT", "SASL_SSL"]
    mechanism: str


class Offered(BaseModel):
    """What an integrator can be given here; without Kafka for those outside nobody subscribes."""

    scopes: list[Scope]
    kafka: KafkaOutside | None


class KafkaAccess(KafkaOutside):
    """What a Kafka client of the integrator's is told."""

    user: str
    password: str
    topic: str
    group_prefix: str


class WithAccount(IntegratorOut):
    """`kafka` where there is a new password, shown once: it is kept by nobody here."""

    kafka: KafkaAccess | None


class WithSecrets(WithAccount):
    """Shown once: key and password are kept by nobody here."""

    api_key: str


def router(service: Service, admission: Admission) -> APIRouter:
    """The routes of `/api/integrators`."""
    routes = APIRouter(prefix="/api/integrators", tags=["integrators"])
    settings = service.settings

    @routes.get("")
    async def list_(
        access: Annotated[Access, Depends(Staff("admin", "auditor"))],
    ) -> list[IntegratorOut]:
        """Those who may send requests to this tenant or follow it, by name."""
        found = await service.scoped(access.tenant, INTEGRATORS.collection).find({}, limit=MOST)
        states = [Stored.of(INTEGRATORS, document).state for document in found]
        known = [one for one in states if one is not None and one.removed_at is None]
        return [IntegratorOut(**_out(one)) for one in sorted(known, key=lambda one: one.name)]

    @routes.get("/offered")
    async def offered(access: Annotated[Access, Depends(Staff("admin", "auditor"))]) -> Offered:
        """The scopes of this installation, and where its subscribers connect to."""
        return Offered(scopes=_offered(settings), kafka=_outside(settings))

    @routes.post("", status_code=201, responses=responses(404, 409, 503))
    async def add(asked: ToAdd, access: Administrator) -> WithSecrets:
        """Let one in. The key, and the password on Kafka, are shown this once."""
        tenant = service.tenants.get(access.tenant)
        if tenant is None:
            raise Refused("tenant-unknown", "There is no such tenant.", 404)
        if tenant.state == "left":
            raise Refused("tenant-has-left", "The municipality has left.", 409)
        scopes = _scopes(asked.scopes, settings)
        secret, password = secrets.token_urlsafe(32), new_password()
        integrator = Integrator(
            tenant=access.tenant,
            name=asked.name,
            id=new_id(),
            digest=digest_of(secret),
            scopes=scopes,
            rate=asked.rate,
            by=access.caller.subject,
            added_at=service.now(),
        )
        decide = partial(rules.add, integrator=integrator)
        done = await admission.change(access.tenant, asked.name, decide, password)
        return _told(done, secret, password, settings)

    @routes.patch("/{name}", responses=responses(404, 409, 503))
    async def change(asked: ToChange, name: Name, access: Administrator) -> WithAccount:
        """Other scopes or another rate; the key stays. With `subscribe` comes an account on Kafka,
        whose password is shown this once; without it the account ends at once.
        """
        scopes = _scopes(asked.scopes, settings) if asked.scopes else None
        password = new_password()
        decide = partial(rules.change, scopes=scopes, rate=asked.rate)
        done = await admission.change(access.tenant, name, decide, password)
        return WithAccount(**_out(done.state), kafka=_access(done, password, settings))

    @routes.post("/{name}/rotate", responses=responses(404, 409, 503))
    async def rotate(name: Name, access: Administrator) -> WithSecrets:
        """Other secrets; the old ones end at once. Who is in on Kafka must say the new password
        within minutes.
        """
        secret, password = secrets.token_urlsafe(32), new_password()
        decide = partial(rules.rotate, digest=digest_of(secret))
        done = await admission.change(access.tenant, name, decide, password)
        return _told(done, secret, password, settings)

    @routes.delete("/{name}", responses=responses(404, 409, 503))
    async def remove(name: Name, access: Administrator) -> IntegratorOut:
        """Shut one out, at once on Kafka too; what it has sent stays."""
        done = await admission.change(access.tenant, name, rules.remove)
        return IntegratorOut(**_out(done.state))

    return routes


def _scopes(asked: list[Scope] | None, settings: Settings) -> tuple[Scope, ...]:
    """In their usual order. Refused (422) where there is no Kafka to subscribe at."""
    offered = _offered(settings)
    if asked and not set(asked) <= set(offered):
        title = said("Nobody outside can subscribe here: SOKAK_KAFKA_OUTER is not set.")
        errors = [{"field": "scopes", "message": title}]
        raise Refused("subscribe-not-offered", title, 422, errors=errors)
    return tuple(scope for scope in offered if scope in (asked or offered))


def _offered(settings: Settings) -> list[Scope]:
    return [one for one in SCOPES if one != "subscribe" or settings.kafka_outer]


def _outside(settings: Settings) -> KafkaOutside | None:
    if not settings.kafka_outer:
        return None
    return KafkaOutside(
        servers=settings.kafka_outer,
        protocol="SASL_SSL" if settings.kafka_outer_tls else "SASL_PLAINTEXT",
        mechanism=MECHANISM,
    )


def _told(done: Admitted, secret: str, password: str, settings: Settings) -> WithSecrets:
    state = done.state
    key = key_of(state.tenant, state.name, secret)
    return WithSecrets(**_out(state), api_key=key, kafka=_access(done, password, settings))


def _access(done: Admitted, password: str, settings: Settings) -> KafkaAccess | None:
    outside = _outside(settings)
    if not done.opened or outside is None:
        return None
    account = account_of(done.state)
    return KafkaAccess(
        **outside.model_dump(),
        user=account.user,
        password=password,
        topic=account.topic,
        group_prefix=account.group_prefix,
    )


def _out(state: Integrator) -> dict[str, object]:
    shown = ("name", "tenant", "scopes", "rate", "added_at", "by", "rotated_at")
    account = None
    if state.subscribes or state.account == "changing" or state.untold:
        of = account_of(state)
        account = AccountOut(
            user=of.user, topic=of.topic, group_prefix=of.group_prefix, standing=state.account
        )
    return {**{name: getattr(state, name) for name in shown}, "account": account}
