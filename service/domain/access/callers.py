"""Callers: what they may do, by role and by scope, and how far they see."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from service.domain.access.duties import DUTIES, EVERY_SIDE
from service.domain.access.grants import GRANTS
from service.domain.access.sights import AS_SHIPPED, Sight, SightRules
from service.domain.access.words import Duty, Grant, Permission, Reach, Role, Scope
from service.domain.accountabilities import CareService
from service.domain.errors import NotAllowed


class RoleMissing(NotAllowed):
    """The caller's roles do not allow this."""

    code: ClassVar[str] = "role_missing"
    title: ClassVar[str] = "Your role does not allow this"


class ScopeMissing(NotAllowed):
    """The caller's role would allow this, but the application in use was not given the scope."""

    code: ClassVar[str] = "scope_missing"
    title: ClassVar[str] = "This application may not ask for this"


class AccessSuspended(NotAllowed):
    """The person, client or organisation was suspended here, though the token is still valid."""

    code: ClassVar[str] = "account_disabled"
    title: ClassVar[str] = "Access is suspended"

    def __init__(self) -> None:
        super().__init__(
            "Your access to the front door is suspended. Nothing was done. Ask your authority's "
            "system administrator or information governance officer to lift the suspension."
        )


def refuse_gaps(grants: Mapping[Permission, Grant], duties: Mapping[Role, Duty]) -> None:
    """Raise `TypeError` when a permission has no row, a row lets nobody in, or a role no duty.

    Run at import, so that a permission nobody thought about stops the service from starting.
    """
    gaps = [f"permission {one} has no row" for one in Permission if one not in grants]
    gaps += [f"permission {one} lets nobody in" for one, row in grants.items() if not row.roles]
    gaps += [f"role {one} has no duty" for one in Role if one not in duties]
    if gaps:
        raise TypeError("The permission table has gaps: " + "; ".join(gaps))


refuse_gaps(GRANTS, DUTIES)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. Known by (`issuer`, `subject`), never by a name or an e-mail address.

    `account_id` is our own id for that pair. `organisation_id` is the partner organisation or the
    authority that the issuer vouches for, `team_id` the caller's team; both as the issuer names
    them. `client_id` is the application in use, where the issuer says. `sight` is what follows from
    all that for what the caller may know of: whoever looks for something is given it, and no more.
    """

    account_id: UUID
    issuer: str
    subject: str
    name: str
    client_id: str | None
    organisation_id: str | None
    team_id: str | None
    roles: frozenset[Role]
    scopes: frozenset[Scope]
    sight_rules: SightRules = field(default=AS_SHIPPED, repr=False, compare=False)
    sight: Sight = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sight = Sight(
            reach=_reach_of(self.roles, self.organisation_id),
            organisation_id=self.organisation_id,
            account_id=self.account_id,
            lists_requests=self.has_role_for(Permission.read_information_requests),
            rules=self.sight_rules,
        )
        object.__setattr__(self, "sight", sight)

    def may(self, permission: Permission) -> bool:
        """Whether both the role gate and the scope gate are open. Rows are `reach`'s matter."""
        grant = GRANTS[permission]
        return grant.scope in self.scopes and not grant.roles.isdisjoint(self.roles)

    def has_role_for(self, permission: Permission) -> bool:
        """Whether the role gate is open: for what is shown within something else that is read."""
        return not GRANTS[permission].roles.isdisjoint(self.roles)

    def require(self, permission: Permission) -> None:
        """Raise `RoleMissing` or `ScopeMissing`, saying in words what is missing."""
        grant = GRANTS[permission]
        has_scope = grant.scope in self.scopes
        if grant.roles.isdisjoint(self.roles):
            raise RoleMissing(_role_words(grant) + ("" if has_scope else " " + _scope_words(grant)))
        if not has_scope:
            raise ScopeMissing(_scope_words(grant))

    def require_one_of(self, permissions: Collection[Permission]) -> None:
        """Raise as `require` does when not one of several permissions is held.

        For what takes one permission or another by the sort of the thing: who holds none of them
        is told so before the thing is looked for.
        """
        if any(self.may(one) for one in permissions):
            return
        grants = [GRANTS[one] for one in permissions]
        raising = [one for one in grants if not one.roles.isdisjoint(self.roles)]
        if raising:
            raise ScopeMissing(_scope_words(raising[0]))
        roles = frozenset(role for one in grants for role in one.roles)
        wanted = Grant(grants[0].scope, roles, "")
        has_scope = wanted.scope in self.scopes
        raise RoleMissing(_role_words(wanted) + ("" if has_scope else " " + _scope_words(wanted)))

    @property
    def acts_for(self) -> frozenset[CareService]:
        """The sides on which the caller acts: the union over the roles."""
        return frozenset().union(*(DUTIES[role].acts_for for role in self.roles))


def _reach_of(roles: Collection[Role], organisation_id: str | None) -> frozenset[Reach]:
    """How far somebody sees: the union over the roles. Empty means no case at all.

    Whoever is of no known organisation has no organisation's rows to see.
    """
    reaches = {DUTIES[role].reach for role in roles}
    return frozenset(
        reach
        for reach in reaches
        if reach is not None
        and (reach is not Reach.OWN_ORGANISATION or organisation_id is not None)
    )


def _role_words(grant: Grant) -> str:
    titles = [DUTIES[role].title for role in Role if role in grant.roles]
    if len(titles) == 1:
        need = f"This needs the role {titles[0]}."
    else:
        need = f"This needs one of these roles: {', '.join(titles[:-1])} or {titles[-1]}."
    return need + " Ask a colleague who has it, or whoever looks after your account to give it."


def _scope_words(grant: Grant) -> str:
    return (
        f"The application you use needs the scope {grant.scope}. "
        "Sign in again asking for it, or have the application registered for it."
    )


def scopes_for(role: Role) -> frozenset[Scope]:
    """Every scope that the role can make use of: what an application made for it asks for."""
    return frozenset(grant.scope for grant in GRANTS.values() if role in grant.roles)


_REACH_WORDS: Mapping[Reach | None, str] = {
    Reach.ALL: "every contact",
    Reach.EARLY_HELP: "children who came to early help, and the contacts that tell of them",
    Reach.SOCIAL_CARE: "children who came to social care, and the contacts that tell of them",
    Reach.OWN_ORGANISATION: "what its own organisation sent or was asked",
    None: "no case",
}


def _sides_in_words(sides: frozenset[CareService]) -> str:
    if sides == EVERY_SIDE:
        return "every child"
    return (
        ", ".join(f"children of {side.replace('_', ' ')}" for side in sorted(sides)) or "no child"
    )


def permission_matrix() -> str:
    """The whole policy of access as Markdown: roles and their reach, then permission by role."""
    lines = ["| role | title | what for | sees | acts for |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{role}` | {duty.title} | {duty.sentence} | {_REACH_WORDS[duty.reach]} "
        f"| {_sides_in_words(duty.acts_for)} |"
        for role, duty in ((role, DUTIES[role]) for role in Role)
    ]
    titles = " | ".join(DUTIES[role].title for role in Role)
    lines += [
        "",
        f"| permission | what it allows | scope | {titles} |",
        "| --- | --- | --- |" + " :-: |" * len(Role),
    ]
    for permission in Permission:
        grant = GRANTS[permission]
        marks = " | ".join("yes" if role in grant.roles else "" for role in Role)
        lines.append(f"| `{permission}` | {grant.sentence} | `{grant.scope}` | {marks} |")
    return "\n".join(lines) + "\n"
