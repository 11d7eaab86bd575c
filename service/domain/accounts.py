"""Accounts: the people and systems that have called, and who may not call any more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from service.domain.access import Role
from service.domain.errors import Conflict, Invalid, NotAllowed
from service.domain.fields import Id, Version, personal, plain, sensitive


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has called: identity is issuer and subject together, never an address.

    `role_names` are those that the newest token named, sorted, a space between; None when no token
    has been seen since they are kept. `roles_since` and `team_since` are when they were first seen
    as they are now; `team_since` is None when it has not changed since that is kept.
    `signed_in_at` is when the newest token was made, to the day.
    """

    id: Id
    issuer: Annotated[str, plain("Issuer of the token.")]
    subject: Annotated[str, plain("Subject at that issuer.")]
    name: Annotated[str, personal("Name as the issuer last gave it.")]
    client_id: Annotated[str | None, plain("Client system.")]
    organisation_id: Annotated[str | None, plain("Organisation of a partner.")]
    team_id: Annotated[str | None, plain("Team of a member of staff.")]
    first_seen_at: Annotated[datetime, plain("When first seen.")]
    role_names: Annotated[
        str | None, plain("Roles that the newest token named, a space between.")
    ] = None
    roles_since: Annotated[datetime | None, plain("Since when seen with these roles.")] = None
    team_since: Annotated[datetime | None, plain("When first seen in another team.")] = None
    signed_in_at: Annotated[datetime | None, plain("When the newest token was made.")] = None

    @property
    def roles(self) -> frozenset[Role] | None:
        """The roles that the newest token named, as far as this release knows them."""
        if self.role_names is None:
            return None
        return frozenset(Role(one) for one in self.role_names.split() if one in _ROLES)


_ROLES = frozenset(Role)


def named(roles: Iterable[Role]) -> str:
    """Roles as an account keeps them."""
    return " ".join(sorted(roles))


@dataclass(frozen=True, slots=True)
class Worker:
    """A member of staff who has signed in, and whether their access is suspended."""

    account: Account
    suspended: bool


class SuspensionKind(StrEnum):
    """What is suspended: one account, one client system, or a whole organisation."""

    account = "account"
    client = "client"
    organisation = "organisation"


class SuspensionState(StrEnum):
    """Where a suspension stands, as a refusal names it."""

    in_force = "in_force"
    lifted = "lifted"


@dataclass(frozen=True, slots=True)
class SuspensionFilters:
    """What the list of suspensions can be narrowed by."""

    in_force: bool | None = None


@dataclass(frozen=True, slots=True)
class Suspension:
    """Access taken away, at once, although tokens are still valid."""

    id: Id
    kind: Annotated[SuspensionKind, plain("account, client or organisation.")]
    target: Annotated[str, plain("Which one.")]
    reason: Annotated[str, sensitive("Why.")]
    suspended_at: Annotated[datetime, plain("Since when.")]
    suspended_by: Annotated[UUID, plain("By whom.")]
    lifted_at: Annotated[datetime | None, plain("Until when.")]
    lifted_by: Annotated[UUID | None, plain("Lifted by whom.")]
    lifted_because: Annotated[str | None, sensitive("Lifted why.")]
    version: Version


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
