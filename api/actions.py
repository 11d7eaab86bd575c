"""What each word of the possible actions is sent by: the operation, and what its body says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from service.domain.assessments import AssessmentAction
from service.domain.challenges import ChallengeAction
from service.domain.contacts import ChildAction, ContactAction, ReferrerAction
from service.domain.daily_meetings import DailyMeetingAction, ItemAction
from service.domain.decisions import DecisionAction
from service.domain.emergency_acts import EmergencyActAction
from service.domain.information_requests import InformationRequestAction
from service.domain.missing_episodes import MissingAction
from service.domain.passed_concerns import PassedConcernAction
from service.domain.pregnancies import PregnancyAction
from service.domain.referrals import CaseAction
from service.domain.section_47_enquiries import EnquiryAction
from service.domain.strategy_meetings import MeetingAction
from service.domain.transfers import TransferAction


@dataclass(frozen=True, slots=True)
class Way:
    """The operations by which an action is asked for, and what the body says of it, if anything."""

    operations: tuple[str, ...]
    says: Mapping[str, str | bool] = field(default_factory=dict)

    def in_words(self) -> str:
        """As a sentence tells it: the operation, and what to send."""
        by = " or ".join(f"`{one}`" for one in self.operations)
        sent = [
            f"`{name}` {str(value).lower() if isinstance(value, bool) else f'`{value}`'}"
            for name, value in self.says.items()
        ]
        return by if not sent else f"{by} with {' and '.join(sent)}"


def _by(*operations: str, **says: str | bool) -> Way:
    return Way(operations, MappingProxyType(says))


WAYS: Final[Mapping[type[StrEnum], Mapping[StrEnum, Way]]] = MappingProxyType(
    {
        AssessmentAction: {
            AssessmentAction.complete: _by("complete_assessment"),
            AssessmentAction.authorise: _by("authorise_assessment", agreed=True),
            AssessmentAction.send_back: _by("authorise_assessment", agreed=False),
        },
        CaseAction: {
            CaseAction.allocate: _by("allocate_referral", "allocate_early_help_episode"),
            CaseAction.close: _by("close_referral", "close_early_help_episode"),
        },
        ChallengeAction: {
            ChallengeAction.agree: _by("answer_challenge", answer="agreed"),
            ChallengeAction.uphold: _by("answer_challenge", answer="upheld"),
            ChallengeAction.change: _by("answer_challenge", answer="changed"),
            ChallengeAction.accept: _by("accept_challenge_answer"),
            ChallengeAction.escalate: _by("escalate_challenge", "escalate_disagreement"),
            ChallengeAction.withdraw: _by("withdraw_challenge", "withdraw_disagreement"),
        },
        ChildAction: {
            ChildAction.decide: _by(
                "decide", "decide_together", "record_meeting_outcome", "record_meeting_outcomes"
            ),
            ChildAction.sign_off: _by("sign_off", "sign_off_together", outcome="agreed"),
            ChildAction.return_decision: _by("sign_off", "sign_off_together", outcome="returned"),
            ChildAction.withdraw_decision: _by("withdraw_decision"),
        },
        ContactAction: {
            ContactAction.amend: _by("amend_contact"),
            ContactAction.assign: _by("assign_contact"),
            ContactAction.triage: _by("triage_contact"),
            ContactAction.ask_agency: _by("ask_agency", "ask_agencies_together"),
            ContactAction.withdraw: _by("withdraw_contact"),
            ContactAction.restore: _by("restore_contact"),
            ContactAction.attach: _by("attach_contact"),
            ContactAction.detach: _by("detach_contact"),
            ContactAction.record_step: _by("record_contact_step"),
            ContactAction.end: _by("end_contact"),
            ContactAction.reclassify: _by("reclassify_contact"),
        },
        DailyMeetingAction: {DailyMeetingAction.conclude: _by("conclude_daily_meeting")},
        DecisionAction: {
            DecisionAction.agree: _by("sign_off", "sign_off_together", outcome="agreed"),
            DecisionAction.return_to_decider: _by(
                "sign_off", "sign_off_together", outcome="returned"
            ),
            DecisionAction.supersede: _by(
                "decide", "decide_together", "record_meeting_outcome", "record_meeting_outcomes"
            ),
            DecisionAction.withdraw: _by("withdraw_decision"),
            DecisionAction.act_out_of_hours: _by("act_out_of_hours"),
        },
        EmergencyActAction: {
            EmergencyActAction.agree: _by("sign_off_emergency_act", outcome="agreed"),
            EmergencyActAction.send_back: _by("sign_off_emergency_act", outcome="returned"),
        },
        EnquiryAction: {
            EnquiryAction.record_child_seen: _by("record_child_seen"),
            EnquiryAction.find_continuing_risk: _by(
                "record_enquiry_outcome", outcome="continuing_risk"
            ),
            EnquiryAction.find_no_continuing_risk: _by(
                "record_enquiry_outcome", outcome="no_continuing_risk"
            ),
            EnquiryAction.hold_conference: _by("record_conference"),
            EnquiryAction.propose_no_conference: _by("propose_no_conference"),
            EnquiryAction.agree_no_conference: _by("sign_off_no_conference", agreed=True),
            EnquiryAction.return_no_conference: _by("sign_off_no_conference", agreed=False),
        },
        InformationRequestAction: {
            InformationRequestAction.chase: _by("chase_agency"),
            InformationRequestAction.withdraw: _by("withdraw_information_request"),
            InformationRequestAction.answer: _by("answer_information_request"),
        },
        ItemAction: {
            ItemAction.decide: _by(
                "record_meeting_outcome",
                "record_meeting_outcomes",
                "record_without_discussion",
                "decide",
                "decide_together",
            ),
            ItemAction.carry_over: _by("carry_item_over"),
        },
        MeetingAction: {
            MeetingAction.invite: _by("invite_to_strategy_meeting"),
            MeetingAction.rearrange: _by("rearrange_strategy_meeting"),
            MeetingAction.record_attendance: _by("record_strategy_meeting"),
            MeetingAction.conclude: _by("conclude_strategy_meeting"),
            MeetingAction.circulate_minutes: _by("circulate_strategy_minutes"),
            MeetingAction.cancel: _by("cancel_strategy_meeting"),
        },
        MissingAction: {
            MissingAction.record_return: _by("record_return"),
            MissingAction.attempt_interview: _by("record_return_interview", step="attempted"),
            MissingAction.offer_interview: _by("record_return_interview", step="offered"),
            MissingAction.accept_interview: _by("record_return_interview", step="accepted"),
            MissingAction.decline_interview: _by("record_return_interview", step="declined"),
            MissingAction.hold_interview: _by("record_return_interview", step="held"),
        },
        PassedConcernAction: {PassedConcernAction.answer: _by("answer_passed_concern")},
        PregnancyAction: {
            PregnancyAction.change_expected_delivery: _by("change_expected_delivery"),
            PregnancyAction.record_birth: _by("record_birth"),
            PregnancyAction.record_another_birth: _by("record_birth"),
            PregnancyAction.end_pregnancy: _by("end_pregnancy"),
        },
        ReferrerAction: {
            ReferrerAction.acknowledge_referrer: _by("acknowledge_referrer"),
            ReferrerAction.tell_outcome: _by("tell_outcome"),
        },
        TransferAction: {
            TransferAction.open: _by("open_transfer"),
            TransferAction.accept: _by("accept_transfer"),
            TransferAction.refuse: _by("refuse_transfer"),
            TransferAction.agree_to_refusal: _by("answer_refusal", agreed=True),
            TransferAction.challenge_refusal: _by("answer_refusal", agreed=False),
            TransferAction.record_family_agreement: _by("record_family_agreement"),
            TransferAction.request_again: _by("decide_returned_transfer", decision="request_again"),
            TransferAction.keep: _by("decide_returned_transfer", decision="keep"),
            TransferAction.record_first_visit: _by("record_first_visit"),
            TransferAction.record_strategy_discussion: _by("record_strategy_discussion"),
            TransferAction.complete: _by("complete_transfer"),
            TransferAction.withdraw: _by("withdraw_transfer"),
        },
    }
)
"""Every action that somebody can ask for; what follows by itself is in none of them."""


def what_can_be_done(actions: type[StrEnum]) -> str:
    """What a list of these actions says, each with the operation that it is asked for by."""
    listed = "; ".join(f"`{action}` by {way.in_words()}" for action, way in WAYS[actions].items())
    return f"What somebody can do now: {listed}."
