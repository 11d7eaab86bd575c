"""Reference data: organisations, teams, codes and the policy, for everybody who works by them."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType

from service.domain.access import Caller, Permission, Role
from service.domain.authority import Organisation, Team
from service.domain.errors import NotFound
from service.persistence.asking import Asking
from service.persistence.repositories import policy_versions
from service.persistence.repositories.policy_versions import PolicyVersion
from service.policy import CodeList, Policy


class CodeListUnknown(NotFound):
    """There is no code list of this name."""

    code = "code_list_unknown"
    title = "No such code list"


class PolicyVersionUnknown(NotFound):
    """No policy of this stamp was ever in force here."""

    code = "policy_version_unknown"
    title = "No such version of the policy"


def list_organisations(policy: Policy, who: Caller) -> Sequence[Organisation]:
    """The partner organisations of the policy; a partner sees its own."""
    who.require(Permission.read_teams_and_codes)
    if who.roles != {Role.partner_system}:
        return policy.organisations
    return [one for one in policy.organisations if one.id == who.organisation_id]


def list_teams(policy: Policy, who: Caller) -> Sequence[Team]:
    """The teams of the authority."""
    who.require(Permission.read_teams_and_codes)
    return policy.teams


def list_code_lists(policy: Policy, who: Caller) -> Sequence[CodeList]:
    """Every code list: the national ones, and the authority's own reasons and paths."""
    who.require(Permission.read_teams_and_codes)
    return list(_by_name(policy).values())


def read_code_list(policy: Policy, who: Caller, name: str) -> CodeList:
    """One code list by name. Raises CodeListUnknown."""
    who.require(Permission.read_teams_and_codes)
    found = _by_name(policy).get(name)
    if found is None:
        raise CodeListUnknown("There is no code list of this name. GET /v1/codes lists them.")
    return found


def _by_name(policy: Policy) -> Mapping[str, CodeList]:
    codes, rules = policy.codes, policy.transfers
    lists: dict[str, CodeList] = {field.name: getattr(codes, field.name) for field in fields(codes)}
    for name, labels in (
        ("step_up_reason", rules.step_up_reasons),
        ("step_down_reason", rules.step_down_reasons),
        ("step_up_refusal", rules.step_up_refusals),
        ("step_down_refusal", rules.step_down_refusals),
    ):
        lists[name] = CodeList(name, labels)
    paths = policy.contact_kinds.values()
    lists["contact_kind"] = CodeList("contact_kind", {one.kind: one.title for one in paths})
    for path in paths:
        for what, labels in (
            ("step", path.steps),
            ("ending", path.endings),
            ("prompt", path.prompts),
        ):
            if labels:
                name = f"{path.kind}_{what}"
                lists[name] = CodeList(name, labels)
    return MappingProxyType(lists)


def read_policy(policy: Policy, who: Caller) -> Policy:
    """The policy in force."""
    who.require(Permission.read_policy)
    return policy


async def read_policy_version(ask: Asking, who: Caller, stamp: str) -> PolicyVersion:
    """A policy that is or was in force, word for word. Raises PolicyVersionUnknown."""
    who.require(Permission.read_policy)
    found = await policy_versions.find(ask, stamp)
    if found is None:
        raise PolicyVersionUnknown(
            "No policy of this stamp was ever in force here. A deadline names the stamp of the "
            "policy that it was counted by."
        )
    return found
