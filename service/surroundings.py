"""What stands in the environment beside our settings: a platform's own names, secrets in files."""

import re
from collections.abc import Mapping
from pathlib import Path

# Kubernetes tells every container of each Service of its namespace, in these forms. A Service named
# `frontdoor` (or `frontdoor-api`) so sets names that begin like our settings.
_OF_A_SERVICE = re.compile(
    r"(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)"
)
_A_SERVICE = re.compile(r"(?:tcp|udp|sctp)://\S+", re.IGNORECASE)
_PORT = re.compile(r"(?:\w+_)?PORT")

FROM_FILES = ("secret_key", "database_url", "metrics_token")
"""The settings that may be read from a file, named by the setting's name with `_FILE` behind it."""

_LARGEST_SECRET = 64 * 1024


def of_the_platform(name: str, value: str) -> bool:
    """Whether a variable is what a platform says of a service of ours, and no setting at all.

    `name` is without our prefix, in capitals.
    """
    if _OF_A_SERVICE.fullmatch(name):
        return True
    return bool(_PORT.fullmatch(name) and _A_SERVICE.fullmatch(value))


def secrets_in_files(
    environment: Mapping[str, str], prefix: str
) -> tuple[dict[str, str], list[str]]:
    """The settings that stand in files (by field), and what is wrong, in sentences.

    A file holds the value alone; white space around it does not count. Nothing read is repeated.
    """
    found: dict[str, str] = {}
    faults: list[str] = []
    for field in FROM_FILES:
        name = f"{prefix}{field.upper()}"
        path = environment.get(f"{name}_FILE")
        if path is None:
            continue
        if name in environment:
            faults.append(f"{name}: is given twice, by itself and by {name}_FILE: leave one out")
            continue
        try:
            with Path(path).open(encoding="utf-8") as file:
                value = file.read(_LARGEST_SECRET + 1).strip()
        except (OSError, UnicodeDecodeError, ValueError):
            faults.append(f"{name}_FILE: is not a file that can be read")
            continue
        if not value or len(value) > _LARGEST_SECRET:
            faults.append(f"{name}_FILE: the file is empty or too long")
            continue
        found[field] = value
    return found, faults
