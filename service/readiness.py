"""Whether the service can serve, and what an operator should look at before it cannot."""

import asyncio
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from service.domain.calendar import london_date
from service.domain.job_runs import JobHealth, JobName
from service.integrations.issuer_keys import KeyState
from service.integrations.tokens import TokenVerifier
from service.patience import within
from service.persistence.asking import Reading
from service.persistence.engines import Database
from service.persistence.failures import DatabaseAway, DatabaseUnusable
from service.persistence.proofs import prove_writing
from service.persistence.reasons import reason_of
from service.persistence.schema_steps import SchemaStanding, standing
from service.policy import Policy
from service.usecases.jobs import job_health

PATIENCE_SECONDS = 2.5
PROVED_FOR = timedelta(seconds=10)
LEAST_FREE_BYTES = 1024**3


class CheckState(StrEnum):
    """How one thing is: degraded must be looked at, failing stops the service from serving."""

    ok = "ok"
    degraded = "degraded"
    failing = "failing"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `says` tells no version, no address and no name."""

    name: str
    state: CheckState
    says: str
    last_succeeded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Readiness:
    """Everything that was looked at."""

    checks: tuple[Check, ...]

    @property
    def state(self) -> CheckState:
        """The worst of them."""
        states = {check.state for check in self.checks}
        for worst in (CheckState.failing, CheckState.degraded):
            if worst in states:
                return worst
        return CheckState.ok


class ProofOfWriting:
    """Whether anything can be written: tried every few seconds, and more often while it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._proved_at: datetime | None = None

    async def check(self, now: datetime) -> Check:
        """What the last trial found, or a new one."""
        good = Check("writing", CheckState.ok, "What is sent can be kept.")
        if self._proved_at is not None and timedelta() <= now - self._proved_at < PROVED_FOR:
            return good
        try:
            await within(PATIENCE_SECONDS, prove_writing(self._database))
        except TimeoutError:
            said = "What is sent is not written in time."
            return Check("writing", CheckState.degraded, said)
        except DatabaseAway as away:
            return Check("writing", CheckState.failing, f"Nothing is written. {reason_of(away)}")
        except Exception:
            return Check("writing", CheckState.failing, "Nothing can be written.")
        self._proved_at = now
        return good


async def look(
    database: Database,
    verifier: TokenVerifier,
    policy: Policy,
    proof: ProofOfWriting,
    now: datetime,
) -> Readiness:
    """Looks at all that the service needs, at once, with patience for a few seconds and no more."""
    (reachable, known), keys, writing, jobs = await asyncio.gather(
        _database(database), _keys(verifier), proof.check(now), _jobs(database, policy, now)
    )
    checks = [reachable, known, keys, _policy(policy, now), _disk(database)]
    if CheckState.failing not in (reachable.state, known.state):
        checks += [writing, *jobs]
    return Readiness(tuple(checks))


_SCHEMA: Final[dict[SchemaStanding, tuple[CheckState, str]]] = {
    SchemaStanding.ours: (CheckState.ok, "The schema is the one this program knows."),
    SchemaStanding.newer_and_readable: (
        CheckState.degraded,
        "A newer release has migrated the database. This process still works with it: replace it.",
    ),
    SchemaStanding.older: (
        CheckState.failing,
        "The database is at an earlier schema than this program needs: see frontdoor migrate.",
    ),
    SchemaStanding.unknown: (
        CheckState.failing,
        "A newer release has migrated the database, and this process cannot work with it any more.",
    ),
}


async def _database(database: Database) -> tuple[Check, Check]:
    unknown = Check("schema", CheckState.failing, "The schema cannot be read.")
    try:
        found = await within(PATIENCE_SECONDS, standing(database))
    except DatabaseUnusable as unusable:
        return Check("database", CheckState.failing, str(unusable)), unknown
    except TimeoutError:
        return Check("database", CheckState.failing, "The database does not answer."), unknown
    except DatabaseAway as away:
        return Check("database", CheckState.failing, reason_of(away)), unknown
    except Exception:
        return Check("database", CheckState.failing, "The database cannot be reached."), unknown
    return Check("database", CheckState.ok, "The database answers."), Check(
        "schema", *_SCHEMA[found]
    )


async def _keys(verifier: TokenVerifier) -> Check:
    with suppress(TimeoutError):
        await within(PATIENCE_SECONDS, verifier.keep_fresh())
    states = [one.state for one in verifier.health().values()]
    good = [state for state in states if state in (KeyState.ok, KeyState.degraded)]
    if not good:
        return Check(
            "keys",
            CheckState.failing,
            "No identity provider's keys could be read, so nobody can be let in.",
        )
    if any(state is not KeyState.ok for state in states):
        return Check(
            "keys", CheckState.degraded, "The keys of an identity provider cannot be read afresh."
        )
    return Check("keys", CheckState.ok, "Every identity provider's keys are known.")


def _policy(policy: Policy, now: datetime) -> Check:
    if policy.holidays_alarm(london_date(now)) is not None:
        return Check(
            "policy", CheckState.degraded, "The bank holidays that the policy knows are ending."
        )
    return Check("policy", CheckState.ok, "The policy is loaded.")


def _disk(database: Database) -> Check:
    if not database.is_sqlite:
        return Check("disk", CheckState.ok, "The database keeps its files elsewhere.")
    try:
        free = shutil.disk_usage(Path(database.url.database or ".").absolute().parent).free
    except OSError:
        return Check("disk", CheckState.degraded, "The free space of the disk cannot be read.")
    if free < LEAST_FREE_BYTES:
        return Check("disk", CheckState.degraded, "Less than a gibibyte is free on the disk.")
    return Check("disk", CheckState.ok, "The disk has room.")


async def _jobs(database: Database, policy: Policy, now: datetime) -> Iterable[Check]:
    async def read() -> list[JobHealth]:
        async with database.reading() as connection:
            return await job_health(Reading(connection), policy, now)

    try:
        return [_job(one) for one in await within(PATIENCE_SECONDS, read())]
    except Exception:
        return [Check("jobs", CheckState.degraded, "How the jobs are cannot be read.")]


def _job(health: JobHealth) -> Check:
    name = "sweep" if health.name is JobName.sweep_deadlines else str(health.name)
    succeeded_at = None if health.last is None else health.last.succeeded_at
    if health.late:
        said = "It has not succeeded for too long: is a worker running?"
        return Check(name, CheckState.degraded, said, succeeded_at)
    if health.failing:
        return Check(name, CheckState.degraded, "Its last run failed: see the log.", succeeded_at)
    return Check(name, CheckState.ok, "It ran in time.", succeeded_at)
