"""Everybody who can call, and whom a route's rule lets in."""

from __future__ import annotations

from dataclasses import dataclass

from libs.web.access import Open, Platform, Public, Rule, Staff
from libs.web.caller import Caller, caller_of
from libs.web.identity.signer import Signer
from services.intake.api import Importer
from services.intake.open311.keys import IntegratorKey

from .system import Headers

HOME, AWAY = "kecioren", "cankaya"
ROLES = ("operator", "supervisor", "admin", "auditor")


@dataclass(frozen=True)
class Who:
    """A kind of caller. `tenant` is where he works, if anywhere."""

    name: str
    groups: tuple[str, ...] = ()
    citizen: bool = False
    token: bool = True
    valid: bool = True
    tenant: str | None = None

    @property
    def caller(self) -> Caller | None:
        """As a service knows him; None without a token."""
        claims = {"sub": self.name, "groups": list(self.groups), "citizen": self.citizen}
        return caller_of(claims) if self.token else None

    def headers(self, signer: Signer) -> Headers:
        if not self.token:
            return {}
        issuer = signer if self.valid else _stranger(signer)
        return signer.header(issuer.token(self.name, groups=self.groups, citizen=self.citizen))


def _stranger(signer: Signer) -> Signer:
    """Says that it is the issuer, and has another key."""
    if signer.issuer not in _strangers:
        _strangers[signer.issuer] = Signer.new(signer.issuer, signer.audience)
    return _strangers[signer.issuer]


_strangers: dict[str, Signer] = {}


def _staff(tenant: str, role: str) -> Who:
    return Who(f"{role}@{tenant}", (f"{tenant}/{role}",), tenant=tenant)


EVERYBODY: tuple[Who, ...] = (
    Who("nobody", token=False),
    Who("forger", ("platform", f"{HOME}/admin", f"{AWAY}/admin"), valid=False),
    Who("citizen", citizen=True),
    Who("citizen with groups", ("platform", f"{HOME}/admin", f"{AWAY}/admin"), citizen=True),
    Who("member without rights"),
    *(
        who
        for tenant in (HOME, AWAY)
        for who in (
            *(_staff(tenant, role) for role in ROLES),
            Who(f"FEN@{tenant}", (f"{tenant}/department/FEN",), tenant=tenant),
        )
    ),
    Who("platform", ("platform",)),
)


def strangers(tenant: str) -> list[Who]:
    """Those who must neither see nor change what is a tenant's."""
    return [who for who in EVERYBODY if who.tenant != tenant and who.groups != ("platform",)]


def refusal(rule: Rule | None, method: str, who: Who, tenant: str) -> int | None:
    """The status with which a route's rule turns a caller away who is after `tenant`."""
    if rule is None or isinstance(rule, Open):
        return None
    if isinstance(rule, IntegratorKey):
        return 403  # nobody of these has a key, and no token counts for one
    if not who.valid:
        return 401
    caller = who.caller
    if isinstance(rule, Public):
        return None
    if caller is None:
        return 401
    return None if _let_in(rule, method, caller, tenant) else 403


def _let_in(rule: Rule, method: str, caller: Caller, tenant: str) -> bool:
    if caller.platform:
        return True
    if isinstance(rule, Staff):
        return bool(caller.roles(tenant) & rule.roles_for(method))
    if isinstance(rule, Importer):
        return any("admin" in roles for roles in caller.memberships.values())
    assert isinstance(rule, Platform), f"nothing is known here of the rule {rule}"
    return False
