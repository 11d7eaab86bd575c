"""Accounts: the people and systems that have called, and who may not call any more."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.domain.errors import Conflict, Invalid, NotAllowed


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has called: identity is issuer and subject together, never an address."""

    id: UUID
    issuer: str
    subject: str
    name: str
    client_id: str | None
    organisation_id: str | None
    team_id: str | None
    first_seen_at: datetime


class SuspensionKind(StrEnum):
    """What is suspended: one account, one client system, or a whole organisation."""

    account = "account"
    client = "client"
    organisation = "organisation"


@dataclass(frozen=True, slots=True)
class Suspension:
    """Access taken away, at once, although tokens are still valid."""

    id: UUID
    kind: SuspensionKind
    target: str
    reason: str
    suspended_at: datetime
    suspended_by: UUID
    lifted_at: datetime | None
    lifted_by: UUID | None
    lifted_because: str | None
    version: int


class AlreadySuspended(Conflict):
    """This access is suspended already."""

    code = "already_suspended"
    title = "Already suspended"


class AlreadyLifted(Conflict):
    """This suspension was lifted before."""

    code = "suspension_already_lifted"
    title = "Lifted already"


class OwnAccess(NotAllowed):
    """Nobody suspends themselves: the next call, to undo it, would be refused."""

    code = "own_access"
    title = "That is your own access"


class AccountUnknown(Invalid):
    """Nobody with this account id has ever called."""

    code = "account_unknown"
    title = "No such account"
