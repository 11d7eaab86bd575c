"""The story of one contact in the demonstration data, as far as it has come."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from frontdoor.demonstration.caseload import Caseload
from frontdoor.demonstration.children import MissingChildren
from frontdoor.demonstration.desk import Desk
from frontdoor.demonstration.families import Family
from frontdoor.demonstration.narratives import WORDS, Theme
from frontdoor.demonstration.plans import Plan
from frontdoor.demonstration.protection import Protection
from frontdoor.demonstration.scripts import Script
from frontdoor.demonstration.towns import Town
from service.bootstrap import Work
from service.domain.contact_acts import AtOnce
from service.domain.contacts import Child
from service.domain.decisions import Outcome, StatutoryBasis
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.information_requests import InformationRequest
from service.domain.new_contacts import NewContact
from service.domain.referrals import Referral
from service.persistence.repositories import contacts


@dataclass(slots=True)
class Scripts:
    """What the children of the year are dealt, until no card is left: which go up, and down."""

    ups: list[Script]
    downs: list[Script]
    disputes: list[Script]
    changed: list[Script]

    def deal(self, chance: random.Random, case: Referral | EarlyHelpEpisode) -> Script | None:
        """What happens with a case beside the usual, if anything."""
        drawn = chance.random()
        if isinstance(case, Referral):
            if case.statutory_basis is StatutoryBasis.section_47:
                return None
            steps, disputes, share = self.downs, self.disputes, 0.065
        else:
            steps, disputes, share = self.ups, self.changed, 0.25
        if steps and drawn < share:
            return steps.pop()
        if disputes and drawn > 1 - share / 4:
            return disputes.pop()
        return None


@dataclass(frozen=True, slots=True)
class Year:
    """What the stories of the year share: town, scripts, cases, and who goes missing."""

    town: Town
    scripts: Scripts
    caseload: Caseload
    missing: MissingChildren


def _weight(theme: Theme, plan: Plan) -> float:
    """How likely a theme is, where it is fixed whether significant harm is suspected."""
    if plan.basis is StatutoryBasis.section_47:
        return theme.weight * theme.grave
    return theme.weight * (1 - theme.grave) if plan.rating is not None else theme.weight


@dataclass(slots=True)
class Asked:
    """What was asked of an agency, and whether it has answered."""

    organisation_id: str
    request: InformationRequest
    answered: bool = False


class Story:
    """One contact, from the call to the day on which the cases that came of it close."""

    def __init__(
        self,
        desk: Desk,
        chance: random.Random,
        plan: Plan,
        family: Family | None,
        protection: Protection,
        year: Year | None = None,
        *,
        twice: bool = False,
    ) -> None:
        self.desk = desk
        self.twice = twice
        self.protection = protection
        self.year = year
        self.chance = chance
        self.plan = plan
        self._family = family
        self.theme = chance.choices(WORDS.themes, [_weight(one, plan) for one in WORDS.themes])[0]
        if plan.notified or (plan.source_code == "6" and chance.random() < 0.6):
            self.theme = next(one for one in WORDS.themes if one.name == "domestic abuse")
        self.worker = desk.people.workers[0] if plan.mine else chance.choice(desk.people.workers)
        self.manager = chance.choice(desk.people.managers)
        self.agency = next(
            (one for one in desk.policy.organisations if plan.source_code in one.source_codes), None
        )
        self.asked: list[Asked] = []
        self.contact_id = UUID(int=0)
        self.told_as: NewContact | None = None
        self.by_partner = False
        self.at_once: AtOnce | None = None
        self.children: list[Child] = []
        self.outcomes: list[Outcome] = []

    @property
    def family(self) -> Family:
        """Whom it is about."""
        if self._family is None:
            raise LookupError("nobody has told of a family yet")
        return self._family

    async def begin(self, work: Work) -> None:
        """Chooses a family of the town as the year has gone until now, where none was named."""
        if self._family is None and self.year is not None:
            self._family = await self.year.town.family(work, self.plan)

    @property
    def known(self) -> int:
        """How many other contacts about the family are on file now."""
        return self.family.contacts - 1

    def words(self, texts: Sequence[str]) -> str:
        """One of these texts, as it is said of this family."""
        return self.said(self.chance.choice(texts))

    def said(self, text: str) -> str:
        """A text as it is said of this family."""
        said = text.format(child=self.family.called, parent=self.family.parent)
        return said[:1].upper() + said[1:]

    async def version(self, work: Work) -> int:
        """The version that the contact has now: whoever changes it has just read it."""
        return (await contacts.get(work, self.worker.sight, self.contact_id)).version
