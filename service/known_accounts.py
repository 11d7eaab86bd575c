"""The accounts that this process has met: a call that tells nothing new of one costs no query."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.accounts import Account, named
from service.integrations.token_claims import Identity
from service.persistence.ids import new_id
from service.persistence.repositories import accounts
from service.persistence.units_of_work import Work

_MOST_ACCOUNTS = 10_000
# How old the day of the last sign-in may become.
_KEPT_FRESH_FOR = timedelta(days=1)
_Told = tuple[str, str | None, str | None, str]


@dataclass(slots=True)
class _KnownAccount:
    """What the record was told of an account, and by a token of when."""

    account_id: UUID
    told: _Told
    issued_at: datetime
    kept_at: datetime


class KnownAccounts:
    """Looks up the account of an identity, and has the record keep what is new about it.

    The newest token counts: one made earlier, and still good, takes back nothing. The record is
    told at the first call, when a token names another name, organisation, team or role, and once a
    day: never by each request.
    """

    def __init__(
        self,
        perform: Callable[[Callable[[Work], Awaitable[UUID]]], Awaitable[UUID]],
        *,
        on_postgresql: bool,
    ) -> None:
        self._perform = perform
        self._on_postgresql = on_postgresql
        self._known: OrderedDict[tuple[str, str, str | None], _KnownAccount] = OrderedDict()

    async def account_id(self, identity: Identity, now: datetime) -> UUID:
        """The account of somebody who calls."""
        key = (identity.issuer, identity.subject, identity.client_id)
        told = (
            identity.name,
            identity.organisation_id,
            identity.team_id,
            named(identity.roles),
        )
        known = self._known.get(key)
        if known is not None:
            newest = identity.issued_at >= known.issued_at
            fresh = timedelta() <= now - known.kept_at < _KEPT_FRESH_FOR
            if fresh and (known.told == told or not newest):
                if newest:
                    known.issued_at = identity.issued_at
                return known.account_id
        account_id = await self._keep(identity, now)
        self._known[key] = _KnownAccount(account_id, told, identity.issued_at, now)
        while len(self._known) > _MOST_ACCOUNTS:
            self._known.popitem(last=False)
        return account_id

    async def _keep(self, identity: Identity, now: datetime) -> UUID:
        account = Account(
            id=new_id(),
            issuer=identity.issuer,
            subject=identity.subject,
            name=identity.name,
            client_id=identity.client_id,
            organisation_id=identity.organisation_id,
            team_id=identity.team_id,
            first_seen_at=now,
            role_names=named(identity.roles),
            roles_since=now,
            team_since=None,
            signed_in_at=identity.issued_at,
        )

        async def keep(work: Work) -> UUID:
            await accounts.keep(work, account, on_postgresql=self._on_postgresql)
            kept = await accounts.find(work, identity.issuer, identity.subject)
            return account.id if kept is None else kept.id

        return await self._perform(keep)
