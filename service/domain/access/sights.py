"""Sight: how much of what is kept here somebody may know of."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from service.domain.access.words import Reach


class Sharing(StrEnum):
    """What one side reads of the other's cases about a child whom it holds (rule 23)."""

    nothing = "nothing"
    that_it_was = "that_it_was"
    whole = "whole"


@dataclass(frozen=True, slots=True)
class SightRules:
    """What each side reads of the other's cases about a child who is open to it.

    `that_it_was`: that there was or is one, since when, with which team, and how it ended; not why,
    in words, and nothing that was written in it.
    """

    early_help_reads_of_social_care: Sharing = Sharing.that_it_was
    social_care_reads_of_early_help: Sharing = Sharing.whole


AS_SHIPPED: Final = SightRules()
"""For those whose sight reaches no side, and before any policy is asked."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What says which rows somebody sees; made once of whoever calls (`Caller.sight`).

    `reach` is how far they see, `organisation_id` and `account_id` whose own things they are shown
    besides. `lists_requests`: what agencies were asked is shown within what it was asked about.
    Of a child who is open to their side they read what `rules` let them of the other side's work.
    """

    reach: frozenset[Reach]
    organisation_id: str | None = None
    account_id: UUID | None = None
    lists_requests: bool = False
    rules: SightRules = AS_SHIPPED

    @property
    def sees_all(self) -> bool:
        """Whether nothing about any child is kept from them."""
        return Reach.ALL in self.reach

    @property
    def sees_social_care(self) -> bool:
        """Whether they may know of referrals, and of what social care does in them."""
        return Reach.ALL in self.reach or Reach.SOCIAL_CARE in self.reach

    @property
    def sees_early_help(self) -> bool:
        """Whether they may know of early help episodes."""
        return Reach.ALL in self.reach or Reach.EARLY_HELP in self.reach

    @property
    def sees_one_side(self) -> bool:
        """Whether they work on a side, and see the children who came to it."""
        return Reach.EARLY_HELP in self.reach or Reach.SOCIAL_CARE in self.reach

    def reads_of_other_side(self, side: Reach) -> Sharing:
        """How much of a side's cases they read about children open to their own, the other, side.

        Whoever sees a side reads all of it: that is asked first, by `sees_social_care` and
        `sees_early_help`.
        """
        if side is Reach.SOCIAL_CARE and Reach.EARLY_HELP in self.reach:
            return self.rules.early_help_reads_of_social_care
        if side is Reach.EARLY_HELP and Reach.SOCIAL_CARE in self.reach:
            return self.rules.social_care_reads_of_early_help
        return Sharing.nothing

    @property
    def sees_own_organisation(self) -> bool:
        """Whether they are shown what their own organisation sent, raised or was asked."""
        return Reach.OWN_ORGANISATION in self.reach and self.organisation_id is not None


THE_RECORD: Final = Sight(frozenset({Reach.ALL}))
"""Sees the record as it is, so that it can be told whether something is kept from a reader.

What is found with it is compared and never shown.
"""
