"""The one door by which the API, the workers and the command line come in."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self, TypeVar
from uuid import UUID

import httpx
import structlog

from service.allowances import HeldAllowances
from service.clock import Clock, system_clock
from service.domain.access import AccessSuspended, Caller
from service.domain.accounts import SuspensionKind
from service.domain.allowances import Allowances
from service.domain.answers import KEPT_FOR, Answer, KeptAnswer, KeyUsedBefore
from service.domain.errors import FrontDoorError, NotAllowed
from service.integrations.development_issuer import DevelopmentIssuer
from service.integrations.token_claims import KeysUnavailable, TokenRefused
from service.integrations.tokens import TokenVerifier
from service.kept_keys import SealedKeys
from service.known_accounts import KnownAccounts
from service.persistence.allowances import SharedAllowances
from service.persistence.asking import Asking, Reading
from service.persistence.engines import Database, UnsafeDatabase
from service.persistence.failures import AlreadyThere, DatabaseAway, DatabaseUnusable
from service.persistence.leadership import Leadership, leadership_on
from service.persistence.leases import LeadLost, Led
from service.persistence.reasons import reason_of
from service.persistence.repositories import accounts, answers, policy_versions
from service.persistence.schema_steps import (
    CannotGoBack,
    PeopleAreWriting,
    SchemaStanding,
    SchemaUnknown,
    require_known,
)
from service.persistence.units_of_work import Keeping, Performing, Work
from service.policy import Policy, load_policy
from service.readiness import ProofOfWriting, Readiness, look
from service.settings import Settings
from service.usecases.removed_teams import refuse_policy_without_needed_teams

__all__ = [
    "AlreadyThere",
    "Asking",
    "CannotGoBack",
    "DatabaseAway",
    "DatabaseUnusable",
    "House",
    "Keeping",
    "KeysUnavailable",
    "LeadLost",
    "Leadership",
    "Led",
    "Once",
    "PeopleAreWriting",
    "Performing",
    "Replayed",
    "SchemaUnknown",
    "TokenRefused",
    "UnsafeDatabase",
    "Work",
    "reason_of",
]

Found = TypeVar("Found")
log = structlog.get_logger("service")

_ATTEMPTS = 3
_SUSPENSIONS_FRESH_FOR = timedelta(seconds=1)
_LOOK_KEPT_FOR = timedelta(seconds=1)
# So long a start looks through the database for damage; the worker looks through all of it hourly.
_LOOK_OVER_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Once:
    """That a creating request is carried out once, however often it is sent.

    `client` is whose key it is, `fingerprint` a digest of what was asked.
    """

    client: str
    key: UUID
    fingerprint: str

    @staticmethod
    def fingerprint_of(*parts: bytes) -> str:
        """A digest of method, path and body."""
        digest = hashlib.sha256()
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Replayed:
    """An answer, and whether it had been given before."""

    answer: Answer
    before: bool


class House:
    """Settings, policy, clock, database and tokens, put together once for each process."""

    def __init__(
        self,
        settings: Settings,
        *,
        policy: Policy,
        clock: Clock,
        database: Database,
        http: httpx.AsyncClient,
    ) -> None:
        self.settings = settings
        self.policy = policy
        self.clock = clock
        self.database = database
        self._http = http
        self.development_issuer = (
            DevelopmentIssuer(settings, clock) if settings.development_issuer else None
        )
        issuers = list(settings.issuers)
        sources = {}
        if self.development_issuer is not None:
            own = self.development_issuer.issuer_settings
            issuers.append(own)
            sources[own.issuer] = self.development_issuer.key_source()
        shelf = SealedKeys(self, settings.secret_bytes()) if settings.issuers else None
        self.verifier = TokenVerifier(issuers, clock, http, key_sources=sources, shelf=shelf)
        self._accounts = KnownAccounts(self.perform, on_postgresql=not database.is_sqlite)
        self.allowances = HeldAllowances(
            Allowances.of(
                requests_a_minute=settings.requests_a_minute,
                urgent_posts_a_minute=settings.urgent_posts_a_minute,
                validations_an_hour=policy.partners.validations_an_hour,
            ),
            SharedAllowances(database, clock),
        )
        self._suspended: frozenset[tuple[str, str]] = frozenset()
        self._suspended_read_at: datetime | None = None
        self._suspension_changes = 0
        self._proof_of_writing = ProofOfWriting(database)
        self._looking: asyncio.Task[Readiness] | None = None
        self._looked: tuple[datetime, Readiness] | None = None

    @classmethod
    async def open(
        cls,
        settings: Settings,
        *,
        clock: Clock = system_clock,
        http: httpx.AsyncClient | None = None,
        application: str = "frontdoor",
    ) -> Self:
        """Opens the house: policy, settings and schema are checked before anything is served.

        Raises PolicyFaulty, SettingsFaulty, SchemaUnknown, UnsafeDatabase, DatabaseUnusable, or
        TeamsStillNeeded for a policy that leaves children to nobody; each says what to do.
        """
        settings.check()
        policy = load_policy(settings.policy_file)
        database = Database(
            settings.database_url, pool_size=settings.database_pool_size, application=application
        )
        try:
            database.require_writable()
            database.look_over(seconds=_LOOK_OVER_SECONDS)
            if await require_known(database) is SchemaStanding.newer_and_readable:
                log.warning("a newer release has migrated the database; this one works with it")
            if not settings.is_development:
                await database.check()
            house = cls(
                settings,
                policy=policy,
                clock=clock,
                database=database,
                # The environment says how this machine gets out: its proxy, its authorities.
                http=http or httpx.AsyncClient(timeout=5, follow_redirects=False, trust_env=True),
            )
            await house.ask(lambda ask: refuse_policy_without_needed_teams(ask, policy))
            await house._keep_policy()
        except BaseException:
            await database.dispose()
            raise
        return house

    async def _keep_policy(self) -> None:
        """Keeps the policy word for word, so that every deadline's rule can be read later."""
        text = self.policy.text

        async def keep(work: Work) -> None:
            await policy_versions.keep(work, self.policy.stamp, self.policy.digest, text)

        await self.perform(keep)

    async def close(self) -> None:
        """Closes connections."""
        await self.allowances.close()
        await self._http.aclose()
        await self.database.dispose()

    def work(self, request_id: str | None = None) -> Work:
        """A unit of work at the present."""
        return Work(self.database, now=self.clock(), policy=self.policy, request_id=request_id)

    async def perform(
        self, use_case: Callable[[Work], Awaitable[Found]], *, request_id: str | None = None
    ) -> Found:
        """Carries out one use-case in one transaction; when this returns, it has happened.

        Tried again, from its beginning, when another transaction was quicker to the same new row.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with self.work(request_id) as work:
                    found = await use_case(work)
                    await work.commit()
                    return found
            except AlreadyThere:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    async def perform_once(
        self,
        use_case: Callable[[Work], Awaitable[Found]],
        render: Callable[[Found], Answer],
        once: Once,
        *,
        request_id: str | None = None,
    ) -> Replayed:
        """Carries out a creating use-case once for its key, and keeps the answer with it.

        The answer is kept in the transaction of the use-case, so that there is never one without
        the other. The key is looked up only when something fails: a first request pays nothing.
        Raises KeyUsedBefore when the key came with another request; a refusal is never kept.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with self.work(request_id) as work:
                    answer = render(await use_case(work))
                    work.add(
                        KeptAnswer(
                            client=once.client,
                            key=once.key,
                            fingerprint=once.fingerprint,
                            status=answer.status,
                            headers=answer.headers,
                            body=answer.body,
                            kept_until=work.now + KEPT_FOR,
                        )
                    )
                    await work.commit()
                    return Replayed(answer, before=False)
            except NotAllowed:
                # Who may not do this any more is not shown what came of it before.
                raise
            except (FrontDoorError, AlreadyThere) as failure:
                kept = await self._kept(once)
                if kept is not None:
                    return kept
                if isinstance(failure, FrontDoorError) or attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    async def _kept(self, once: Once) -> Replayed | None:
        async def look(ask: Asking) -> KeptAnswer | None:
            return await answers.find(ask, once.client, once.key)

        kept = await self.ask(look)
        if kept is None:
            return None
        if kept.fingerprint != once.fingerprint:
            raise KeyUsedBefore(
                "This Idempotency-Key was used before, for another request. Make a new key for "
                "each new thing; send the same key only with the same request."
            )
        return Replayed(Answer(kept.status, kept.headers, kept.body), before=True)

    async def ask(self, question: Callable[[Asking], Awaitable[Found]]) -> Found:
        """Reads, without a transaction around it."""
        async with self.database.reading() as connection:
            return await question(Reading(connection, straight=True))

    async def ask_at_length(self, question: Callable[[Asking], Awaitable[Found]]) -> Found:
        """Reads what may take a while, where it does not hold up others."""
        async with self.database.long_reading() as connection:
            return await question(Reading(connection))

    async def ask_at_one_instant(self, question: Callable[[Asking], Awaitable[Found]]) -> Found:
        """Reads at length, and everything as it was at one instant."""
        async with self.database.reading_at_one_instant() as connection:
            return await question(Reading(connection))

    async def look_over(self) -> None:
        """Looks through the whole database for damage, where that holds up nobody.

        Raises DatabaseUnusable.
        """
        await self.database.look_over_aside()

    def leadership(self, holder: str) -> Leadership:
        """The lead among all workers on this database: to be taken, watched and released."""
        return leadership_on(self.database, holder, patience=self.settings.leader_patience_seconds)

    def led_by(self, leadership: Leadership) -> Led:
        """The house as the jobs have it: nothing is changed once another worker leads."""
        return Led(self, lambda: leadership.epoch, beating=self.database.is_sqlite)

    async def caller(self, token: str) -> Caller:
        """Who is calling, by their token.

        Raises TokenRefused, and AccessSuspended when the person, the client system or the
        organisation may not come in any more, although the token is still good.
        """
        identity = await self.verifier.verify(token)
        account_id = await self._accounts.account_id(identity, self.clock())
        caller = Caller(
            account_id=account_id,
            issuer=identity.issuer,
            subject=identity.subject,
            name=identity.name,
            client_id=identity.client_id,
            organisation_id=identity.organisation_id,
            team_id=identity.team_id,
            roles=identity.roles,
            scopes=identity.scopes,
            sight_rules=self.policy.sight,
        )
        await self._refuse_suspended(caller)
        return caller

    async def _refuse_suspended(self, caller: Caller) -> None:
        now = self.clock()
        read_at = self._suspended_read_at
        suspended = self._suspended
        if read_at is None or not timedelta() <= now - read_at < _SUSPENSIONS_FRESH_FOR:
            change = self._suspension_changes
            suspended = await self.ask(accounts.suspensions_in_force)
            # What was read before a change made here is good for this call, not for the next.
            if change == self._suspension_changes:
                self._suspended, self._suspended_read_at = suspended, now
        if not suspended:
            return
        targets = {
            (SuspensionKind.account, str(caller.account_id)),
            (SuspensionKind.client, caller.client_id or ""),
            (SuspensionKind.organisation, caller.organisation_id or ""),
        }
        if targets & suspended:
            raise AccessSuspended

    async def readiness(self) -> Readiness:
        """Whether the service can serve; looked at afresh at most once a second.

        Whoever asks while somebody is looking is told what that one finds.
        """
        now = self.clock()
        if self._looked is not None and timedelta() <= now - self._looked[0] < _LOOK_KEPT_FOR:
            return self._looked[1]
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._look(now))
        return await asyncio.shield(self._looking)

    async def _look(self, now: datetime) -> Readiness:
        try:
            found = await look(
                self.database, self.verifier, self.policy, self._proof_of_writing, now
            )
            self._looked = (now, found)
            return found
        finally:
            self._looking = None

    def forget_suspensions(self) -> None:
        """Makes the next call read the suspensions again: one was just made or lifted here."""
        self._suspension_changes += 1
        self._suspended_read_at = None
