"""Settings of the service: environment variables `TOUCHSTONE_*`, then `touchstone.toml`, then the defaults here.

The file lies in the folder from which `touchstone` is started, or where `TOUCHSTONE_CONFIG` says.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import limits
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from evaluator.strict_yaml import did_you_mean
from providers import explorers

PREFIX = "TOUCHSTONE_"
CONFIG = "TOUCHSTONE_CONFIG"
"""Environment variable that names another file than `touchstone.toml`."""
OFF = "off"
NOT_SETTINGS = frozenset({CONFIG, "TOUCHSTONE_CORPUS", "TOUCHSTONE_TEST_POSTGRESQL"})
"""Variables with our prefix that are read elsewhere."""

Commas = NoDecode
"""Marks a list that the environment gives as text with commas."""


class BadSettings(ValueError):
    """Settings that can't be; one line per mistake, with the name and the mend."""


class Settings(BaseSettings):
    """What may be set, with the default that a person on one machine wants."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True)

    database_url: str = Field(
        default="sqlite:///touchstone.db",
        repr=False,
        description="Where programs, documents and scorecards are kept: sqlite:///FILE or postgresql+psycopg://…",
    )
    host: str = Field(
        default="127.0.0.1", description="Address to listen at. Anything but loopback makes API keys necessary."
    )
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen at; 0 takes any free one.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes that answer requests.")
    key_required: bool | None = Field(
        default=None,
        description="Whether requests need an API key. Unset: yes, unless only this machine can reach the service.",
    )
    hosts: Annotated[tuple[str, ...], Commas] = Field(
        default=(),
        description="Host names under which the service is reached; others are refused. Unset: any name where keys "
        "are required, else only names of this machine.",
    )
    proxies: Annotated[tuple[str, ...], Commas] = Field(
        default=(),
        description="Addresses of reverse proxies whose X-Forwarded-For and -Proto are believed; makes keys necessary.",
    )
    cors_origins: Annotated[tuple[str, ...], Commas] = Field(
        default=(),
        description="Web origins, such as https://hr.example, whose pages may call the API. None by default.",
    )
    rate_limit: str = Field(
        default="1200/minute",
        description='Requests that one caller may make, such as "100/minute", counted by each worker; "off": no limit.',
    )
    max_body_bytes: int = Field(
        default=1_000_000, ge=1000, description="Size of a request, and of one line of a batch, in bytes."
    )
    max_upload_bytes: int = Field(
        default=50_000_000, ge=1000, description="Size of one upload of documents, all its files together, in bytes."
    )
    max_upload_files: int = Field(default=1000, ge=1, description="Files in one upload.")
    idempotency_hours: int = Field(
        default=24, ge=1, description="Hours for which an answer is repeated to the same Idempotency-Key."
    )
    rubrics: Annotated[tuple[Path, ...], Commas] = Field(
        default=(), description="Folders with rubrics of your own (<id>/<version>.yaml), besides the installed ones."
    )
    explorers: Annotated[tuple[str, ...], Commas] = Field(
        default=(),
        description="Ledger explorers that are believed, such as bitcoinMainnet=esplora:https://blockstream.info/api; "
        "kinds are esplora, blockscout and plain. Without one, anchors of Blockcerts stay unknown.",
    )
    contexts: Path | None = Field(
        default=None,
        description="Folder with the vocabularies that `touchstone contexts fetch` keeps. Unset: in the user's cache.",
    )
    seal_authorities: Annotated[tuple[Path, ...], Commas] = Field(
        default=(), description="Certificates (PEM or DER) that are trusted to vouch for electronic seals."
    )
    registries: Annotated[tuple[Path, ...], Commas] = Field(
        default=(), description="Files of registries that are asked who vouches for an issuer; see the guide to verify."
    )
    status_services: Annotated[tuple[str, ...], Commas] = Field(
        default=(),
        description="DIDs and addresses that may keep lists of revoked credentials for other issuers.",
    )
    credential_file_days: int = Field(
        default=0,
        ge=0,
        le=3650,
        description="Days for which a presented credential is kept after its verdict, so that it can be verified "
        "again; 0: it is not kept.",
    )
    credential_days: int = Field(
        default=180, ge=1, le=3650, description="Days for which verdicts and events about credentials are kept."
    )
    credential_recheck_hours: int = Field(
        default=24, ge=0, description="Hours after which a kept credential is verified again; 0: never by itself."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least severe message that is written."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description="Form of the log on standard error; auto: console in a terminal, else json."
    )
    shutdown_seconds: int = Field(
        default=30, ge=0, description="Seconds that running requests may take to finish when the service is stopped."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())

    @field_validator(
        "hosts",
        "proxies",
        "cors_origins",
        "rubrics",
        "explorers",
        "seal_authorities",
        "registries",
        "status_services",
        mode="before",
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("rate_limit")
    @classmethod
    def _rate(cls, value: str) -> str:
        if value != OFF:
            try:
                limits.parse(value)
            except ValueError:
                raise ValueError('give a number and a span, such as "100/minute", or "off"') from None
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not origin.startswith(("https://", "http://")) or origin.count("/") != 2:
                raise ValueError(f'"{origin}" is not an origin; write https://name, without a path')
        return value

    @field_validator("explorers")
    @classmethod
    def _explorers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        explorers.parse(value)
        return value

    @field_validator("seal_authorities")
    @classmethod
    def _authorities(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        if value:
            from api.certificates import certificates

            for path in value:
                certificates(path)
        return value

    @field_validator("registries")
    @classmethod
    def _registries(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        if value:
            from api.registries import registry

            for path in value:
                try:
                    registry(path)
                except OSError as error:
                    raise ValueError(f"{path} can't be read: {error.strerror}") from None
        return value

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        return is_loopback(self.host) and not self.proxies

    @property
    def needs_key(self) -> bool:
        """Whether requests need an API key."""
        return not self.on_loopback if self.key_required is None else self.key_required


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine only."""
    if host.casefold() in ("localhost", "localhost."):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def config_file() -> Path:
    """The TOML file that is read, where it exists."""
    return Path(os.environ.get(CONFIG) or "touchstone.toml")


def load(**given: object) -> Settings:
    """The settings; `given` ones come before all others. Raises BadSettings that names each mistake and its mend."""
    if CONFIG in os.environ and not config_file().is_file():
        raise BadSettings(f"{CONFIG} names {config_file()}, which is no file; correct the path or unset the variable.")
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        raise BadSettings("\n".join(_sentence(item) for item in error.errors())) from None
    except (SettingsError, ValueError) as error:
        raise BadSettings(f"{config_file()} can't be read: {error}.") from None


def unknown_variables() -> Iterator[str]:
    """A sentence per environment variable that looks like a setting and is none.

    Not an error: where a container platform names a service `touchstone`, it sets such variables itself.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known | NOT_SETTINGS:
            yield f"There is no setting {name}.{did_you_mean(name, known)} `touchstone doctor` lists all."


def _sentence(error: Any) -> str:
    name = str(error["loc"][0]) if error["loc"] else "settings"
    if error["type"] == "extra_forbidden":
        return f'{config_file()}: there is no setting "{name}".{did_you_mean(name, Settings.model_fields)}'
    message = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{name} (or {PREFIX}{name.upper()}): {message}, not {error['input']!r}."
