"""The floor: the database asked for the same by the barest client there is, ids made afresh.

On PostgreSQL that is pgbench with prepared statements; on SQLite the driver in a loop.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.engine import make_url
from uuid_utils.compat import uuid7

from service.persistence.engines import open_sqlite
from tests.benchmarks.dialects import quoted
from tests.benchmarks.fill import HOMES, first_ms
from tests.benchmarks.recordings import HOME, KEY, Recording, Statement
from tests.benchmarks.stores import Store
from tests.support.databases import installation

CONNECTIONS = 16
_INSERT = re.compile(r'INSERT INTO ("\w+" \([^)]*\)) VALUES ((?:\([^)]*\)(?:, )?)+)')
_PLACE = re.compile(r"\$(\d+)")


def _place(found: re.Match[str], given: Sequence[Any], values: list[Any]) -> str:
    """The place of one value among those of its own row."""
    values.append(given[int(found[1]) - 1])
    return f"${len(values)}"


def one_insert_a_row(recording: Recording) -> Recording:
    """The same rows as plain statements in one transaction, as most programs would send them."""
    plain: list[Statement] = [Statement("BEGIN")]
    for statement in recording.statements:
        for table, rows in _INSERT.findall(statement.sql):
            for row in re.findall(r"\([^)]*\)", rows):
                values: list[Any] = []

                put = partial(_place, given=statement.values, values=values)
                sql = f"INSERT INTO {table} VALUES {_PLACE.sub(put, row)}"
                plain.append(Statement(sql, values))
    return Recording([*plain, Statement("COMMIT")], recording.made)


# ---- PostgreSQL ---------------------------------------------------------------------------------


def pgbench_script(
    recording: Recording, *, contacts: int, any_of: UUID | None = None
) -> tuple[str, dict[str, str]]:
    """What was recorded as a script of pgbench, and its variables.

    What was made for the one request is made afresh each time, ordered by time as UUIDv7 is;
    `any_of` is the id of the one contact that was asked for, replaced by that of any contact.
    """
    lines = ["\\set n :n + 1", "\\set m :n * 64 + :client_id"]
    if any_of is not None:
        lines = [f"\\set c random(1, {contacts})"]
    fresh = {str(value): number for number, value in enumerate(sorted(map(str, recording.made)))}
    variables: dict[str, str] = {"n": str(int(time.time() * 1000))} if any_of is None else {}
    for statement in recording.statements:

        def place(found: re.Match[str], values: Sequence[Any] = statement.values) -> str:
            return written(values[int(found[1]) - 1])

        def written(value: Any) -> str:
            if isinstance(value, list) and any(str(one) in fresh for one in value):
                return f"ARRAY[{', '.join(map(written, value))}]"
            if value is None:
                return "NULL"
            if value == "":
                return "''"  # pgbench knows no variable with nothing in it
            if str(value) in fresh:
                return _fresh(value, fresh[str(value)])
            if any_of is not None and str(value) == str(any_of):
                return (
                    f"(lpad(to_hex({first_ms(contacts)} + :c::bigint * 60000), 12, '0') "
                    "|| '70018000' || lpad(to_hex(:c::bigint * 16), 12, '0'))::uuid"
                )
            name = f"v{len(variables)}"
            variables[name] = _as_text(value)
            return f":{name}"

        lines.append(_PLACE.sub(place, statement.sql.replace("\n", " ").rstrip("; ")) + ";")
    return "\n".join(lines) + "\n", variables


def _fresh(value: Any, number: int) -> str:
    if isinstance(value, str) and KEY.search(value):
        return f"('harrow ' || :m::text || {quoted(value[value.index(',') :])})"
    if isinstance(value, str) and HOME.fullmatch(value):
        return f"('zz993cz ' || (:m::bigint % {HOMES}) || ' weir street')"
    if isinstance(value, str) and value.startswith("C-"):
        return "('C-' || left(md5(:m::text), 11))"
    return f"(lpad(to_hex(:m::bigint), 12, '0') || '7{number:03x}8000000000000000')::uuid"


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        # As one variable: pgbench takes 255 in a statement, and a page names more ids than that.
        quoted_ones = (json.dumps(_as_text(one), ensure_ascii=False) for one in value)
        return "{" + ",".join(quoted_ones) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def pgbench(
    store: Store,
    recording: Recording,
    *,
    seconds: float,
    any_of: UUID | None = None,
    connections: int = CONNECTIONS,
) -> float:
    """How often pgbench does what was recorded, a second."""
    script, variables = pgbench_script(recording, contacts=store.contacts, any_of=any_of)
    url = make_url(store.url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [str(installation() / "bin" / "pgbench"), "--no-vacuum", "--protocol=prepared"]
        command += [f"--client={connections}", "--jobs=1", f"--time={max(1, round(seconds))}"]
        command += [f"--file={file.name}"]
        command += [f"--define={name}={value}" for name, value in variables.items()]
        command += ["--host", str(url.query.get("host") or url.host or "")]
        command += ["--username", url.username or "", url.database or ""]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env={**os.environ, "PGPASSWORD": url.password or "", "PGPORT": str(url.port or 5432)},
        )
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode != 0 or found is None:
        raise RuntimeError(f"pgbench: {done.stderr[-2000:] or done.stdout[-2000:]}")
    return float(found[1])


# ---- SQLite -------------------------------------------------------------------------------------


def bare_sqlite(
    store: Store, recording: Recording, *, seconds: float, any_of: UUID | None = None
) -> float:
    """How often the bare driver does what was recorded, a second, in a process of its own."""
    asked = {
        "path": make_url(store.url).database,
        "statements": [
            [one.sql, None if one.sets is not None else list(one.values), one.sets]
            for one in recording.statements
        ],
        "made": sorted(recording.made),
        "any_of": None if any_of is None else any_of.hex,
        "contacts": store.contacts,
        "seconds": seconds,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.floors"],
        input=json.dumps(asked, default=lambda value: {"bytes": value.hex()}),
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the bare driver: {done.stderr[-2000:]}")
    return float(done.stdout)


def _run_bare(asked: dict[str, Any]) -> float:
    from tests.benchmarks.fill import contact_id

    statements = [
        (sql, values if sets is None else None, None if sets is None else sets)
        for sql, values, sets in asked["statements"]
    ]
    made = set(asked["made"])
    number = 0
    with closing(open_sqlite(asked["path"])) as connection:

        def once() -> None:
            nonlocal number
            number += 1
            fresh = {old: _like(old, number) for old in made}
            if asked["any_of"] is not None:
                chosen = contact_id(asked["contacts"], number * 7919 % asked["contacts"] + 1)
                fresh[asked["any_of"]] = chosen.hex
            for sql, values, sets in statements:
                if sets is None:
                    done = connection.execute(sql, [fresh.get(value, value) for value in values])
                    if done.description is not None:
                        done.fetchall()
                else:
                    connection.executemany(
                        sql, [[fresh.get(value, value) for value in one] for one in sets]
                    )

        return _rate(once, asked["seconds"])


def _rate(once: Callable[[], None], seconds: float) -> float:
    for _ in range(20):
        once()
    count, began_at = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began_at) < seconds or not count:
        once()
        count += 1
    return count / elapsed


def _like(old: str, number: int) -> str:
    if KEY.search(old):
        return f"harrow {number}{old[old.index(',') :]}"
    if HOME.fullmatch(old):
        return f"zz993cz {number % HOMES} weir street"
    if old.startswith("C-"):
        return f"C-{uuid7().hex[-11:]}"
    return uuid7().hex


def _revived(value: Any) -> Any:
    if isinstance(value, dict):
        return bytes.fromhex(value["bytes"])
    if isinstance(value, list):
        return [_revived(one) for one in value]
    return value


if __name__ == "__main__":
    given = json.loads(sys.stdin.read())
    given["statements"] = _revived(given["statements"])
    print(_run_bare(given))
