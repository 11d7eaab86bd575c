"""A record as after years of use: thousands of finished things of every kind, and some open."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from service.domain.accountabilities import Accountability
from service.domain.accounts import Account
from service.domain.assessments import Assessment, AssessmentStep
from service.domain.challenges import Challenge, ChallengedThing, ChallengeStep
from service.domain.contacts import Adult, Child, Contact
from service.domain.daily_meetings import ItemState, MeetingItem
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.emergency_acts import EmergencyAct, EmergencyActState
from service.domain.flags import Flag, SubjectKind
from service.domain.information_requests import Chaser, InformationRequest
from service.domain.missing_episodes import MissingEpisode, MissingState
from service.domain.passed_concerns import PassedConcern, PassedConcernState
from service.domain.people import BirthKnowledge, Person
from service.domain.police_notifications import NotificationImport, PoliceNotification
from service.domain.possible_matches import PossibleMatch
from service.domain.pregnancies import PregnancyStep
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import EnquiryStep, Section47Enquiry
from service.domain.strategy_meetings import (
    Invitation,
    MeetingChild,
    MeetingStep,
    StrategyMeeting,
)
from service.domain.transfers import Direction, Transfer, TransferStep
from service.persistence.engines import Database
from service.persistence.ids import new_id
from service.persistence.units_of_work import Work
from service.policy import Policy
from tests.support.records import one_of_each

NOW = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
SAMPLE: dict[type, Any] = {type(one): one for one in one_of_each(full=True)}
# Whoever did everything here, and works a tenth of it with nine others.
SOMEBODY: UUID = SAMPLE[Account].id
_TEAM = [
    SAMPLE[Account],
    *(replace(SAMPLE[Account], id=new_id(), subject=str(number)) for number in range(9)),
]


async def fill(database: Database, policy: Policy, places: range, *, open_every: int) -> None:
    """One finished thing of every kind at each place, or an open one at one place in so many.

    May be called again for other places. The planners know nothing of it until `counted`.
    """
    async with Work(database, now=NOW, policy=policy) as work:
        if places.start == 0:
            work.add(*_TEAM)
        for place in places:
            work.add(*_Place(place, left=place % open_every == 0).made())
        await work.commit()


async def counted(database: Database) -> None:
    """Lets the planners know how much there is of everything."""
    async with database.writing() as connection:
        await connection.execute(text("ANALYZE"))
        await connection.commit()


def _another(record: type, **changes: Any) -> Any:
    return replace(SAMPLE[record], id=new_id(), **changes)


@dataclass(frozen=True)
class _Place:
    """One of everything, about one child; open where it is `left`."""

    place: int
    left: bool

    @property
    def _at(self) -> datetime:
        return NOW - timedelta(minutes=self.place)

    @property
    def _worker_id(self) -> UUID:
        worker_id: UUID = _TEAM[self.place % len(_TEAM)].id
        return worker_id

    @property
    def _ended(self) -> datetime | None:
        return None if self.left else self._at

    def made(self) -> Iterator[Any]:
        """Every row of it."""
        contact = _another(
            Contact,
            reference=str(self.place),
            received_at=self._at,
            sender_reference=f"INC-{self.place}",
            decided_at=self._ended,
            possible_duplicate_of=None,
            withdrawn_at=None,
            withdrawn_as=None,
            repeats_id=None,
            address_key=f"home {self.place}",
            assignee_id=self._worker_id,
            rating="red" if self.place % 150 == 0 else "green",
        )
        unborn = self.left and self.place % 100 == 0
        person = _another(
            Person,
            nhs_number=None,
            unique_pupil_number=None,
            identity_key=f"child {self.place}",
            name_key=f"name {self.place}",
            other_name_key=f"other {self.place}",
            given_key=f"given {self.place}",
            family_key=f"family {self.place}",
            date_of_birth=date(2010, 1, 1) + timedelta(days=self.place),
            family_name=f"Family {self.place}",
            birth_knowledge=BirthKnowledge.unborn if unborn else BirthKnowledge.known,
            pregnancy_ended_on=None,
        )
        child = _another(Child, contact_id=contact.id, person_id=person.id)
        of_child = {"contact_id": contact.id, "child_id": child.id, "person_id": person.id}
        yield from (contact, person, child)
        yield _another(Adult, contact_id=contact.id, identity_key=f"adult {self.place}")
        yield _another(
            PossibleMatch,
            contact_id=contact.id,
            child_id=child.id,
            own_person_id=person.id,
            person_id=person.id,
            found_at=self._at,
            answered_at=self._ended,
            superseded_at=None,
        )
        yield _another(PregnancyStep, person_id=person.id, contact_id=contact.id)
        yield from self._asked(contact.id)
        yield from self._police(contact.id, child.id)
        yield from self._cases(of_child)

    def _clock(
        self,
        contact_id: UUID,
        kind: SubjectKind,
        subject_id: UUID,
        name: str = "contact_to_referral",
    ) -> Any:
        return _another(
            Deadline,
            kind=name,
            contact_id=contact_id,
            subject_kind=kind,
            subject_id=subject_id,
            due_at=self._at,
            warn_at=self._at,
            warned_at=self._ended,
            breached_at=self._ended,
            stopped_at=self._ended,
        )

    def _asked(self, contact_id: UUID) -> Iterator[Any]:
        clock = self._clock(contact_id, SubjectKind.contact, contact_id)
        request = _another(
            InformationRequest,
            contact_id=contact_id,
            asked_at=self._at,
            answered_at=self._ended,
            withdrawn_at=None,
            unread_since=self._at if self.place % 100 == 1 else None,
        )
        flag = _another(
            Flag,
            deadline_id=clock.id,
            contact_id=contact_id,
            due_at=self._at,
            escalate_at=self._at,
            acknowledged_at=self._ended,
            cleared_at=self._ended,
        )
        yield from (clock, request, flag, _another(Chaser, request_id=request.id))
        yield self._clock(contact_id, SubjectKind.information_request, request.id)

    def _police(self, contact_id: UUID, child_id: UUID) -> Iterator[Any]:
        imported = _another(
            NotificationImport,
            state="received" if self.left else "loaded",
            claimed_at=None,
            finished_at=self._ended,
        )
        notification = _another(
            PoliceNotification,
            contact_id=contact_id,
            incident_number=str(self.place),
            import_id=imported.id if self.left else None,
        )
        yield from (imported, notification)
        yield _another(
            MeetingItem,
            notification_id=notification.id,
            contact_id=contact_id,
            child_id=child_id,
            meeting_on=self._at.date(),
            state=ItemState.waiting if self.left else ItemState.decided,
            decision_id=None,
            carried_from_id=None,
        )

    def _cases(self, of_child: dict[str, UUID]) -> Iterator[Any]:
        drafted = "returned" if self.place % 100 == 2 else "signed"
        decision = _another(
            Decision,
            supersedes_id=None,
            drafted_by=self._worker_id,
            answered_at=self._ended,
            superseded_at=None,
            joined_case_id=new_id() if self.left else None,
            state="awaiting_sign_off" if self.left else drafted,
            **of_child,
        )
        same = {
            "reference": str(self.place),
            "decision_id": decision.id,
            "transfer_id": None,
            "allocated_at": self._ended,
            "closed_at": self._ended,
            **of_child,
        }
        referral = _another(Referral, previous_referral_id=None, **same)
        episode = _another(EarlyHelpEpisode, **same)
        yield from (decision, referral, episode)
        if self.left:
            yield replace(
                SAMPLE[Accountability], person_id=of_child["person_id"], referral_id=referral.id
            )
        contact_id = of_child["contact_id"]
        at_risk = "strategy_meeting" if self.place % 300 == 0 else "single_assessment"
        yield self._clock(contact_id, SubjectKind.referral, referral.id, at_risk)
        yield self._clock(contact_id, SubjectKind.early_help_episode, episode.id)
        yield _another(
            PassedConcern,
            state=PassedConcernState.waiting if self.left else PassedConcernState.answered,
            decision_id=decision.id,
            referral_id=referral.id,
            early_help_episode_id=None,
            passed_at=self._at,
            **of_child,
        )
        if self.place % 20 == 0:
            yield _another(
                EmergencyAct,
                state=EmergencyActState.signed_off,
                decision_id=decision.id,
                strategy_meeting_id=None,
                acted_at=self._at,
                signed_off_at=self._at,
                **of_child,
            )
        yield from self._steps(of_child, referral.id, episode.id)
        yield from self._protection(of_child, referral.id)

    def _steps(
        self, of_child: dict[str, UUID], referral_id: UUID, episode_id: UUID
    ) -> Iterator[Any]:
        transfer = _another(
            Transfer,
            reference=str(self.place),
            direction=Direction.step_up if self.place % 200 else Direction.step_down,
            referral_id=referral_id,
            early_help_episode_id=episode_id,
            receiver_worker_id=self._worker_id,
            requested_at=self._at,
            answered_at=self._ended,
            ended_at=self._ended,
            **of_child,
        )
        challenge = _another(
            Challenge,
            reference=str(self.place),
            thing=ChallengedThing.refusal,
            decision_id=None,
            transfer_id=transfer.id,
            changed_to_decision_id=None,
            raised_at=self._at,
            ended_at=self._ended,
            **of_child,
        )
        yield from (transfer, challenge)
        yield _another(TransferStep, transfer_id=transfer.id)
        yield _another(ChallengeStep, challenge_id=challenge.id)
        yield self._clock(of_child["contact_id"], SubjectKind.transfer, transfer.id)
        yield self._clock(of_child["contact_id"], SubjectKind.challenge, challenge.id)

    def _protection(self, of_child: dict[str, UUID], referral_id: UUID) -> Iterator[Any]:
        meeting = _another(
            StrategyMeeting,
            reference=str(self.place),
            contact_id=of_child["contact_id"],
            called_at=self._at,
            held_at=self._at,
            minutes_circulated_at=self._ended,
            cancelled_at=None,
        )
        assessment = _another(
            Assessment,
            reference=str(self.place),
            referral_id=referral_id,
            begun_at=self._at,
            ended_at=self._ended,
            **of_child,
        )
        enquiry = _another(
            Section47Enquiry,
            reference=str(self.place),
            meeting_id=meeting.id,
            referral_id=referral_id,
            assessment_id=assessment.id,
            opened_at=self._at,
            conference_held_at=self._at,
            ended_at=self._ended,
            **of_child,
        )
        missing = _another(
            MissingEpisode,
            reference=str(self.place),
            state=MissingState.returned if self.place % 200 == 0 else MissingState.interview_held,
            missing_from=self._at,
            returned_at=None if self.place % 200 == 100 else self._at,
            **of_child,
        )
        yield from (meeting, assessment, enquiry, missing)
        yield _another(
            MeetingChild,
            meeting_id=meeting.id,
            referral_id=referral_id,
            enquiry_id=None,
            **of_child,
        )
        yield _another(Invitation, meeting_id=meeting.id)
        yield _another(MeetingStep, meeting_id=meeting.id)
        yield _another(AssessmentStep, assessment_id=assessment.id)
        yield _another(EnquiryStep, enquiry_id=enquiry.id, meeting_id=meeting.id)
        yield self._clock(of_child["contact_id"], SubjectKind.section_47_enquiry, enquiry.id)
