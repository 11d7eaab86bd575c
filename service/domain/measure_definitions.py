"""What each measure counts, in words and by what it may be broken down; and where it comes from."""

from collections.abc import Mapping
from types import MappingProxyType

from service.domain.measures import (
    Breakdown,
    Counted,
    Measure,
    MeasureCode,
    MeasureNotFound,
    Unit,
)

_STEP_UPS = (
    "Step-ups accepted, refused, challenged, time to answer: measures of the front door; Ofsted "
    "monitoring visit letter of 21 February 2019: refused without any clear explanations around "
    "thresholds"
)
_STEP_DOWNS = (
    "Step-downs waiting, median and longest: measures of the front door; Ofsted monitoring visit "
    "letter of 21 February 2019: cases not being progressed for several weeks"
)
_CHALLENGES = (
    "Challenges by stage and result: measures of the front door; Ofsted monitoring visit letter of "
    "21 February 2019: referrals are then closed inappropriately or changed"
)
_STRATEGY = (
    "Strategy meetings on the day, quorate, with early help and school invited, minutes on time: "
    "measures of the front door; Ofsted monitoring visit letter of 21 February 2019: strategy "
    "meetings"
)
_ASKED = (Breakdown.sending_team, Breakdown.reason)
_REFUSED = (*_ASKED, Breakdown.refusal_reason)
_DISAGREED = (Breakdown.stage, Breakdown.result)


def _step_ups(code: MeasureCode, title: str, definition: str, *, timed: bool = False) -> Measure:
    refused = code.startswith("step_up_refusals")
    return Measure(
        code,
        title,
        definition,
        Unit.per_cent,
        _STEP_UPS,
        Counted.transfers,
        _REFUSED if refused else _ASKED,
        timed=timed,
    )


def _challenges(code: MeasureCode, title: str, definition: str) -> Measure:
    return Measure(
        code, title, definition, Unit.per_cent, _CHALLENGES, Counted.challenges, _DISAGREED
    )


def _published(
    code: MeasureCode, title: str, definition: str, counted: Counted, *, standing: bool = False
) -> Measure:
    """A measure of the published series; of what stands it is a number, and tells how long."""
    return Measure(
        code,
        title,
        definition,
        Unit.number if standing else Unit.per_cent,
        f"Performance measure {code}, published monthly since 2018",
        counted,
        (),
        timed=standing,
        standing=standing,
    )


def _of_returns(code: MeasureCode, title: str, share: str) -> Measure:
    return Measure(
        code,
        title,
        "Of the times that a missing child returned in the month for which, at the instant of the "
        "reading, the return home interview had been held or declined, or its limit had passed: "
        f"{share}",
        Unit.per_cent,
        "Performance measure PI9 in its figures: returns, offered, accepted, held, held within 72 "
        "hours; Quarter 3 2018-19 performance and audit report",
        Counted.missing_episodes,
        (),
    )


def _strategy(
    code: MeasureCode,
    title: str,
    definition: str,
    counted: Counted = Counted.strategy_meetings,
) -> Measure:
    return Measure(code, title, definition, Unit.per_cent, _STRATEGY, counted, ())


def _urgent(code: MeasureCode, title: str, definition: str) -> Measure:
    return Measure(
        code,
        title,
        definition,
        Unit.per_cent,
        "Contacts rated in time, red decided in 4 hours: measures of the front door; Ofsted "
        "monitoring visit letter of 21 February 2019: responses are timely",
        Counted.contacts,
        (Breakdown.source,),
    )


def _of_contacts(code: MeasureCode, title: str, definition: str) -> Measure:
    return Measure(
        code,
        title,
        definition,
        Unit.per_cent,
        "Contacts by source and outcome: measures of the front door; Quarter 3 2018-19 performance "
        "and audit report",
        Counted.contacts,
        (Breakdown.source,),
    )


MEASURES: Mapping[MeasureCode, Measure] = MappingProxyType(
    {
        measure.code: measure
        for measure in (
            Measure(
                MeasureCode.pi1,
                "Contacts accepted as a referral within 24 hours",
                "Of the concerns received in the month that, at the instant of the reading, had "
                "every child on them decided and signed off and a signed referral standing for at "
                "least one child: the share accepted as a referral, with every child signed off, "
                "at or before 24 hours after they were received. Contacts not yet decided, and "
                "contacts that led to no referral, are not counted.",
                Unit.per_cent,
                "Performance measure PI1, published monthly since 2018",
                Counted.contacts,
                (Breakdown.source,),
            ),
            _step_ups(
                MeasureCode.step_ups_accepted,
                "Step-ups accepted",
                "Of the step-ups requested in the month, whichever side asked: the share accepted "
                "by the instant of the reading, after a challenge or without one. What waits, was "
                "refused, withdrawn or superseded counts as not accepted.",
            ),
            _step_ups(
                MeasureCode.step_ups_refused,
                "Step-ups refused",
                "Of the step-ups requested in the month: the share that was refused by the instant "
                "of the reading, whether or not the refusal was agreed or overturned since.",
            ),
            _step_ups(
                MeasureCode.step_up_refusals_agreed,
                "Refusals of step-ups agreed",
                "Of the step-ups requested in the month that were refused: the share whose refusal "
                "the manager of who asked had agreed to by the instant of the reading.",
            ),
            _step_ups(
                MeasureCode.step_up_refusals_challenged,
                "Refusals of step-ups challenged",
                "Of the step-ups requested in the month that were refused: the share whose refusal "
                "had been challenged by the instant of the reading.",
            ),
            _step_ups(
                MeasureCode.step_up_refusals_upheld,
                "Challenged refusals of step-ups upheld",
                "Of the step-ups requested in the month whose refusal was challenged: the share "
                "whose refusal stood at the end of the challenge, by the instant of the reading.",
            ),
            _step_ups(
                MeasureCode.step_up_time_to_open,
                "Time to open a step-up",
                "Of the step-ups requested in the month that, at the instant of the reading, were "
                "opened or had passed the limit unopened: the share opened within the limit. "
                "Median and longest are of the time from the request until it was opened, or for "
                "one not opened until it ended or the instant of the reading.",
                timed=True,
            ),
            _step_ups(
                MeasureCode.step_up_time_to_answer,
                "Time to answer a step-up",
                "Of the step-ups requested in the month that, at the instant of the reading, were "
                "accepted or refused for good, or had passed the limit for that: the share "
                "answered within the limit. A refusal is an answer once it is agreed, or stands at "
                "the end of a challenge. Median and longest are of the time from the request until "
                "the answer, or for one not answered until it ended or the instant of the reading.",
                timed=True,
            ),
            Measure(
                MeasureCode.step_downs_waiting,
                "Step-downs waiting, and the share that is stuck",
                "Of the step-downs that were requested and had not ended at the end of the month, "
                "or at the instant of the reading where that comes first: the share that was stuck "
                "then, with a running clock past its limit. Median and longest are of the time "
                "since the request. The figure of the whole is that of its last instant, and not a "
                "sum of the months.",
                Unit.per_cent,
                _STEP_DOWNS,
                Counted.transfers,
                (Breakdown.waits_for, *_ASKED),
                timed=True,
                standing=True,
            ),
            Measure(
                MeasureCode.step_downs_returned,
                "Step-downs returned to the sender",
                "Of the step-downs requested in the month: the share that went back to the sender "
                "by the instant of the reading, because the family refused or withdrew its "
                "agreement.",
                Unit.per_cent,
                _STEP_DOWNS,
                Counted.transfers,
                _ASKED,
            ),
            _challenges(
                MeasureCode.challenges_ended,
                "Challenges ended",
                "Of the challenges raised in the month: the share that had ended by the instant of "
                "the reading. A breakdown by stage goes by the highest stage reached, one by "
                "result by the outcome, open where there is none yet.",
            ),
            _challenges(
                MeasureCode.challenges_agreed,
                "Challenges that ended in agreement",
                "Of the challenges raised in the month that had ended by the instant of the "
                "reading: the share that ended in agreement, with nothing changed.",
            ),
            _challenges(
                MeasureCode.challenges_upheld,
                "Challenges that ended with the decision upheld",
                "Of the challenges raised in the month that had ended by the instant of the "
                "reading: the share that ended with the decision or refusal upheld.",
            ),
            _challenges(
                MeasureCode.challenges_changed,
                "Challenges that changed the decision",
                "Of the challenges raised in the month that had ended by the instant of the "
                "reading: the share that ended in a new decision, or in an acceptance.",
            ),
            _published(
                MeasureCode.pi3,
                "Initial child protection conferences within 15 working days",
                "Of the initial child protection conferences that were held in the month and on "
                "the record at the instant of the reading: the share held by the end of the 15th "
                "working day after the strategy meeting at which the enquiry was initiated, "
                "whatever later meetings said. It goes by when the conference was held and not by "
                "when that was recorded. Enquiries without a conference, because none was needed "
                "or for any other reason, are not counted.",
                Counted.section_47_enquiries,
            ),
            _published(
                MeasureCode.pi4,
                "Single assessments within 45 working days",
                "Of the single assessments authorised in the month, by the instant of the reading: "
                "the share authorised by the end of the 45th working day after the referral was "
                "accepted; of a further assessment in the same referral, after it was begun. "
                "Assessments that ended unfinished with their referral are not counted.",
                Counted.assessments,
            ),
            _published(
                MeasureCode.pi5,
                "Children unallocated over 5 working days",
                "Of the children referred to social care who were not allocated to a worker, with "
                "the referral not closed, at the end of the month, or at the instant of the "
                "reading where that comes first: the number whose 5 working days for the "
                "allocation had passed. The value is that number. Median and longest are of the "
                "time since the referral of all who were not allocated. The figure of the whole is "
                "that of its last instant, and not a sum of the months.",
                Counted.referrals,
                standing=True,
            ),
            _published(
                MeasureCode.pi9,
                "Return home interviews within 72 hours, of those accepted",
                "Of the times that a missing child returned in the month and accepted the return "
                "home interview, as far as was on the record at the instant of the reading, for "
                "which by then it had been held or its limit had passed: the share with the "
                "interview held within 72 hours of the return. It goes by when it was held and not "
                "by when that was recorded. An interview that was declined is not held, and a "
                "child who declined from the first is not counted here: the four measures of all "
                "returns are.",
                Counted.missing_episodes,
            ),
            _of_returns(
                MeasureCode.return_interviews_offered,
                "Return home interviews offered within 72 hours",
                "the share to which an interview was offered within 72 hours of the return. One "
                "that was not offered is missed, whatever the child would have said.",
            ),
            _of_returns(
                MeasureCode.return_interviews_accepted,
                "Return home interviews accepted",
                "the share whose child accepted the interview by the instant of the reading, or "
                "talked without saying so first.",
            ),
            _of_returns(
                MeasureCode.return_interviews_held,
                "Return home interviews held",
                "the share with the interview held by the instant of the reading, however late.",
            ),
            _of_returns(
                MeasureCode.return_interviews_in_time,
                "Return home interviews within 72 hours, of all returns",
                "the share with the interview held within 72 hours of the return.",
            ),
            _strategy(
                MeasureCode.strategy_meetings_same_day,
                "Strategy meetings held on the day",
                "Of the referrals for which it was first decided in the month that the section 47 "
                "threshold may be met, and for which at the instant of the reading a strategy "
                "meeting had been held or the day had passed: the share with the meeting held on "
                "the day of that decision. A referral with several such decisions, on later "
                "concerns, meets it only when none of its meetings came later than the day. Where "
                "the referral closed within the day without a meeting, nothing is counted.",
                Counted.referrals,
            ),
            _strategy(
                MeasureCode.strategy_meetings_quorate,
                "Strategy meetings with a quorum",
                "Of the strategy meetings held in the month and concluded by the instant of the "
                "reading: the share to which all agencies came whom the policy asks for.",
            ),
            _strategy(
                MeasureCode.strategy_early_help_invited,
                "Strategy meetings with early help invited",
                "Of the strategy meetings held in the month and concluded by the instant of the "
                "reading, about a child to whom early help was open: the share to which the early "
                "help practitioner was invited; for several such children, each of them.",
            ),
            _strategy(
                MeasureCode.strategy_school_invited,
                "Strategy meetings with the school invited",
                "Of the strategy meetings held in the month and concluded by the instant of the "
                "reading, about a child of school age: the share to which the school was invited; "
                "for several such children, each school.",
            ),
            _strategy(
                MeasureCode.strategy_medical_decided,
                "Strategy meetings with the medical examination decided",
                "Of the strategy meetings held in the month and concluded by the instant of the "
                "reading, at which injury or sexual abuse of a child was alleged: the share that "
                "decided, for every such child, whether a medical examination takes place.",
            ),
            _strategy(
                MeasureCode.strategy_minutes_in_time,
                "Strategy meeting minutes circulated in time",
                "Of the strategy meetings held in the month whose minutes had been circulated, or "
                "should have been, at the instant of the reading: the share with the minutes "
                "circulated within the policy's limit after the meeting.",
            ),
            Measure(
                MeasureCode.child_seen_in_time,
                "Child seen in time in a section 47 enquiry",
                "Of the section 47 enquiries opened in the month whose child had been seen, or "
                "should have been, at the instant of the reading: the share with the child seen "
                "within the policy's limit after the strategy meeting that first began the "
                "enquiry. It goes by when the child was seen and not by when that was recorded. A "
                "child who was never seen when the enquiry ended is counted as missed, however "
                "soon it ended. An unborn child is not counted.",
                Unit.per_cent,
                "Quarter 3 2018-19 performance and audit report: whether the child was seen and "
                "spoken to alone",
                Counted.section_47_enquiries,
                (),
            ),
            Measure(
                MeasureCode.re_referrals,
                "Re-referrals within 12 months",
                "Of the referrals accepted in the month, by the instant of the reading: the share "
                "of children whose previous referral was accepted less than the policy's months, "
                "twelve as it stands, before the front door was told again. A breakdown by last "
                "known team goes by the team that held the child last before, none where there was "
                "none.",
                Unit.per_cent,
                "Re-referrals within 12 months, by last known team: measures of the front door; "
                "scrutiny report of 18 March 2019",
                Counted.referrals,
                (Breakdown.last_known_team,),
            ),
            _of_contacts(
                MeasureCode.conversion_rate,
                "Contacts that led to a referral",
                "Of the concerns received in the month that, at the instant of the reading, had "
                "every child on them decided and signed off: the share with a signed referral "
                "standing for at least one child. Contacts that were withdrawn are not counted.",
            ),
            _of_contacts(
                MeasureCode.no_further_action_rate,
                "Contacts with no further action",
                "Of the concerns received in the month that, at the instant of the reading, had "
                "every child on them decided and signed off: the share where the signed decision "
                "that stands for every child is no further action. Contacts that were withdrawn "
                "are not counted.",
            ),
            Measure(
                MeasureCode.contacts_withdrawn,
                "Contacts withdrawn without a decision",
                "Of the concerns received in the month: how many were withdrawn by the instant of "
                "the reading and not restored since, because they repeat another contact, are "
                "another authority's, or were an error; or attached to the open contact of the "
                "same incident, which is decided for both. None of them counts as decided.",
                Unit.number,
                "Contacts by source and outcome: measures of the front door",
                Counted.contacts,
                (Breakdown.source, Breakdown.withdrawal_reason),
            ),
            Measure(
                MeasureCode.contacts_by_kind,
                "Contacts by kind",
                "Of the contacts received in the month, of every kind: how many there were at the "
                "instant of the reading, but for those that were withdrawn. A breakdown by kind "
                "goes by what each is said to be by now. Every other measure of contacts counts "
                "concerns alone.",
                Unit.number,
                "Not every contact is a concern: contacts by kind, measures of the front door",
                Counted.contacts,
                (Breakdown.kind, Breakdown.source),
            ),
            Measure(
                MeasureCode.passed_concerns_read_in_time,
                "New concerns about open children read in time by who holds the case",
                "Of the new concerns about children whose case was open that were passed to who "
                "holds it in the month, and that at the instant of the reading had been read, or "
                "should have been: the share read within the policy's limit, by the rating of "
                "the contact, with what will be done. Where the child went to another case before "
                "it was read, the time runs on from when it was first passed.",
                Unit.per_cent,
                "A new concern about an open child reaches who holds the child: measures of the "
                "front door",
                Counted.passed_concerns,
                (),
            ),
            Measure(
                MeasureCode.emergency_acts_signed_off_in_time,
                "Emergency duty worker's acts signed off in time",
                "Of what emergency duty workers did alone out of hours in the month, and that at "
                "the instant of the reading a manager had signed off, or should have: the share "
                "signed off, or overtaken by a new signed decision, within the policy's limit. "
                "Signed off after the limit it stays counted as late.",
                Unit.per_cent,
                "Out of hours one person may be alone: measures of the front door",
                Counted.emergency_acts,
                (),
            ),
            _urgent(
                MeasureCode.contacts_rated_in_time,
                "Contacts rated in time",
                "Of the concerns received in the month that, at the instant of the reading, were "
                "rated or had passed the policy's limit for that: the share rated within it after "
                "they were received. One that danger made red as it was received counts as rated "
                "in time. Contacts of before this was reckoned, and those withdrawn or decided "
                "within the limit without a rating, are not counted.",
            ),
            _urgent(
                MeasureCode.red_decided_in_time,
                "Red contacts decided in time",
                "Of the concerns received in the month that were rated red and, at the instant of "
                "the reading, had every child on them decided and signed off or had passed the "
                "policy's limit for red ones: the share decided within it, from receipt. One that "
                "ran past the limit is counted whatever it was rated since; one that was rated "
                "otherwise within the limit is not.",
            ),
            Measure(
                MeasureCode.flags_a_contact,
                "Flags a contact",
                "Of the contacts received in the month: how many flags each showed by the instant "
                "of the reading. A flag that was raised while another of the same contact stood "
                "is inside that one, and not counted. The cases that met it showed any.",
                Unit.each,
                "Flags a contact: measures of the front door",
                Counted.contacts,
                (Breakdown.source,),
            ),
        )
    }
)


def measure_of(code: str) -> Measure:
    """The measure of that code. Raises MeasureNotFound."""
    try:
        return MEASURES[MeasureCode(code)]
    except ValueError:
        raise MeasureNotFound from None
