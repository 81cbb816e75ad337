"""How the development identity provider is set up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Client = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class IdentitySettings(BaseSettings):
    """Read from `SOKAK_ISSUER`, `SOKAK_AUDIENCE`, `SOKAK_IDENTITY_KEY_FILE` and so on."""

    model_config = SettingsConfigDict(env_prefix="SOKAK_", frozen=True, extra="ignore")

    environment: Literal["development", "test", "production"] = "development"
    issuer: str = Field(
        default="http://127.0.0.1:8000/identity", pattern=r"^https?://[^?#]+[^/?#]$"
    )
    audience: str = "sokak"
    identity_key_file: Path = Path(".local/identity.json")
    identity_token_s: int = Field(default=900, ge=1, le=86_400)
    identity_refresh_s: int = Field(default=43_200, ge=1)
    identity_code_s: int = Field(default=60, ge=1, le=600)
    identity_clients: dict[Client, str | None] = {
        "sokak-web": None,
        "sokak-cli": "development",
    }
    """Client ids with their secrets; a client without one is public and needs PKCE alone."""
    identity_tenants: dict[str, str] = {
        "kecioren": "Keçiören",
        "cankaya": "Çankaya",
        "yenimahalle": "Yenimahalle",
        "mamak": "Mamak",
        "altindag": "Altındağ",
        "etimesgut": "Etimesgut",
        "pursaklar": "Pursaklar",
        "ankara": "Ankara",
        "nyc-brooklyn": "Brooklyn",
    }
    """Tenants that demo people work for, by slug."""

    @model_validator(mode="after")
    def _not_for_production(self) -> IdentitySettings:
        if self.environment == "production":
            raise ValueError(
                "the development identity provider gives every right to whoever asks; "
                "set SOKAK_ISSUER to a real OpenID provider in production"
            )
        if self.audience in self.identity_clients:
            raise ValueError("a client may not be called like the audience of access tokens")
        return self
