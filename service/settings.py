"""The settings: read once from the environment, frozen, and refused whole when any is unsound."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.database_urls import database_url_faults
from service.domain.access import Role
from service.issuers import IssuerSettings, is_loopback, read_issuers
from service.own_files import close_to_others, own_folder
from service.surroundings import FROM_FILES, of_the_platform, secrets_in_files

PREFIX = "FRONTDOOR_"
TEST_PREFIX = "FRONTDOOR_TEST_"
DEVELOPMENT_ISSUER = "https://development-issuer.invalid/"
SHORTEST_SECRET = 32


class SettingsFaulty(Exception):
    """The service must not start. `faults` says each thing that is wrong, one line each."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("The settings are faulty:\n" + "\n".join(f"- {one}" for one in faults))
        self.faults = faults


class Settings(BaseSettings):
    """Everything the service is told from outside. Each name is `FRONTDOOR_` and the field's."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    environment: Literal["development", "production"] = Field(
        default="production", description="development allows the development issuer."
    )
    var_folder: Path = Field(
        default=Path("var"), description="Where the service keeps files of its own."
    )
    database_url: str = Field(
        default="",
        repr=False,
        validate_default=True,
        description=(
            "sqlite or postgresql URL. Needed in production; in development, empty means "
            "frontdoor.sqlite3 in var_folder."
        ),
    )
    database_pool_size: int = Field(
        default=10, ge=1, le=200, description="Database connections kept open by a process."
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="The port to listen on.")
    connections: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="The most connections that one API process holds at a time.",
    )
    head_bytes: int = Field(
        default=32 * 1024,
        ge=1024,
        le=1024 * 1024,
        description="The most bytes of a request's line and headers.",
    )
    url_bytes: int = Field(
        default=8 * 1024, ge=256, le=1024 * 1024, description="The most bytes of a path and query."
    )
    header_fields: int = Field(
        default=100, ge=10, le=10_000, description="The most headers of a request."
    )
    head_seconds: float = Field(
        default=10,
        gt=0,
        le=600,
        description="How long a request's line and headers may take to arrive.",
    )
    idle_seconds: float = Field(
        default=75,
        gt=0,
        le=3600,
        description=(
            "How long a connection is kept for the next request. Longer than the proxy keeps it, "
            "so that the proxy sends nothing into one that is just closing."
        ),
    )
    stalled_seconds: float = Field(
        default=30,
        gt=0,
        le=600,
        description="How long an answer waits for a caller who takes nothing of it.",
    )
    requests_a_minute: int = Field(
        default=1200,
        ge=1,
        le=1_000_000,
        description=(
            "How many requests a person, or a client system of a partner, may make in a minute; "
            "after a quiet minute as many at once. The same for every process."
        ),
    )
    urgent_posts_a_minute: int = Field(
        default=120,
        ge=1,
        le=1_000_000,
        description=(
            "How many contacts, multi-agency referrals and police notifications each may send in "
            "a minute besides, when its requests are used up."
        ),
    )
    requests_at_once: int = Field(
        default=1,
        ge=1,
        le=1000,
        description=(
            "On how many requests of one caller a process works at a time, of readings, changes, "
            "lengthy readings and urgent posts each; the others wait their turn."
        ),
    )
    issuers: Annotated[tuple[IssuerSettings, ...], NoDecode] = Field(
        default=(),
        description="A JSON list of issuers, or the path of a TOML or JSON file with `issuers`.",
    )
    development_issuer: bool = Field(
        default=False, description="Accept tokens made by `frontdoor token`. Development only."
    )
    policy_file: Path | None = Field(
        default=None, description="The authority's policy; none means the policy shipped."
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description=(
            f"Signs cursors: at least {SHORTEST_SECRET} characters, the same in every process. "
            "Needed in production; in development made once and kept in var_folder."
        ),
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="How much is logged."
    )
    metrics_token: SecretStr | None = Field(
        default=None, description="Bearer token for /metrics; none means loopback callers only."
    )
    docs_enabled: bool = Field(default=True, description="Serve the interactive documentation.")
    leader_patience_seconds: float = Field(
        default=30,
        ge=5,
        le=3600,
        description=(
            "How long the worker that leads may give no sign of life before another takes over; "
            "the same for every worker."
        ),
    )
    stop_grace_seconds: float = Field(
        default=5,
        ge=0,
        le=15,
        description=(
            "How long after SIGTERM new requests are still taken, while /readyz says that it is "
            "stopping: long enough for the load balancer to notice."
        ),
    )

    @field_validator("database_url")
    @classmethod
    def _database_beside_our_own_files(cls, value: str, info: ValidationInfo) -> str:
        folder = info.data.get("var_folder", Path("var"))
        return value or f"sqlite+aiosqlite:///{Path(folder) / 'frontdoor.sqlite3'}"

    @field_validator("port", mode="before")
    @classmethod
    def _port_as_ours(cls, value: object) -> object:
        """Our own default where a platform says under this name where a service of ours is."""
        told = isinstance(value, str) and of_the_platform("PORT", value)
        return cls.model_fields["port"].default if told else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _log_level_in_either_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("issuers", mode="before")
    @classmethod
    def _issuers_from_text_or_file(cls, value: object) -> object:
        return read_issuers(value) if isinstance(value, str) else value

    @property
    def is_development(self) -> bool:
        """Whether this is a developer's own machine."""
        return self.environment == "development"

    @property
    def listens_on_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        return is_loopback(self.host)

    def secret_bytes(self) -> bytes:
        """The secret that signs cursors. `SettingsFaulty` when there is none."""
        if self.secret_key is None:
            raise SettingsFaulty((_NO_SECRET,))
        return self.secret_key.get_secret_value().encode()

    def faults(self) -> tuple[str, ...]:
        """Every reason not to start, one sentence each; empty when sound."""
        found: list[str] = []
        if not self.issuers and not self.development_issuer:
            found.append(f"{PREFIX}ISSUERS: no issuer is configured, so nobody could come in")
        for place, issuer in enumerate(self.issuers):
            found += [f"{PREFIX}ISSUERS[{place}]: {fault}" for fault in issuer.faults()]
        names = [issuer.issuer for issuer in self.issuers if issuer.issuer]
        if len(set(names)) != len(names):
            found.append(
                f"{PREFIX}ISSUERS: the same issuer is named twice; one entry serves staff and "
                "partners' systems alike: see `clients` and `organisations`"
            )
        if DEVELOPMENT_ISSUER in names:
            found.append(f"{PREFIX}ISSUERS: the development issuer's name cannot be configured")
        partners = [one for one in self.issuers if Role.partner_system in one.may_assert_roles]
        if len(partners) > 1 and not all(one.organisations for one in partners):
            found.append(
                f"{PREFIX}ISSUERS: several issuers may assert partner_system, so each needs its "
                "organisations listed, or one could speak for another's"
            )
        if self.development_issuer and not self.is_development:
            found.append(
                f"{PREFIX}DEVELOPMENT_ISSUER: only with {PREFIX}ENVIRONMENT=development: "
                "anyone on this machine can make its tokens"
            )
        if self.development_issuer and not self.listens_on_loopback:
            found.append(
                f"{PREFIX}DEVELOPMENT_ISSUER: only when {PREFIX}HOST is a loopback address"
            )
        if self.secret_key is None:
            if not self.is_development:
                found.append(_NO_SECRET)
        elif len(self.secret_key.get_secret_value()) < SHORTEST_SECRET:
            found.append(f"{PREFIX}SECRET_KEY: at least {SHORTEST_SECRET} characters are needed")
        found += self.database_faults()
        if self.policy_file is not None and not self.policy_file.is_file():
            found.append(f"{PREFIX}POLICY_FILE: there is no such file")
        return tuple(found)

    def database_faults(self) -> tuple[str, ...]:
        """Every reason not to touch the database, for what serves and what does not."""
        found: list[str] = []
        if "database_url" not in self.model_fields_set and not self.is_development:
            found.append(
                f"{PREFIX}DATABASE_URL: missing: in production name the database "
                "(postgresql://user:password@host/database), so that nothing is kept in a file "
                "that nobody knows of"
            )
        else:
            faults = database_url_faults(self.database_url)
            found += [f"{PREFIX}DATABASE_URL: {fault}" for fault in faults]
        return tuple(found)

    def check(self) -> Self:
        """These settings, or `SettingsFaulty` with every reason not to start."""
        found = self.faults()
        if found:
            raise SettingsFaulty(found)
        return self


_NO_SECRET = (
    f"{PREFIX}SECRET_KEY: missing; make one with "
    "`python -c 'import secrets; print(secrets.token_urlsafe(48))'`"
)


def load_settings(*, serving: bool = True, **given: Any) -> Settings:
    """The settings from the environment (`given` wins), checked, with the development secret.

    Without `serving` nobody is to come in: issuers and the secret key are neither needed nor made.
    Raises `SettingsFaulty` naming every fault at once and repeating no value.
    """
    faults = _unknown_names(os.environ)
    read, unread = secrets_in_files(os.environ, PREFIX)
    faults += unread
    given = {**read, **given}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        broken = {str(one["loc"][0]) for one in error.errors() if one["loc"]}
        faults += [_sentence(one["loc"], one["msg"]) for one in error.errors()]
        faults += _faults_of_the_rest(given, broken)
        raise SettingsFaulty(tuple(faults)) from None
    faults += settings.faults() if serving else settings.database_faults()
    if faults:
        raise SettingsFaulty(tuple(faults))
    if not serving:
        return settings
    if settings.secret_key is None:
        kept = kept_secret(settings.var_folder / "secret_key", _new_secret)
        settings = settings.model_copy(update={"secret_key": SecretStr(kept.decode("ascii"))})
    return settings.check()


def kept_secret(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of `path`; made once if absent, readable by its owner alone.

    Two processes that start together agree on one: the file appears whole or not at all, and the
    first to put it there wins.
    """
    if not path.exists():
        own_folder(path.parent)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        finally:
            Path(draft).unlink()
    close_to_others(path)
    return path.read_bytes()


def _new_secret() -> bytes:
    return secrets.token_urlsafe(48).encode("ascii")


def _unknown_names(environment: Mapping[str, str]) -> list[str]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in FROM_FILES}
    return [
        f"{name}: there is no such setting"
        for name in sorted(environment)
        if name.upper().startswith(PREFIX)
        and not name.upper().startswith(TEST_PREFIX)
        and name.upper() not in known
        and not of_the_platform(name.upper().removeprefix(PREFIX), environment[name])
    ]


def _faults_of_the_rest(given: Mapping[str, Any], broken: set[str]) -> list[str]:
    """The faults of what could be read, so that one unreadable value does not hide the others."""
    known = broken & Settings.model_fields.keys()
    defaults = {name: Settings.model_fields[name].get_default() for name in known}
    try:
        rest = Settings(**{**{k: v for k, v in given.items() if k not in broken}, **defaults})
    except ValidationError:
        return []
    return [
        fault
        for fault in rest.faults()
        if not any(fault.startswith(f"{PREFIX}{name.upper()}:") for name in broken)
    ]


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    if not location:
        return message
    name, *inner = location
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in inner)
    return f"{PREFIX}{str(name).upper()}{place}: {message.removeprefix('Value error, ')}"
