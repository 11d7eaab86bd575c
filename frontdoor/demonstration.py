"""The demonstration data: a whole past year at the front door, and a live desk of today.

Everything in it is done by the real use-cases, in the order of time, by people who each have an
account; so what it shows (deadlines, history, measures) comes of the rules and is not written in.
The whole load is one transaction: interrupted, it has not happened.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import httpx

from frontdoor import demonstration_children, demonstration_protection
from frontdoor.demonstration_caseload import Caseload, Closing
from frontdoor.demonstration_children import Absence, Missing, MissingChildren, be_born, expected
from frontdoor.demonstration_desk import Desk, People, between
from frontdoor.demonstration_families import Family, FamilyChild, NhsNumbers, new_family
from frontdoor.demonstration_matches import say_whose
from frontdoor.demonstration_narratives import (
    ACKNOWLEDGED,
    ADVICE,
    AGREED,
    ANSWERS,
    CEASED,
    DECLINED,
    EPISODE_ENDED,
    HISTORY,
    LAST_CLOSED,
    NEXT,
    NO_AGREEMENT,
    NOT_ANSWERED,
    NOT_ASKED,
    OPENINGS,
    PROMPT_OF_ANOTHER_POLICY,
    PROMPTS,
    PURPOSES,
    QUESTIONS,
    RATED,
    RETURNED,
    SECOND_THOUGHTS,
    TAKEN_ON,
    THEMES,
    TYPED_IN_TWICE,
    UNBORN,
    VOICE_NOT_KNOWN,
    VOICE_OF_THE_UNBORN,
    Theme,
)
from frontdoor.demonstration_police import (
    LOADED_INCIDENTS,
    carry_over,
    cut_off,
    force_of,
    notify,
    send_faulty_file,
    send_file,
    send_more,
)
from frontdoor.demonstration_protection import Protection
from frontdoor.demonstration_protection_narratives import (
    CHASED,
    DANGERS,
    LATE_ANSWER_READ,
    OVERTAKEN,
)
from frontdoor.demonstration_steps import (
    CHANGED_DECISIONS,
    DISPUTES,
    DOWNS,
    NOW_DISPUTED,
    NOW_DOWN,
    NOW_UP,
    UPS,
    Course,
    Script,
    deck,
)
from frontdoor.demonstration_targets import CONFERENCES, Slots
from frontdoor.faults import Told
from service.bootstrap import House, Work
from service.domain.access import Caller, Role
from service.domain.accountabilities import CareService
from service.domain.calendar import LONDON, day_months_later, london_date, london_midnight
from service.domain.contacts import (
    ANONYMOUS,
    SELF_REFERRALS,
    AgreementState,
    Channel,
    Child,
    LawfulBasis,
    WithdrawalReason,
)
from service.domain.deadlines import TERM_IN_WEEKS, Rating
from service.domain.decisions import (
    AgencyAsked,
    Decision,
    LevelOfNeed,
    Outcome,
    PromptAnswer,
    StatutoryBasis,
)
from service.domain.early_help_episodes import EarlyHelpEpisode, EpisodeClosure
from service.domain.information_requests import (
    AnswerKind,
    ChaserMeans,
    InformationRequest,
    InformationScope,
)
from service.domain.new_contacts import NewChild, NewContact
from service.domain.people import BirthKnowledge
from service.domain.referrals import CaseState, Referral
from service.domain.strategy_meetings import ProtectionUnderWay
from service.domain.texts import counted
from service.domain.whole_contacts import ContactFilters
from service.domain.withdrawals import NewWithdrawal
from service.domain_services.section_47_enquiries import refuse_while_protection_is_under_way
from service.persistence.repositories import accountabilities, contacts, decisions
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.policy import Organisation, Policy
from service.usecases.assessments import begin_assessment
from service.usecases.cases import (
    allocate_early_help_episode,
    allocate_referral,
    close_early_help_episode,
)
from service.usecases.contacts import (
    acknowledge_referrer,
    assign_contact,
    log_contact,
    triage_contact,
)
from service.usecases.decisions import NewDecision, decide
from service.usecases.information_requests import (
    NewAnswer,
    NewChaser,
    NewInformationRequest,
    answer_information_request,
    ask_agency,
    chase_agency,
    read_late_answer,
)
from service.usecases.multi_agency_referrals import submit_multi_agency_referral
from service.usecases.sign_offs import sign_off
from service.usecases.withdrawals import withdraw_contact

YEAR: Final = 2018
"""The year whose measures were published, and which the demonstration data relive."""

ONE_IN_TYPED_TWICE: Final = 90
"""Of so many contacts of the year one is typed in once more, and that is withdrawn."""


@dataclass(frozen=True, slots=True)
class Month:
    """How much came in a month: contacts accepted as a referral, those of them in time, others."""

    accepted: int
    in_time: int
    others: int


# Volumes of an invented authority, whose share in time is that of the published series. December
# is three times as busy because no smaller number of referrals, rounded to one decimal, gives the
# published 66.6: the police have handed over a backlog of domestic abuse notifications.
MONTHS: Final = (
    Month(94, 78, 41),
    Month(77, 57, 51),
    Month(90, 71, 42),
    Month(82, 67, 48),
    Month(87, 61, 44),
    Month(87, 72, 44),
    Month(85, 59, 46),
    Month(87, 50, 43),
    Month(83, 61, 48),
    Month(84, 62, 49),
    Month(114, 86, 41),
    Month(287, 191, 45),
)
_BACKLOG: Final = 12
_BEFORE: Final = 48

_SOURCES: Final = {
    "6": 26,
    "2A": 19,
    "3A": 4,
    "3B": 4,
    "3C": 2,
    "3D": 2,
    "3E": 5,
    "3F": 2,
    "1A": 8,
    "1B": 5,
    "1C": 3,
    "1D": 2,
    "2B": 3,
    "4": 4,
    "5A": 2,
    "5B": 2,
    "5C": 2,
    "5D": 3,
    "7": 3,
    "8": 4,
    ANONYMOUS: 3,
    "10": 1,
}  # fmt: skip  - a table reads better in rows
_REFERRERS: Final = {
    "1A": ("Grandmother", "Aunt", "Father"),
    "1B": ("Neighbour", "Childminder", "Friend of the family"),
    "1C": ("Mother", "Young person"),
    "1D": ("Passer-by", "Bus driver"),
    "2A": ("Designated safeguarding lead", "Head of year", "Deputy head"),
    "2B": ("Education welfare officer",),
    "3A": ("General practitioner", "Practice nurse"),
    "3B": ("Health visitor",),
    "3C": ("School nurse",),
    "3D": ("Community nurse", "Speech and language therapist"),
    "3E": ("Emergency department sister", "Registrar"),
    "3F": ("Midwife", "Paediatrician"),
    "4": ("Housing officer", "Tenancy support worker"),
    "5A": ("Social worker for adults",),
    "5B": ("Youth justice worker",),
    "5C": ("Duty social worker",),
    "5D": ("Family support worker",),
    "6": ("Response officer", "Neighbourhood officer", "Public protection officer"),
    "7": ("Probation officer", "Court welfare officer"),
    "8": ("Helpline adviser", "Family centre worker"),
    "10": ("Caller who rang off",),
}
_VOICES: Final = {"1": "family", "2": "school", "3": "health", "6": "police"}
_SURNAMES_OF_REFERRERS: Final = (
    "Ambleton",
    "Corriedale",
    "Dunmere",
    "Eastlake",
    "Fairwater",
    "Gullsway",
    "Hollinbeck",
    "Ivelwood",
    "Junipere",
    "Knollys-Reed",
    "Lowtide",
    "Mossbank",
    "Netherfen",
    "Osierton",
)  # fmt: skip  - a table reads better in rows
_HOUR: Final = timedelta(hours=1)
_INITIALS: Final = "ABCDEFGHJKLMNPRSTW"


class NotLoaded(Told):
    """The demonstration data were not loaded; the sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of it. `contacts` is how many were logged; none when they were already there."""

    already_there: bool
    contacts: int


Progress = Callable[[int, int], None]


class _MovableClock:
    """A clock that stands where the story is."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


_NAMED: Final = {
    Role.mash_worker: (
        "Orla Saltmarsh",
        "Benedict Tarnside",
        "Chiamaka Odoriver",
        "Wasim Rainhill",
    ),
    Role.mash_manager: ("Philippa Greywater",),
    Role.head_of_service: ("Marguerite Fellwater",),
    Role.early_help_worker: ("Anneliese Broadfen", "Desmond Kitehill", "Suresh Nadimore"),
    Role.assessment_team_worker: (
        "Gwendolen Stormcroft",
        "Emmanuel Highmere",
        "Tamsin Otterbrook",
        "Zahra Windlesea",
        "Rory Blackwillow",
    ),
}


async def _hire(house: House, policy: Policy) -> People:
    issuer = house.development_issuer
    if issuer is None:
        raise NotLoaded(
            "Demonstration data need the development issuer, which makes the people in them. Set "
            "FRONTDOOR_ENVIRONMENT=development and FRONTDOOR_DEVELOPMENT_ISSUER=true; a service "
            "in use is no place for invented children."
        )

    async def staff(role: Role) -> list[Caller]:
        return [
            await house.caller(issuer.mint(role, name=name))
            for name in (None, *_NAMED.get(role, ()))
        ]

    return People(
        workers=await staff(Role.mash_worker),
        managers=await staff(Role.mash_manager),
        early_help_manager=(await staff(Role.early_help_spoc_manager))[0],
        early_help_workers=await staff(Role.early_help_worker),
        assessment_manager=(await staff(Role.assessment_team_manager))[0],
        assessment_workers=await staff(Role.assessment_team_worker),
        heads=await staff(Role.head_of_service),
        partners={
            one.id: await house.caller(issuer.mint(Role.partner_system, organisation=one.id))
            for one in policy.organisations
        },
    )


@dataclass(frozen=True, slots=True)
class Unborn:
    """An unborn child of today, expected on a day or nobody knows when; `begun`: assessed."""

    expected_on: date | None
    begun: bool = False


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one contact goes: when it comes and is decided, and how far it gets.

    `ends_at` is when the last child is signed off, or would be. What is None is left to chance.
    """

    received_at: datetime
    ends_at: datetime
    outcome: Outcome
    source_code: str
    rating: Rating | None = None
    rated: bool = True
    drafted: bool = True
    signed: bool = True
    returned: bool | None = None
    asks: int | None = None
    answered: bool = True
    acknowledged: bool = True
    assigned: bool = False
    mine: bool = False
    allocated: bool = True
    by_partner: bool | None = None
    sender_reference: str | None = None
    second_thoughts: bool = False
    partly_signed: bool = False
    family: int | None = None
    script: Script | None = None
    basis: StatutoryBasis | None = None
    before_the_year: bool = False
    closes: bool = False
    course: demonstration_protection.Course | None = None
    absence: Absence | None = None
    unborn: Unborn | None = None
    chasers: int = 0
    late_answer: float | None = None
    notified: bool = False
    carried_over_at: tuple[datetime, ...] = ()


@dataclass(slots=True)
class _Scripts:
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
class _Year:
    """What the stories of the year share: scripts, cases, enquiries, and who goes missing."""

    scripts: _Scripts
    caseload: Caseload
    missing: MissingChildren


@dataclass(slots=True)
class _Asked:
    organisation_id: str
    request: InformationRequest
    answered: bool = False


class _Story:
    """One contact, from the call to the day on which the cases that came of it close."""

    def __init__(
        self,
        desk: Desk,
        chance: random.Random,
        plan: _Plan,
        family: Family,
        protection: Protection,
        year: _Year | None = None,
        *,
        twice: bool = False,
    ) -> None:
        self.desk = desk
        self.twice = twice
        self.protection = protection
        self.year = year
        self.chance = chance
        self.plan = plan
        self.family = family
        self.theme = chance.choices(THEMES, [theme.weight for theme in THEMES])[0]
        if plan.notified or (plan.source_code == "6" and chance.random() < 0.6):
            self.theme = next(one for one in THEMES if one.name == "domestic abuse")
        self.worker = desk.people.workers[0] if plan.mine else chance.choice(desk.people.workers)
        self.manager = chance.choice(desk.people.managers)
        self.agency = next(
            (one for one in desk.policy.organisations if plan.source_code in one.source_codes), None
        )
        family.expected += 1
        self.asked: list[_Asked] = []
        self.contact_id = UUID(int=0)
        self.told_as: NewContact | None = None
        self.children: list[Child] = []
        self.outcomes: list[Outcome] = []

    def schedule(self) -> None:
        """Puts the whole story on the desk."""
        plan, chance = self.plan, self.chance
        span = plan.ends_at - plan.received_at
        logging = min(timedelta(minutes=chance.randint(1, 25)), span * 0.05)
        logged_at = plan.received_at + logging
        self.desk.at(logged_at, self._log)
        if self.twice:
            self.desk.at(logged_at + timedelta(minutes=40), self._type_in_again)
        if plan.acknowledged and plan.source_code != ANONYMOUS:
            self.desk.at(self._acknowledged_at(logged_at), self._acknowledge)
        if plan.assigned or plan.mine:
            self.desk.at(logged_at + span * 0.02, self._assign)
        if plan.rated:
            self.desk.at(plan.received_at + span * chance.uniform(0.08, 0.15), self._rate)
        asks = chance.choices((0, 1, 2), (62, 27, 11))[0] if plan.asks is None else plan.asks
        for number, agency in enumerate(self._agencies(asks)):
            self._ask_at(plan.received_at + span * (0.2 + 0.02 * number), agency)
        if plan.drafted:
            returned = chance.random() < 0.06 if plan.returned is None else plan.returned
            if returned:
                self.desk.at(plan.received_at + span * 0.6, self._draft_and_have_returned)
            if plan.signed or not returned:
                self.desk.at(plan.received_at + span * chance.uniform(0.8, 0.9), self._draft_all)

    def _acknowledged_at(self, logged_at: datetime) -> datetime:
        received_at = self.plan.received_at
        if self.chance.random() < 0.87:
            return between(self.chance, logged_at, received_at + timedelta(hours=20))
        return between(
            self.chance, received_at + timedelta(days=2), received_at + timedelta(days=5)
        )

    def _agencies(self, count: int) -> list[Organisation]:
        others = [one for one in self.desk.policy.organisations if one is not self.agency]
        return self.chance.sample(others, min(count, len(others)))

    @property
    def known(self) -> int:
        """How many other contacts about the family are on file now."""
        return self.family.contacts - 1

    def _words(self, texts: Sequence[str]) -> str:
        return self._said(self.chance.choice(texts))

    def _said(self, text: str) -> str:
        said = text.format(child=self.family.called, parent=self.family.parent)
        return said[:1].upper() + said[1:]

    def _concern(self) -> str:
        opening = OPENINGS[_VOICES.get(self.plan.source_code[0], "agency")]
        said = [self._words(opening)]
        if any(one.told.birth_knowledge is BirthKnowledge.unborn for one in self.family.children):
            said.append(self._words(UNBORN))
        count = min(self.chance.choice((1, 2, 2)), len(self.theme.seen))
        said += [self._said(text) for text in self.chance.sample(self.theme.seen, count)]
        said.append(self._words(self.theme.more))
        return " ".join(said)

    def _told(self) -> NewContact:
        plan, chance = self.plan, self.chance
        anonymous = plan.source_code == ANONYMOUS
        agreement = chance.choices(list(AgreementState), (46, 12, 2, 25, 15))[0]
        withheld = agreement in (AgreementState.refused, AgreementState.not_sought)
        self.family.grown(london_date(plan.received_at))
        role = None if anonymous else chance.choice(_REFERRERS[plan.source_code])
        channel = Channel.telephone
        if self.agency is not None:
            channel = chance.choice((Channel.email, Channel.portal, Channel.telephone))
        elif chance.random() < 0.15:
            channel = chance.choice((Channel.in_person, Channel.letter))
        named = not anonymous and plan.source_code != "10"
        return NewContact(
            concern=self._concern(),
            source_code=plan.source_code,
            channel=channel,
            received_at=plan.received_at,
            immediate_danger=plan.rating is Rating.red and chance.random() < 0.3,
            children=self.family.tell(),
            adults=self.family.adults,
            referrer_name=f"{chance.choice(_INITIALS)}. {chance.choice(_SURNAMES_OF_REFERRERS)}"
            if named
            else None,
            referrer_role=role,
            referrer_agency=None if self.agency is None else self.agency.name,
            referrer_telephone=f"01632 960{chance.randrange(200, 1000)}"
            if named and chance.random() < 0.8
            else None,
            agreement=agreement,
            agreement_note="Asked by the referrer." if agreement is AgreementState.given else None,
            lawful_basis=chance.choice((LawfulBasis.public_task, LawfulBasis.legal_obligation))
            if plan.source_code not in SELF_REFERRALS
            else None,
            sharing_reason=self._words(NO_AGREEMENT) if withheld else None,
            address=self.family.address,
            town=self.family.town,
            postcode=self.family.postcode,
            sender_reference=plan.sender_reference,
        )

    async def _type_in_again(self, work: Work) -> None:
        """A colleague types in what is on file; it is withdrawn, for the first keeps the worry."""
        if self.told_as is None:
            raise LookupError("nothing was told yet")
        others = [one for one in self.desk.people.workers if one is not self.worker]
        children = await contacts.children(work, self.contact_id)
        new = replace(
            self.told_as,
            channel=Channel.telephone,
            sender_reference=None,
            children=[
                replace(told, person_id=child.person_id)
                for told, child in zip(self.told_as.children, children, strict=True)
            ],
        )
        again = (await log_contact(work, others[0], new)).contact
        withdrawal = NewWithdrawal(
            WithdrawalReason.duplicate, TYPED_IN_TWICE, repeats_id=self.contact_id
        )
        await withdraw_contact(work, others[0], again.id, again.version, withdrawal)
        self.desk.logged += 1

    async def _log(self, work: Work) -> None:
        new = self.told_as = self._told()
        by_partner = self.plan.by_partner
        if by_partner is None:
            by_partner = self.chance.random() < 0.3
        if self.plan.notified and self.agency is not None:
            file: Any = await notify(work, self.desk, self.chance, self.agency.id, new)
        elif self.agency is not None and by_partner:
            partner = self.desk.people.partners[self.agency.id]
            file = await submit_multi_agency_referral(work, partner, new)
        else:
            file = await log_contact(work, self.worker, new)
        self.contact_id = file.contact.id
        self.children = list(file.children)
        self.family.contacts += 1
        for member, child in zip(self.family.children, self.children, strict=True):
            member.person_id = child.person_id
            member.known_as.add(child.person_id)
            self._await_birth(member, child.person_id)
        if self.year is not None:
            self.year.missing.hear_of(work.now, self.children)
        if self.plan.absence is not None:
            gone = max(self.children, key=lambda one: _is_teenager(one, work.now))
            missing = Missing(self.desk, self.chance)
            missing.follow(self.contact_id, gone.id, self.plan.absence)
        for instant in self.plan.carried_over_at:
            self.desk.at(instant, self._carry_over)
        self.outcomes = [self._outcome_of(position) for position in range(len(self.children))]
        self.desk.logged += 1

    def _await_birth(self, member: FamilyChild, person_id: UUID) -> None:
        """Has the birth recorded of a child who is expected in the year."""
        expected_on = expected(member)
        if expected_on is None or self.year is None:
            return
        born_at = london_midnight(expected_on) + timedelta(days=self.chance.uniform(-4, 6))

        async def birth(work: Work) -> None:
            await be_born(work, self.desk, self.chance, member, person_id)

        self.desk.at(born_at, birth)

    async def _carry_over(self, work: Work) -> None:
        await carry_over(work, self.desk, self.children)

    def _outcome_of(self, position: int) -> Outcome:
        """Siblings may part ways; the first child goes the way of the contact."""
        if position == 0 or self.chance.random() < 0.7:
            return self.plan.outcome
        if self.plan.outcome is Outcome.referral:
            return self.chance.choice((Outcome.early_help, Outcome.no_further_action))
        return Outcome.information_and_advice

    async def _version(self, work: Work) -> int:
        """The version that the contact has now: whoever changes it has just read it."""
        return (await contacts.get(work, self.worker, self.contact_id)).version

    async def _acknowledge(self, work: Work) -> None:
        words = self._words(ACKNOWLEDGED)
        await acknowledge_referrer(
            work, self.worker, self.contact_id, await self._version(work), words
        )

    async def _assign(self, work: Work) -> None:
        await assign_contact(
            work, self.worker, self.contact_id, await self._version(work), self.worker.account_id
        )

    async def _rate(self, work: Work) -> None:
        rating = self.plan.rating
        if rating is None:
            grave = self.plan.outcome is Outcome.referral
            rating = self.chance.choices(list(Rating), (25, 60, 15) if grave else (4, 41, 55))[0]
        words = RATED[rating]
        await triage_contact(
            work, self.worker, self.contact_id, await self._version(work), rating, words
        )

    def _ask_at(self, instant: datetime, agency: Organisation) -> None:
        async def ask(work: Work) -> None:
            request = await ask_agency(
                work,
                self.worker,
                self.contact_id,
                NewInformationRequest(
                    organisation_id=agency.id,
                    purpose=self._words(PURPOSES),
                    lawful_basis=LawfulBasis.public_task,
                    scope=self.chance.choice(list(InformationScope)),
                    questions=self.chance.choice(QUESTIONS),
                ),
            )
            asked = _Asked(agency.id, request)
            self.asked.append(asked)
            if self.plan.late_answer is not None:
                answered_at = self.desk.until - timedelta(hours=self.plan.late_answer)
                self._answer_at(answered_at, asked)
            elif self.plan.answered:
                self._answer(asked, instant)
            left = self.desk.until - instant
            for number in range(self.plan.chasers):
                self._chase_at(instant + left * (0.3 + 0.3 * number), asked)

        self.desk.at(instant, ask)

    def _answer(self, asked: _Asked, asked_at: datetime) -> None:
        """In time for the most part, sometimes late, and now and then after the decision."""
        rest = self.plan.ends_at - asked_at
        answered_at = asked_at + rest * self.chance.uniform(0.05, 0.6)
        if self.chance.random() < 0.18:
            answered_at = between(
                self.chance, asked_at + timedelta(hours=25), asked_at + timedelta(days=6)
            )
            if self.chance.random() < 0.6:
                self._chase_at(asked_at + timedelta(hours=self.chance.uniform(7, 22)), asked)
        self._answer_at(answered_at, asked)

    def _chase_at(self, instant: datetime, asked: _Asked) -> None:
        async def chase(work: Work) -> None:
            if asked.answered:
                return
            how = self.chance.choice(list(ChaserMeans))
            spoken_to = None if how is ChaserMeans.email else "The duty desk"
            asked.request = await chase_agency(
                work,
                self.worker,
                asked.request.id,
                NewChaser(how, spoken_to, self._words(CHASED)),
            )

        self.desk.at(instant, chase)

    def _answer_at(self, answered_at: datetime, asked: _Asked) -> None:
        async def answer(work: Work) -> None:
            kind = self.chance.choices(list(AnswerKind), (30, 15, 52, 3))[0]
            information = None
            if kind is AnswerKind.information:
                information = self._words(ANSWERS)
            elif kind is AnswerKind.declined:
                information = DECLINED
            who = self.worker
            if self.chance.random() < 0.4:
                who = self.desk.people.partners[asked.organisation_id]
            answered = await answer_information_request(
                work, who, asked.request.id, asked.request.version, NewAnswer(kind, information)
            )
            asked.answered = True
            if answered.unread_since is not None and self.plan.late_answer is None:
                asked.request = answered
                self.desk.at(work.now + timedelta(hours=self.chance.uniform(0.5, 20)), read)

        async def read(work: Work) -> None:
            await read_late_answer(
                work,
                self.worker,
                asked.request.id,
                asked.request.version,
                self._words(LATE_ANSWER_READ),
            )

        self.desk.at(answered_at, answer)

    def _account_of_agencies(self) -> list[AgencyAsked]:
        lines = [
            AgencyAsked(
                one.organisation_id,
                asked=True,
                answered=one.answered,
                reason=None if one.answered else self._words(NOT_ANSWERED),
            )
            for one in self.asked
        ]
        asked = {one.organisation_id for one in self.asked}
        left = [one for one in self.desk.policy.organisations if one.id not in asked]
        if left:
            reason = self._words(NOT_ASKED)
            lines.append(AgencyAsked(self.chance.choice(left).id, False, False, reason))
        return lines

    def _prompts(self, child: Child) -> list[PromptAnswer]:
        lines: list[PromptAnswer] = []
        for prompt in self.desk.policy.decision_prompts:
            if prompt.key == "child_voice":
                answers: Sequence[str] = self.theme.voice
                unknown: Sequence[str] = VOICE_NOT_KNOWN
                if child.birth_knowledge is BirthKnowledge.unborn:
                    answers, unknown = VOICE_OF_THE_UNBORN, ()
            else:
                answers, unknown = PROMPTS.get(prompt.key, ((PROMPT_OF_ANOTHER_POLICY,), ()))
            if unknown and self.chance.random() < 0.2:
                lines.append(PromptAnswer(prompt.key, None, self._words(unknown)))
            else:
                lines.append(PromptAnswer(prompt.key, self._words(answers), None))
        return lines

    def _decision(self, child: Child, outcome: Outcome) -> NewDecision:
        chance, theme = self.chance, self.theme
        referral = outcome is Outcome.referral
        scored = theme.tool is not None and chance.random() < 0.6
        earlier = counted(self.known, "earlier contact")
        return NewDecision(
            child_id=child.id,
            level_of_need=_level(chance, outcome),
            outcome=outcome,
            rationale=self._rationale(outcome),
            statutory_basis=(self.plan.basis or _basis(chance, theme)) if referral else None,
            primary_need_code=theme.need if referral or chance.random() < 0.5 else None,
            history_considered=chance.choice(HISTORY).format(count=earlier) if self.known else None,
            last_closed_because=self._words(LAST_CLOSED) if self.known else None,
            agencies=self._account_of_agencies(),
            prompts=self._prompts(child),
            assessment_tool=theme.tool if scored else None,
            assessment_score=f"{chance.randint(2, 5)} for physical care" if scored else None,
            advice_given=self._words(ADVICE) if outcome is Outcome.information_and_advice else None,
        )

    def _rationale(self, outcome: Outcome) -> str:
        """The facts, why they meet the threshold or do not, and what follows."""
        referral = outcome is Outcome.referral
        return " ".join(
            (
                self._words((*self.theme.seen, *self.theme.more)),
                self._words(self.theme.meets if referral else self.theme.falls_short),
                self._words(NEXT[outcome]),
            )
        )

    async def _say_whose(self, work: Work, child: Child) -> Child:
        """Answers whether those on file who may be the child are the same, as the family knows."""
        place = next(place for place, one in enumerate(self.children) if one.id == child.id)
        member = self.family.children[place]
        after = await say_whose(work, self.worker, member, child)
        member.person_id = after.person_id
        self.children[place] = after
        return after

    async def _draft(self, work: Work, child: Child, outcome: Outcome) -> Decision:
        child = await self._say_whose(work, child)
        if outcome is Outcome.early_help and await open_to_social_care(work, child.person_id):
            # Early help takes over from social care by a step-down alone.
            outcome = Outcome.information_and_advice
        new = self._decision(child, outcome)
        return await decide(work, self.worker, self.contact_id, new)

    async def _answer_draft(
        self, work: Work, draft: Decision, *, agreed: bool, words: Sequence[str]
    ) -> None:
        await sign_off(
            work, self.manager, draft.id, draft.version, agreed=agreed, words=self._words(words)
        )

    async def _draft_and_have_returned(self, work: Work) -> None:
        child = self.children[0]
        draft = await self._draft(work, child, self.outcomes[0])
        span = self.plan.ends_at - self.plan.received_at

        async def send_back(work: Work) -> None:
            await self._answer_draft(work, draft, agreed=False, words=RETURNED)

        self.desk.at(self.plan.received_at + span * 0.7, send_back)

    async def _draft_all(self, work: Work) -> None:
        drafts = [
            await self._draft(work, child, outcome)
            for child, outcome in zip(self.children, self.outcomes, strict=True)
        ]
        if not self.plan.signed:
            return
        drafted_at = work.now
        for position, draft in enumerate(drafts[1:] if self.plan.partly_signed else drafts):
            before_the_end = timedelta(minutes=2 * position)
            self._sign_at(max(drafted_at, self.plan.ends_at - before_the_end), draft)
        self.desk.at(self.plan.ends_at, self._look_for_cases)

    def _sign_at(self, instant: datetime, draft: Decision) -> None:
        async def sign(work: Work) -> None:
            waiting = draft
            if draft.supersedes_id is not None and not await self._may_be_superseded(
                work, draft.person_id
            ):
                # Meanwhile another contact has led to a meeting about the child.
                await self._answer_draft(work, draft, agreed=False, words=OVERTAKEN)
                return
            if draft.outcome is Outcome.early_help and await open_to_social_care(
                work, draft.person_id
            ):
                # Meanwhile social care has taken the child on, by another contact.
                await self._answer_draft(work, draft, agreed=False, words=TAKEN_ON)
                child = next(one for one in self.children if one.id == draft.child_id)
                waiting = await self._draft(work, child, Outcome.early_help)
            await self._answer_draft(work, waiting, agreed=True, words=AGREED)

        self.desk.at(instant, sign)

    async def _look_for_cases(self, work: Work) -> None:
        """Once all is signed: what was opened is allocated, in its time, and closed one day."""
        if self.plan.second_thoughts:
            self.desk.at(work.now + timedelta(hours=self.chance.randint(4, 30)), self._think_again)
        elif self.plan.allocated:
            await self._give_out(work)
        else:
            await self._protect(work)

    async def _protect(self, work: Work) -> None:
        """Has those looked into who may be at risk of significant harm."""
        found = await self.protection.look_at(
            work,
            [child.person_id for child in self.children],
            DANGERS[self.theme.name],
            self.plan.course,
        )
        for referral in found:
            if self.year is not None and referral.contact_id != self.contact_id:
                # It was open before, and may have been assessed: nothing else would end it now.
                self.year.caseload.close_some_day(referral, work.now)

    async def _taken_on(self, work: Work, case: EarlyHelpEpisode) -> None:
        """Social care has taken a child on by a step-up: it may be at risk, and closes one day."""
        await self.protection.look_at(work, [case.person_id], DANGERS[self.theme.name])
        answers = await accountabilities.of_person(work, case.person_id)
        if self.year is not None and answers is not None and answers.referral_id is not None:
            manager = self.desk.people.assessment_manager
            referral = await REFERRALS.get(work, manager, answers.referral_id)
            self.year.caseload.close_some_day(referral, referral.accepted_at)

    async def _think_again(self, work: Work) -> None:
        """A changed mind is a new decision, signed like the first: it is now section 47."""
        opened = await REFERRALS.of_contact(work, self.contact_id)
        if not opened:
            # The child was open already, and the decision joined that referral.
            await self._give_out(work)
            return
        first = opened[0]
        if not await self._may_be_superseded(work, first.person_id):
            await self._give_out(work)
            return
        child = next(one for one in self.children if one.id == first.child_id)
        child = await self._say_whose(work, child)
        new = NewDecision(
            child_id=child.id,
            level_of_need=LevelOfNeed.statutory,
            outcome=Outcome.referral,
            statutory_basis=StatutoryBasis.section_47,
            primary_need_code=self.theme.need,
            rationale=self._words(SECOND_THOUGHTS),
            history_considered=f"{max(1, self.known)} on file, read again." if self.known else None,
            last_closed_because=self._words(LAST_CLOSED) if self.known else None,
            agencies=self._account_of_agencies(),
            prompts=self._prompts(child),
            supersedes_id=first.decision_id,
            supersedes_because="What has become known since changes the basis.",
        )
        draft = await decide(work, self.worker, self.contact_id, new)
        self._sign_at(work.now + timedelta(minutes=40), draft)
        self.desk.at(work.now + timedelta(minutes=40), self._give_out)

    async def _may_be_superseded(self, work: Work, person_id: UUID) -> bool:
        """Whether nothing is under way for a child that keeps a decision as it is."""
        try:
            await refuse_while_protection_is_under_way(work, person_id)
        except ProtectionUnderWay:
            return False
        return True

    async def _give_out(self, work: Work) -> None:
        await self._protect(work)
        for referral in await REFERRALS.of_contact(work, self.contact_id):
            if referral.closed_at is None:
                self._allocate_referral_of(referral)
        for episode in await EPISODES.of_contact(work, self.contact_id):
            if episode.closed_at is None:
                self._allocate_episode_of(episode)

    def _allocated_at(self, case: Referral | EarlyHelpEpisode) -> datetime:
        """Four in five within the five working days; the others up to a fortnight over."""
        accepted_at = case.accepted_at
        if self.plan.script is not None:
            return accepted_at + timedelta(hours=3)
        if _grave(case):
            return accepted_at + timedelta(hours=self.chance.uniform(0.5, 4))
        limit = self.desk.policy.calendar.add_working_days(london_date(accepted_at), 5)
        due_at = london_midnight(limit)
        if self.chance.random() < 0.83:
            return between(self.chance, accepted_at + timedelta(hours=2), due_at)
        late = due_at + timedelta(days=1)
        return between(self.chance, late, late + timedelta(days=14))

    def _begin_course(self, work: Work, case: Referral | EarlyHelpEpisode) -> bool:
        """Has the child take a way of its own between early help and social care, if it is to."""
        script = self.plan.script if case.child_id == self.children[0].id else None
        if script is None and self.year is not None and not self.plan.before_the_year:
            script = self.year.scripts.deal(self.chance, case)
        if script is None:
            return False
        Course(self.desk, self.chance, script, case, self._decide_anew, self._taken_on).begin(work)
        return True

    async def _decide_anew(self, work: Work, decision_id: UUID) -> None:
        """Carries out what a challenge led to: advice in place of early help."""
        old = await decisions.get(work, self.manager, decision_id)
        child = next(one for one in self.children if one.id == old.child_id)
        child = await self._say_whose(work, child)
        await refuse_while_protection_is_under_way(work, child.person_id)
        new = replace(
            self._decision(child, Outcome.information_and_advice),
            supersedes_id=old.id,
            supersedes_because="The challenge of the decision led to this change.",
            history_considered=HISTORY[0].format(count="What is on file"),
            last_closed_because=self._words(LAST_CLOSED),
        )
        draft = await decide(work, self.worker, self.contact_id, new)
        await self._answer_draft(work, draft, agreed=True, words=AGREED)

    def _allocate_referral_of(self, referral: Referral) -> None:
        people, chance = self.desk.people, self.chance
        teams = [team.id for team in self.desk.policy.teams if "referral" in team.accepts]

        async def allocate(work: Work) -> None:
            found = await REFERRALS.get(work, people.assessment_manager, referral.id)
            if found.state is not CaseState.awaiting_allocation:
                return
            worker = chance.choice(people.assessment_workers)
            found = await allocate_referral(
                work,
                people.assessment_manager,
                found.id,
                found.version,
                worker.account_id,
                chance.choice(teams),
            )
            self._go_on(work, found, worker)

        planned_at = self._allocated_at(referral)
        if self.year is None or _grave(referral):
            self.desk.at(planned_at, allocate)
        else:
            self.year.caseload.wait(referral, planned_at, allocate)

    def _go_on(self, work: Work, referral: Referral, worker: Caller) -> None:
        """What becomes of a case once somebody has it."""
        began = self._begin_course(work, referral)
        if self.year is not None and began:
            self.year.caseload.close_some_day(referral, referral.accepted_at)
        elif self.year is not None:
            danger = DANGERS[self.theme.name]
            self.year.caseload.take_on(work, referral, danger, worker, first=_grave(referral))
        elif self.plan.closes:
            closing = Closing(self.desk, self.chance, referral.id, "RC7", CEASED)
            closing.at(work.now + timedelta(days=self.chance.uniform(10, 30)))
        elif self.plan.unborn is not None and self.plan.unborn.begun:

            async def begin(work: Work) -> None:
                await begin_assessment(work, worker, referral.id)

            self.desk.at(work.now + timedelta(hours=30), begin)

    def _allocate_episode_of(self, episode: EarlyHelpEpisode) -> None:
        people, chance = self.desk.people, self.chance

        async def allocate(work: Work) -> None:
            found = await EPISODES.get(work, people.early_help_manager, episode.id)
            if found.state is not CaseState.awaiting_allocation:
                return
            await allocate_early_help_episode(
                work,
                people.early_help_manager,
                found.id,
                found.version,
                chance.choice(people.early_help_workers).account_id,
                None,
            )
            if not self._begin_course(work, found) and chance.random() < 0.6:
                self.desk.at(
                    between(chance, work.now + timedelta(days=30), work.now + timedelta(days=120)),
                    close,
                )

        async def close(work: Work) -> None:
            manager = people.early_help_manager
            found = await EPISODES.get(work, manager, episode.id)
            if found.state is CaseState.allocated:
                code = chance.choice(sorted(EPISODE_ENDED))
                await close_early_help_episode(
                    work,
                    manager,
                    found.id,
                    found.version,
                    EpisodeClosure(code),
                    EPISODE_ENDED[code],
                )

        self.desk.at(self._allocated_at(episode), allocate)


def _grave(case: Referral | EarlyHelpEpisode) -> bool:
    """Whether a child may be at risk of significant harm."""
    return isinstance(case, Referral) and case.statutory_basis is StatutoryBasis.section_47


def _is_teenager(child: Child, at: datetime) -> bool:
    return child.date_of_birth is not None and _teenager(child.date_of_birth, london_date(at))


def _teenager(born_on: date, on: date) -> bool:
    return 11 * 365 <= (on - born_on).days <= 17 * 365


async def open_to_social_care(work: Work, person_id: UUID) -> bool:
    """Whether social care answers for a child now."""
    answers = await accountabilities.of_person(work, person_id)
    return answers is not None and answers.service is CareService.social_care


def _level(chance: random.Random, outcome: Outcome) -> LevelOfNeed:
    if outcome is Outcome.referral:
        return LevelOfNeed.statutory
    if outcome is Outcome.early_help:
        return chance.choice((LevelOfNeed.additional, LevelOfNeed.targeted))
    return chance.choice((LevelOfNeed.universal, LevelOfNeed.additional))


def _basis(chance: random.Random, theme: Theme) -> StatutoryBasis:
    grave = chance.random() < theme.grave
    return StatutoryBasis.section_47 if grave else StatutoryBasis.section_17


def _received_at(chance: random.Random, begins: date) -> datetime:
    """An instant in a London month: more by day than by night, and fewer at weekends."""
    days = (day_months_later(begins, 1) - begins).days
    while True:
        day = begins + timedelta(days=chance.randrange(days))
        if day.weekday() < 5 or chance.random() < 0.45:
            break
    hour = chance.choices(
        range(24), (1, 1, 1, 1, 1, 1, 2, 4, 9, 12, 13, 12, 9, 11, 13, 14, 11, 8, 5, 4, 3, 3, 2, 2)
    )[0]
    seconds = hour * 3600 + chance.randrange(3600)
    local = datetime(day.year, day.month, day.day, tzinfo=LONDON) + timedelta(seconds=seconds)
    return local.astimezone(UTC)


def _ends_at(chance: random.Random, received_at: datetime, *, in_time: bool) -> datetime:
    first, last = (2.0, 23.5) if in_time else (24.5, 110.0)
    return between(
        chance, received_at + timedelta(hours=first), received_at + timedelta(hours=last)
    )


def _year(chance: random.Random, year: int) -> list[_Plan]:
    """Every contact of the year, in the order in which they come."""
    plans: list[_Plan] = []
    for number, month in enumerate(MONTHS, start=1):
        weights = dict(_SOURCES)
        if number == _BACKLOG:
            weights["6"] *= 5
        for position in range(month.accepted + month.others):
            accepted = position < month.accepted
            in_time = position < month.in_time if accepted else chance.random() < 0.8
            received_at = _received_at(chance, date(year, number, 1))
            outcome = Outcome.referral
            if not accepted:
                outcome = chance.choices(
                    (
                        Outcome.no_further_action,
                        Outcome.information_and_advice,
                        Outcome.early_help,
                    ),
                    (42, 24, 34),
                )[0]
            plans.append(
                _Plan(
                    received_at,
                    _ends_at(chance, received_at, in_time=in_time),
                    outcome,
                    chance.choices(list(weights), list(weights.values()))[0],
                    second_thoughts=accepted and chance.random() < 0.012,
                )
            )
    plans.sort(key=lambda plan: plan.received_at)
    return plans


def _before(chance: random.Random, year: int) -> list[_Plan]:
    """Referrals of the autumn before, whose assessments are due when the year begins."""
    begins = london_midnight(date(year - 1, 10, 2))
    plans = []
    for _ in range(_BEFORE):
        received_at = between(chance, begins, begins + timedelta(days=88))
        grave = received_at > begins + timedelta(days=66) and chance.random() < 0.6
        plans.append(
            _Plan(
                received_at,
                _ends_at(chance, received_at, in_time=chance.random() < 0.75),
                Outcome.referral,
                chance.choices(list(_SOURCES), list(_SOURCES.values()))[0],
                basis=StatutoryBasis.section_47 if grave else StatutoryBasis.section_17,
                before_the_year=True,
            )
        )
    return sorted(plans, key=lambda plan: plan.received_at)


def _recent(chance: random.Random, now: datetime) -> list[_Plan]:
    """Contacts of the last months, all finished, whose families come again on the live desk."""
    plans = []
    for family, days in enumerate((300, 240, 190, 150, 110, 80, 60, 45)):
        received_at = now - timedelta(days=days, minutes=chance.randrange(600))
        outcome = (Outcome.referral, Outcome.early_help, Outcome.information_and_advice)[family % 3]
        ends_at = _ends_at(chance, received_at, in_time=family % 4 != 3)
        source = chance.choice(("2A", "6", "3B", "1A"))
        plans.append(
            _Plan(
                received_at,
                ends_at,
                outcome,
                source,
                family=family,
                basis=StatutoryBasis.section_17,
                closes=True,
            )
        )
    return plans


def _live(chance: random.Random, now: datetime) -> list[_Plan]:
    """The desk of today: open contacts in every state, and cases that wait for a worker."""
    plans: list[_Plan] = []
    base = _Plan(now, now, Outcome.referral, "10", basis=StatutoryBasis.section_17)

    def came(
        like: _Plan, hours_ago: float, source_code: str, *, span: float = 1.0, **given: Any
    ) -> None:
        """A contact that came so long ago; its story, `span` times as long, is told until now."""
        received_at = now - timedelta(hours=hours_ago)
        given.setdefault("acknowledged", chance.random() < 0.6)
        given.setdefault("assigned", like.rated and chance.random() < 0.6)
        plans.append(
            replace(
                like,
                received_at=received_at,
                ends_at=received_at + timedelta(hours=hours_ago * span),
                source_code=source_code,
                **given,
            )
        )

    new = replace(base, rated=False, drafted=False, asks=0)
    for hours, source in ((0.4, "6"), (1.1, "2A"), (2.6, "3E"), (4.2, "1B"), (7, "9"), (11, "6")):
        came(new, hours, source, by_partner=source in ("6", "3E"))
    came(new, 16, "3F", family=0)
    came(new, 22.4, "2A", by_partner=True)
    came(new, 27, "4", by_partner=False)
    came(new, 49, "1A", family=1)

    red = replace(base, rating=Rating.red, drafted=False, asks=0)
    came(red, 5.5, "6", by_partner=True)
    came(red, 8.5, "3E", mine=True)
    came(red, 30, "2A", family=2)
    amber = replace(red, rating=Rating.amber)
    came(amber, 20.6, "3B", mine=True)
    came(amber, 21.8, "2A", by_partner=True)
    came(amber, 23.2, "7", family=3)
    green = replace(red, rating=Rating.green)
    came(green, 26, "5D", mine=True)
    came(green, 41, "8")

    asking = replace(base, drafted=False, answered=False, rating=Rating.amber, asks=1)
    came(asking, 3, "6", rating=Rating.red, asks=2, by_partner=True)
    came(asking, 5, "2A", mine=True)
    came(asking, 9, "3A", asks=2, chasers=1)
    came(asking, 14, "1C", rating=Rating.green, family=4)
    came(asking, 26, "2B", chasers=2)
    came(asking, 34, "3D", asks=2, chasers=2)
    late = replace(base, outcome=Outcome.information_and_advice, returned=False, asks=1)
    came(late, 34, "2A", span=0.6, late_answer=3.0, answered=False)
    came(late, 75, "3B", span=0.25, late_answer=28.0, answered=False)

    # Two people within a week about the same children.
    came(green, 60, "2A", family=20)
    came(green, 6.2, "1B", family=20)
    came(amber, 80, "3A", family=21, span=1.4)
    came(new, 3.3, "2A", family=21)

    waiting = replace(base, signed=False, returned=False, basis=None)
    came(waiting, 5, "6", span=1.05, rating=Rating.red, by_partner=True)
    came(waiting, 10, "2A", span=1.05, asks=1)
    came(waiting, 18, "3C", span=1.05, outcome=Outcome.early_help)
    came(waiting, 23.6, "5B", span=1.05, outcome=Outcome.no_further_action, family=5)
    came(waiting, 29, "10", span=1.05, outcome=Outcome.information_and_advice)
    sent_back = replace(base, signed=False, returned=True)
    came(sent_back, 12, "2A", span=1.2)
    came(sent_back, 28, "6", span=1.2, family=6)
    partly = replace(base, partly_signed=True, returned=False)
    came(partly, 15, "3B", span=0.97)
    came(partly, 25, "6", span=0.97)

    cases = replace(base, allocated=False, acknowledged=True, returned=False)
    for days, outcome in (
        (0.9, Outcome.referral),
        (1.6, Outcome.referral),
        (2.3, Outcome.early_help),
        (3.1, Outcome.referral),
        (4.2, Outcome.early_help),
        (5.3, Outcome.referral),
        (8.4, Outcome.early_help),
        (9.5, Outcome.referral),
        (12.2, Outcome.referral),
        (13.7, Outcome.early_help),
    ):
        source = chance.choice(("6", "2A", "3B", "1A", "3E"))
        span = min(0.9, 20 / (days * 24))
        came(cases, days * 24, source, span=span, outcome=outcome, acknowledged=True)
    return [
        *plans,
        *_on_their_way(chance, now),
        *_in_danger(chance, now),
        *_away(chance, now),
        *_expected(chance, now),
    ]


def _decided(
    chance: random.Random, now: datetime, hours_ago: float, hours: float, **given: Any
) -> _Plan:
    """A contact of today that was decided so long ago, so many hours after it came."""
    ends_at = now - timedelta(hours=hours_ago)
    return _Plan(
        received_at=ends_at - timedelta(hours=hours),
        ends_at=ends_at,
        source_code=chance.choice(("6", "2A", "3B", "1A", "3E")),
        **{
            "outcome": Outcome.referral,
            "basis": StatutoryBasis.section_17,
            "returned": False,
            "asks": 0,
            **given,
        },
    )


def _in_danger(chance: random.Random, now: datetime) -> list[_Plan]:
    """Children of today who may be at risk of significant harm, at every step, some late."""
    return [
        _decided(
            chance,
            now,
            course["decided"],
            chance.uniform(2, 8),
            basis=StatutoryBasis.section_47,
            rating=Rating.red,
            course=course,
        )
        for course in demonstration_protection.NOW
    ]


def _away(chance: random.Random, now: datetime) -> list[_Plan]:
    """Children of today who are missing, or were."""
    plans = []
    for absence in demonstration_children.NOW:
        came = absence["missing"] - 0.7
        hours = min(19.0, came * 0.9)
        outcome = chance.choice((Outcome.early_help, Outcome.referral))
        plans.append(
            _decided(
                chance,
                now,
                came - hours,
                hours,
                outcome=outcome,
                absence=absence,
                drafted=came > 24,
            )
        )
    return plans


def _expected(chance: random.Random, now: datetime) -> list[_Plan]:
    """Unborn children of today, by the week of pregnancy."""

    def at(weeks: int, *, begun: bool = False) -> Unborn:
        """So many weeks on today."""
        expected_on = london_date(now) + timedelta(weeks=TERM_IN_WEEKS - weeks, days=-3)
        return Unborn(expected_on, begun)

    return [
        _decided(chance, now, 24 * days, chance.uniform(5, 20), unborn=unborn)
        for days, unborn in (
            (3, Unborn(None)),
            (6, at(18)),
            (14, at(24)),
            (13, at(24, begun=True)),
            (26, at(33)),
            (29, at(33, begun=True)),
            (20, at(40)),
        )
    ]


def _notified(chance: random.Random, policy: Policy, now: datetime) -> list[_Plan]:
    """Police notifications: those of today's daily meeting, and two carried over to it."""
    day = london_date(now)
    closes = cut_off(policy, day).astimezone(UTC)
    if not policy.is_working_day(day) or now < closes + timedelta(hours=1):
        closes = now - timedelta(hours=1)
    closed = _closed_before(policy, day)
    closed_earlier = _closed_before(policy, london_date(closed))
    base = _Plan(now, now, Outcome.referral, "6", notified=True, asks=0, returned=False)
    plans = []
    for number in range(15):
        received_at = closes - timedelta(
            hours=chance.uniform(0.5, min(20, (closes - closed) / _HOUR))
        )
        ends_at = closes + (now - closes) * (0.2 + 0.05 * number)
        plan = replace(base, received_at=received_at, ends_at=ends_at, acknowledged=number < 8)
        if number < 5:
            outcome = (Outcome.information_and_advice, Outcome.early_help, Outcome.referral)
            plan = replace(plan, outcome=outcome[number % 3], basis=StatutoryBasis.section_17)
        elif number < 7:
            plan = replace(plan, signed=False, ends_at=now + timedelta(minutes=30))
        else:
            plan = replace(plan, drafted=False, rated=number < 11, ends_at=now)
        plans.append(plan)
    # One was carried over to today, and one to yesterday and again.
    carried = replace(base, ends_at=now, drafted=False)
    heard = timedelta(hours=2)
    for meetings in ((closed,), (closed_earlier, closed)):
        plans.append(
            replace(
                carried,
                received_at=meetings[0] - timedelta(hours=3),
                carried_over_at=tuple(one + heard for one in meetings),
            )
        )
    return plans


def _closed_before(policy: Policy, day: date) -> datetime:
    """When the agenda of the last working day before a day closed."""
    before = day - timedelta(days=1)
    while not policy.is_working_day(before):
        before -= timedelta(days=1)
    return cut_off(policy, before).astimezone(UTC)


def _on_their_way(chance: random.Random, now: datetime) -> list[_Plan]:
    """Children who are between early help and social care today, at every step, some late."""
    base = _Plan(now, now, Outcome.referral, "10", returned=False, asks=0)
    plans: list[_Plan] = []
    for outcome, scripts in (
        (Outcome.early_help, (*NOW_UP, *NOW_DISPUTED)),
        (Outcome.referral, NOW_DOWN),
    ):
        for script in scripts:
            first = script.moves[0].hours_ago or 0
            received_at = now - timedelta(hours=first + 24 * chance.randint(3, 9))
            plans.append(
                replace(
                    base,
                    received_at=received_at,
                    ends_at=received_at + timedelta(hours=chance.randint(9, 20)),
                    outcome=outcome,
                    source_code=chance.choice(("6", "2A", "3B", "1A", "3E")),
                    script=script,
                    basis=StatutoryBasis.section_17,
                )
            )
    return plans


@dataclass(slots=True)
class _Town:
    """The invented families, and when the front door last heard of each."""

    chance: random.Random
    numbers: NhsNumbers
    schools: tuple[str, ...]
    heard_of: list[tuple[datetime, Family]] = field(default_factory=list)

    def family(self, plan: _Plan) -> Family:
        """A family for a contact: one in four has been heard of a month or more ago."""
        earlier = plan.received_at - timedelta(days=30)
        if self.heard_of and self.chance.random() < 0.28:
            place = self.chance.randrange(len(self.heard_of))
            last, family = self.heard_of[place]
            if last < earlier:
                self.heard_of[place] = (plan.received_at, family)
                return family
        family = self.newcomers(plan)
        self.heard_of.append((plan.received_at, family))
        return family

    def newcomers(self, plan: _Plan) -> Family:
        """A family that nobody has heard of, as the story needs it."""
        on = london_date(plan.received_at)
        while True:
            family = new_family(self.chance, on, self.numbers, self.schools)
            if plan.unborn is not None:
                family.children = [_unborn(plan.unborn, family)]
            if _fits(plan, family, on):
                return family


def _fits(plan: _Plan, family: Family, on: date) -> bool:
    born = [one.told.date_of_birth for one in family.children]
    if plan.absence is not None and not any(day and _teenager(day, on) for day in born):
        return False
    if plan.course is not None and any(expected(one) for one in family.children):
        return False
    return not plan.partly_signed or len(born) >= 2


def _unborn(unborn: Unborn, family: Family) -> FamilyChild:
    """The one child of a family, who is not born yet."""
    return FamilyChild(
        NewChild(
            family_name=family.children[0].told.family_name,
            birth_knowledge=BirthKnowledge.unborn,
            expected_delivery_on=unborn.expected_on,
        )
    )


async def load(house: House, *, progress: Progress, year: int = YEAR) -> Loaded:
    """Loads a year of demonstration data, and a live desk of today, into an empty database.

    `progress` is told how many contacts have been logged, and how many there will be. All of it
    is committed at the end, or none: after an interruption the database is as empty as before.
    A second load does nothing and says so. Raises NotLoaded where there are other contacts, no
    development issuer, or a year that is not over.
    """
    # Everything happens to the second, what happens now as well.
    now = house.clock().replace(microsecond=0)
    if now < london_midnight(date(year + 1, 2, 15)):
        raise NotLoaded(f"The year {year} and its aftermath are not over. Choose an earlier year.")
    clock = _MovableClock(london_midnight(date(year - 1, 10, 1)))
    async with httpx.AsyncClient(trust_env=False) as http:
        past = House(
            house.settings, policy=house.policy, clock=clock, database=house.database, http=http
        )
        people = await _hire(past, house.policy)
        async with past.work() as work:
            mark = f"demonstration-{year}"
            if await _finished(work, people, mark):
                return Loaded(already_there=True, contacts=0)
            desk = Desk(house.policy, people, now)
            total = _prepare(desk, year, mark, now)
            progress(0, total)
            await desk.live_through(work, lambda logged: progress(logged, total))
            await work.commit()
    progress(total, total)
    return Loaded(already_there=False, contacts=desk.logged)


async def _finished(work: Work, people: People, mark: str) -> bool:
    """Whether this load has been done before. Raises NotLoaded when other contacts are there."""
    manager = people.managers[0]
    if await contacts.nothing_on_file(work):
        return False
    for partner in people.partners:
        ours = ContactFilters(sender_organisation_id=partner, sender_reference=mark)
        if await contacts.list_newest_first(work, manager, ours, limit=1):
            return True
    raise NotLoaded(
        "There are contacts in this database already, and demonstration data are never put among "
        "them. Name an empty database in FRONTDOOR_DATABASE_URL, or remove this one and migrate "
        "again."
    )


def _prepare(desk: Desk, year: int, mark: str, now: datetime) -> int:
    """Puts the year and the live desk on the desk. Returns how many contacts there will be."""
    schools = tuple(one.name for one in desk.policy.organisations if one.kind == "school")
    numbers = NhsNumbers()
    sent = {code for one in desk.policy.organisations for code in one.source_codes}

    chance = random.Random(f"front door {year}")  # noqa: S311 - invented data, the same each time
    plans = [*_before(chance, year), *_year(chance, year)]
    first = next(place for place, plan in enumerate(plans) if plan.source_code in sent)
    plans[first] = replace(plans[first], by_partner=True, sender_reference=mark)
    town = _Town(chance, numbers, schools)
    scripts = _Scripts(*(deck(chance, one) for one in (UPS, DOWNS, DISPUTES, CHANGED_DECISIONS)))
    conferences = Slots(chance, year, CONFERENCES, first_day=12)
    protection = Protection(desk, chance, conferences)
    shared = _Year(scripts, Caseload(desk, chance, year), MissingChildren(desk, chance, year))
    stories: list[_Story] = []
    for place, plan in enumerate(plans):
        family = _told_of_again(chance, plan, stories) or town.family(plan)
        twice = place % ONE_IN_TYPED_TWICE == 0
        stories.append(_Story(desk, chance, plan, family, protection, shared, twice=twice))

    chance = random.Random("front door today")  # noqa: S311 - invented data, the same each time
    town = _Town(chance, numbers, schools)
    back: dict[int, Family] = {}
    protection = Protection(desk, chance)
    force = force_of(desk.policy)
    today = [*_recent(chance, now), *_live(chance, now)]
    if force is not None:
        today += _notified(chance, desk.policy, now)
    for plan in today:
        found = town.newcomers(plan) if plan.family is None else back.get(plan.family)
        if found is None:
            found = back[plan.family or 0] = town.newcomers(plan)
        stories.append(_Story(desk, chance, plan, found, protection))
    for story in stories:
        story.schedule()
    logged = len(stories) + sum(story.twice for story in stories)
    if force is None:
        return logged
    _send_files(desk, chance, force, town, now)
    return logged + LOADED_INCIDENTS


def _told_of_again(chance: random.Random, plan: _Plan, stories: Sequence[_Story]) -> Family | None:
    """The family of a contact of the days before, now and then, told of by somebody else."""
    if chance.random() > 0.012:
        return None
    week = timedelta(days=6)
    for story in reversed(stories):
        before = story.plan
        if plan.received_at - before.received_at > week:
            return None
        if before.source_code != plan.source_code and story.family.expected == 1:
            return story.family
    return None


def _send_files(desk: Desk, chance: random.Random, force: str, town: _Town, now: datetime) -> None:
    """Has the police send two files this morning, one refused, one loaded; and more of that one."""
    plan = _Plan(now, now, Outcome.referral, "6")
    families = [town.newcomers(plan) for _ in range(LOADED_INCIDENTS)]

    async def refused(work: Work) -> None:
        await send_faulty_file(work, desk, chance, force, families)

    async def loaded(work: Work) -> None:
        await send_file(work, desk, chance, force, families)
        desk.logged += LOADED_INCIDENTS

    desk.at(now - timedelta(hours=2.6), refused)
    loaded_at = now - timedelta(hours=1.8)
    desk.at(loaded_at, loaded)
    send_more(desk, force, loaded_at)
