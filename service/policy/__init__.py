"""The authority's own numbers, names and code lists: one versioned file, read once, then frozen."""

from service.policy.code_lists import CodeList, CodeLists
from service.policy.loading import load_policy
from service.policy.policies import (
    AgencyKind,
    ChallengeRules,
    DecisionPrompt,
    NoRuleInForce,
    Organisation,
    OrganisationUnknown,
    Policy,
    ReceiptWords,
    SweepRules,
    Team,
    TeamService,
    TeamUnknown,
    TeamWork,
    TimescaleUnknown,
    TransferRules,
)
from service.policy.rationales import RationaleRules
from service.policy.reading import PolicyFaulty

__all__ = [
    "AgencyKind",
    "ChallengeRules",
    "CodeList",
    "CodeLists",
    "DecisionPrompt",
    "NoRuleInForce",
    "Organisation",
    "OrganisationUnknown",
    "Policy",
    "PolicyFaulty",
    "RationaleRules",
    "ReceiptWords",
    "SweepRules",
    "Team",
    "TeamService",
    "TeamUnknown",
    "TeamWork",
    "TimescaleUnknown",
    "TransferRules",
    "load_policy",
]
