"""Policy files for tests: the shipped one with something more, and a team that goes."""

from pathlib import Path

from service.policy.loading import DEFAULT_POLICY

TEAM = """
[[team]]
id = "old-centre"
name = "Old family centre"
service = "early_help"
accepts = ["early_help_episode", "contact"]
"""
REMOVED = """
[[removed_team]]
id = "old-centre"
taken_over_by = ["mash", "family-centres"]
"""


def policy(folder: Path, added: str = "") -> Path:
    """The shipped policy, with something more."""
    path = folder / f"policy-{len(list(folder.glob('policy-*')))}.toml"
    path.write_text(DEFAULT_POLICY.read_text(encoding="utf-8") + added, encoding="utf-8")
    return path
