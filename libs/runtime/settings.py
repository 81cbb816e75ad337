"""Settings of every service, from the environment; all errors are listed at once."""

from __future__ import annotations

import sys
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

T = TypeVar("T", bound=BaseSettings)


class Provider(BaseModel):
    """An OpenID provider at which `people` sign in; without an issuer it is the main one.

    A client without a secret is public and proves itself by PKCE alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    name: str = Field(min_length=1, max_length=40)
    people: Literal["citizens", "staff"]
    issuer: str | None = Field(default=None, pattern=r"^https?://")
    client_id: str = "sokak-web"
    client_secret: str | None = None


class Settings(BaseSettings):
    """What a process must know. Each is `SOKAK_<NAME>` in the environment."""

    model_config = SettingsConfigDict(env_prefix="SOKAK_", extra="ignore")

    environment: Literal["development", "production"] = "development"
    kafka: str = Field(default="127.0.0.1:9092", min_length=3)
    kafka_outer: str | None = Field(default=None, min_length=3)
    kafka_outer_tls: bool = False
    mongo: str = Field(default="mongodb://127.0.0.1:27017/?directConnection=true", min_length=10)
    database: str = Field(default="sokak", pattern=r"^[a-z0-9_]{1,32}$")
    issuer: str = Field(default="http://127.0.0.1:8000/identity", pattern=r"^https?://")
    audience: str = "sokak"
    providers: tuple[Provider, ...] = ()
    public_url: str | None = Field(default=None, pattern=r"^https?://")
    hosts: dict[str, str] = {}
    attachments: Path | None = None
    secret: str = Field(default="for development only", min_length=16)
    instance: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    rate_anonymous: float = Field(default=50.0, ge=0)
    rate_signed_in: float = Field(default=50.0, ge=0)
    rate_staff: float = Field(default=500.0, ge=0)
    rate_window: int = Field(default=10, ge=1, le=3600)
    proxy_hops: int = Field(default=0, ge=0, le=10)
    head_seconds: float = Field(default=10.0, gt=0)
    body_seconds: float = Field(default=60.0, gt=0)
    answer_seconds: float = Field(default=60.0, gt=0)
    streams: int = Field(default=1000, ge=1)
    streams_of_address: int = Field(default=20, ge=1)
    webhook_http: bool = False
    webhook_ports: tuple[int, ...] = (443, 8443)
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    webhook_retry_seconds: float = Field(default=5.0, gt=0)
    webhook_give_up_seconds: float = Field(default=3 * 86_400.0, gt=0)
    stop_seconds: float = Field(default=10.0, gt=0, le=300)
    outbox_too_old: float = Field(default=30.0, gt=0)
    lag_too_old: float = Field(default=60.0, gt=0)
    dead_too_old: float = Field(default=86_400.0, gt=0)

    def model_post_init(self, _: object) -> None:
        """Refuse what is meant for development in production."""
        if self.environment != "production":
            return
        if self.secret == "for development only":
            raise ValueError("SOKAK_SECRET must be set in production")
        if self.kafka_outer and not self.kafka_outer_tls:
            raise ValueError("SOKAK_KAFKA_OUTER needs SOKAK_KAFKA_OUTER_TLS=true in production")
        if self.webhook_http:
            raise ValueError("SOKAK_WEBHOOK_HTTP is for development")


def read(kind: type[T]) -> T:
    """The settings; prints every error and exits with 2 where there are some."""
    try:
        return kind()
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            name = "_".join(str(part) for part in fault["loc"]).upper()
            print(f"SOKAK_{name}: {fault['msg']}", file=sys.stderr)
        sys.exit(2)
