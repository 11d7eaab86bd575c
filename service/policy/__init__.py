"""The authority's own numbers, names and code lists: one versioned file, read once, then frozen."""

from service.policy.code_lists import CodeList, CodeLists
from service.policy.loading import load_policy
from service.policy.policies import (
    NoRuleInForce,
    OrganisationUnknown,
    Policy,
    TeamUnknown,
    TimescaleUnknown,
)
from service.policy.written import PolicyFaulty

__all__ = [
    "CodeList",
    "CodeLists",
    "NoRuleInForce",
    "OrganisationUnknown",
    "Policy",
    "PolicyFaulty",
    "TeamUnknown",
    "TimescaleUnknown",
    "load_policy",
]
