"""Sight: how much of what is kept here somebody may know of."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from service.domain.access.words import Reach


@dataclass(frozen=True, slots=True)
class Sight:
    """What says which rows somebody sees; made once of whoever calls (`Caller.sight`).

    `reach` is how far they see, `organisation_id` and `account_id` whose own things they are shown
    besides. `lists_requests`: what agencies were asked is shown within what it was asked about.
    """

    reach: frozenset[Reach]
    organisation_id: str | None = None
    account_id: UUID | None = None
    lists_requests: bool = False

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

    @property
    def sees_own_organisation(self) -> bool:
        """Whether they are shown what their own organisation sent, raised or was asked."""
        return Reach.OWN_ORGANISATION in self.reach and self.organisation_id is not None


THE_RECORD: Final = Sight(frozenset({Reach.ALL}))
"""Sees the record as it is, so that it can be told whether something is kept from a reader.

What is found with it is compared and never shown.
"""
