"""The database's URL, read as PostgreSQL's own programs read theirs (libpq's words and hosts)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
SESSIONS: Final = ("any", "primary", "standby", "read-write", "read-only", "prefer-standby")
SYSTEM: Final = "system"
"""What `sslrootcert` says for the authorities that this machine trusts."""

_POSTGRESQL: Final = re.compile(r"postgres(?:ql)?(?:\+asyncpg)?")
_FILES: Final = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
# What the driver reads in a URL as libpq does.
_READ_BY_THE_DRIVER: Final = frozenset(
    {
        "host",
        "port",
        "dbname",
        "user",
        "password",
        "passfile",
        "service",
        "sslmode",
        *_FILES,
        "sslpassword",
        "sslnegotiation",
        "ssl_min_protocol_version",
        "ssl_max_protocol_version",
        "target_session_attrs",
        "krbsrvname",
    }
)
# What is known and changes nothing here: the connection's own time limits and keep-alives are the
# service's, and the rest is about what the driver does not have.
_OF_NO_EFFECT: Final = frozenset(
    {
        "fallback_application_name",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "sslcompression",
        "sslsni",
        "gsslib",
    }
)
_ONLY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "sslmode": SSL_MODES,
        "target_session_attrs": SESSIONS,
        "channel_binding": ("disable", "prefer"),
        "gssencmode": ("disable", "prefer"),
        "load_balance_hosts": ("disable",),
        "client_encoding": ("utf8", "UTF8", "utf-8", "UTF-8", "auto"),
    }
)
_LEAST_SECONDS: Final = 2


@dataclass(frozen=True, slots=True)
class PostgresqlPlace:
    """Where a PostgreSQL is and how it is reached: `dsn` for the driver, the rest beside it.

    `connect_seconds` is None where the URL leaves it to us; `session` holds what the server is told
    of each session. `host` and `port` are the first of several.
    """

    dsn: str
    user: str | None
    host: str | None
    port: int | None
    database: str | None
    connect_seconds: float | None
    trusts_the_system: bool
    session: Mapping[str, str]


def is_postgresql(url: str) -> bool:
    """Whether a URL is one of PostgreSQL's."""
    return bool(_POSTGRESQL.fullmatch(url.partition("://")[0]))


def database_url_faults(url: str) -> tuple[str, ...]:
    """What is wrong with the database's URL, in sentences that repeat nothing of it."""
    scheme = url.partition("://")[0].partition("+")[0]
    if scheme == "sqlite":
        return ()
    if not is_postgresql(url):
        return ("must be a sqlite or a postgresql URL",)
    try:
        parts = urlsplit(url)
        words = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        _hosts(parts.netloc.rpartition("@")[2])
    except ValueError:
        return ("is not a URL: a password with signs like @ : / ? # needs them as %40 %3A %2F …",)
    found = [fault for name, value in words if (fault := _fault(name, value)) is not None]
    names = [name for name, _ in words]
    found += [f"{name}: is said twice" for name in sorted(set(names)) if names.count(name) > 1]
    return tuple(found)


def postgresql_place(url: str) -> PostgresqlPlace:
    """Where a sound PostgreSQL URL points to. `ValueError` with its faults for an unsound one."""
    faults = database_url_faults(url)
    if faults:
        raise ValueError("; ".join(faults))
    parts = urlsplit(url)
    words = dict(parse_qsl(parts.query, keep_blank_values=True))
    asked = words.pop("ssl", None)
    if asked is not None:
        words.setdefault("sslmode", _SSL_AS_OTHERS_SAY_IT.get(asked, asked))
    trusts_the_system = words.get("sslrootcert") == SYSTEM
    if trusts_the_system:
        del words["sslrootcert"]
        words["sslmode"] = "verify-full"
    session = {name: words[name] for name in ("application_name", "options") if words.get(name)}
    seconds = int(words.get("connect_timeout") or 0)
    account, _, where = parts.netloc.rpartition("@")
    hosts = _hosts(words.get("host") or where)
    host, port = hosts[0] if hosts else (None, None)
    driver = {name: value for name, value in words.items() if name in _READ_BY_THE_DRIVER}
    return PostgresqlPlace(
        dsn=urlunsplit(
            ("postgresql", parts.netloc, parts.path, urlencode(driver, quote_via=quote), "")
        ),
        user=words.get("user") or unquote(account.partition(":")[0]) or None,
        host=host,
        port=port,
        database=words.get("dbname") or unquote(parts.path.lstrip("/")) or None,
        connect_seconds=max(seconds, _LEAST_SECONDS) if seconds > 0 else None,
        trusts_the_system=trusts_the_system,
        session=MappingProxyType(session),
    )


def described(url: str) -> str:
    """Which database a sound URL names, for its operator to read: without user and password."""
    if not is_postgresql(url):
        return f"SQLite file {Path(url.partition(':///')[2].partition('?')[0]).absolute()}"
    place = postgresql_place(url)
    where = "" if place.host is None else f" at {place.host}"
    port = "" if place.port is None else f":{place.port}"
    return f"PostgreSQL database {place.database or place.user or ''}{where}{port}"


_SSL_AS_OTHERS_SAY_IT: Final[Mapping[str, str]] = MappingProxyType(
    {"true": "require", "1": "require", "false": "disable", "0": "disable"}
)


def _fault(name: str, value: str) -> str | None:
    if name in _ONLY and value not in _ONLY[name]:
        return f"{name}: may be {', '.join(_ONLY[name])}"
    if name == "ssl":
        meant = _SSL_AS_OTHERS_SAY_IT.get(value, value) in SSL_MODES
        return None if meant else f"ssl: say sslmode, one of {', '.join(SSL_MODES)}"
    if name == "connect_timeout":
        return (
            None
            if re.fullmatch(r"\d{1,4}", value)
            else "connect_timeout: is a whole number of seconds"
        )
    if name in _FILES:
        at_hand = (name == "sslrootcert" and value == SYSTEM) or _is_file(value)
        return None if at_hand else f"{name}: names no file that is here"
    known = name in _READ_BY_THE_DRIVER or name in _OF_NO_EFFECT or name in _ONLY
    if known or name in ("application_name", "options"):
        return None
    return f"{_shown(name)}: is no word of a PostgreSQL URL that is known here: leave it out"


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def _shown(name: str) -> str:
    """The name of a word, unless it may be something else: a password with an & in it, say."""
    return name if re.fullmatch(r"[a-z_]{1,40}", name) else "a word of it"


def _hosts(text: str) -> list[tuple[str, int | None]]:
    """The hosts and ports of a comma-separated list; `ValueError` for what is none."""
    if not text:
        return []
    found: list[tuple[str, int | None]] = []
    for one in text.split(","):
        host, separator, port = one.rpartition(":")
        if not separator or "]" in port:
            host, port = one, ""
        if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
            raise ValueError("not a port")
        found.append((unquote(host), int(port) if port else None))
    return found
