"""A queue on the wire: soonest deadline first, time left to the minute, and what to do next."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.schemas.contact_kinds import ItsKind
from api.schemas.fields import NotShown, WireOut
from api.schemas.pregnancies import UnbornInQueue
from api.schemas.transfer_lists import ChallengeInQueue, TransferInQueue
from api.schemas.words import (
    ArrivedBy,
    ContactBehindId,
    ItsNotificationId,
    SubjectId,
    TimescaleName,
    a_reference,
    an_id,
)
from service.domain.calendar import london_date
from service.domain.concerns import cumulative_concern
from service.domain.contacts import ContactState
from service.domain.cumulative_concerns import series_in_words
from service.domain.dangers import DangerTold
from service.domain.deadlines import Rating, time_left
from service.domain.flags import SubjectKind
from service.domain.people import YesNo
from service.domain.police_notifications import Risk
from service.domain.queues import IN_WORDS, NEVER, NextAction, QueueItem, RunningClock, Waiting
from service.policy import Policy
from service.strict.fields import LARGEST, Instant


class TimeLeft(WireOut):
    """One running clock of a line, with the time left to the minute when it was asked for."""

    kind: TimescaleName
    due_at: Annotated[Instant, Field(description="The limit, to the second.")]
    overdue: Annotated[bool, Field(description="Whether the limit has passed.", examples=[False])]
    minutes_left: Annotated[
        int,
        Field(
            ge=-LARGEST,
            le=LARGEST,
            description="Minutes until the limit; negative when it has passed.",
            examples=[134],
        ),
    ]
    in_words: Annotated[
        str, Field(max_length=64, description="The same, in words.", examples=["2 h 14 min left"])
    ]

    @classmethod
    def of(cls, deadline: RunningClock, now: datetime) -> "TimeLeft":
        """A clock as it stands at `now`."""
        left = time_left(deadline.due_at, now)
        return cls.made_of(
            {
                "kind": deadline.kind,
                "due_at": deadline.due_at,
                "overdue": left.overdue,
                "minutes_left": left.minutes,
                "in_words": left.words,
            }
        )


class PoliceInShort(WireOut):
    """What the police told of an incident, as much as a line shows."""

    id: ItsNotificationId
    risk: Annotated[
        Risk, Field(description="The risk that the police saw last.", examples=["high"])
    ]
    children_present: Annotated[
        YesNo, Field(description="Whether children were present.", examples=["yes"])
    ]
    unread: Annotated[
        bool,
        Field(
            description="Whether the police have sent more of it since that nobody has read.",
            examples=[False],
        ),
    ]

    @classmethod
    def of_line(cls, waiting: Waiting) -> "PoliceInShort | None":
        """That of a line; None for a contact that is no notification."""
        if waiting.notification_id is None:
            return None
        return cls.made_of(
            {
                "id": waiting.notification_id,
                "risk": waiting.police_risk_now or waiting.police_risk,
                "children_present": waiting.children_present,
                "unread": waiting.police_unread,
            }
        )


def _series(item: QueueItem, policy: Policy) -> str | None:
    series = cumulative_concern(policy.repeat_concern, item.nth_contact)
    if not series.whole_to_be_read:
        return None
    return series_in_words(series.contacts, series.months)


class QueueLine(WireOut):
    """One thing that waits for somebody."""

    subject_kind: Annotated[SubjectKind, Field(description="What waits.", examples=["contact"])]
    subject_id: SubjectId
    reference: Annotated[str, a_reference("Its human reference.", "C-7K3MA-9TQ4R")]
    contact_id: ContactBehindId
    contact_state: Annotated[
        ContactState, Field(description="Where the contact stands.", examples=["in_triage"])
    ]
    contact_kind: ItsKind
    received_at: Annotated[Instant, Field(description="When the contact was received.")]
    channel: ArrivedBy
    source_code: Annotated[
        str, Field(max_length=4, description="Referral source code.", examples=["2A"])
    ]
    rating: Annotated[
        Rating | None, Field(description="Rating; null until rated.", examples=["amber"])
    ]
    danger: Annotated[
        DangerTold | None,
        Field(
            description="The danger that was told of the contact; null where none was.",
            examples=["police_high_risk"],
        ),
    ]
    town: Annotated[str | None, Field(max_length=100, description="Town.", examples=["Weir"])]
    immediate_danger: Annotated[
        bool,
        Field(description="Whether a child was said to be in immediate danger.", examples=[False]),
    ]
    children: Annotated[
        list[Annotated[str, Field(max_length=201)]],
        Field(max_length=100, description="The children.", examples=[["Amara Okafor"]]),
    ]
    due_at: Annotated[
        Instant | None,
        Field(
            description=(
                "The soonest limit that runs; null when none does. What a red contact waits for "
                "stands first, then the queue is in this order."
            )
        ),
    ]
    overdue: Annotated[
        bool, Field(description="Whether the soonest limit has passed.", examples=[False])
    ]
    time_left: Annotated[
        str | None,
        Field(
            max_length=64,
            description="Time left to the soonest limit, in words.",
            examples=["2 h 14 min left"],
        ),
    ]
    deadlines: Annotated[
        list[TimeLeft],
        Field(max_length=20, description="Every clock that runs on it, soonest due first."),
    ]
    open_flags: Annotated[
        int, Field(ge=0, le=LARGEST, description="Flags that have not cleared.", examples=[0])
    ]
    possible_matches: Annotated[
        int,
        Field(
            ge=0,
            le=LARGEST,
            description=(
                "How many on file may be a child of the contact, and nobody has said so or not; 0 "
                "for a line of anything else."
            ),
            examples=[0],
        ),
    ]
    cumulative_concern: Annotated[
        str | None,
        Field(
            max_length=64,
            description=(
                "The how many-th contact about one of the children this is, where there are so "
                "many that a manager reads the whole; null for fewer, and for a line of anything "
                "but a contact or a decision."
            ),
            examples=["third contact in six months"],
        ),
    ]
    next_action: Annotated[
        NextAction, Field(description="What has to be done next.", examples=["rate"])
    ]
    next_action_in_words: Annotated[
        str,
        Field(
            max_length=200,
            description="The same, in words.",
            examples=["Rate it red, amber or green."],
        ),
    ]
    accountable_team_id: Annotated[
        str, Field(max_length=64, description="The one accountable team.", examples=["mash"])
    ]
    worker_id: Annotated[UUID | None, an_id("Who works it; null when nobody does.")]
    worker_name: Annotated[
        str | None, Field(max_length=200, description="Their name.", examples=["Jo Mensah"])
    ]
    worker_suspended: Annotated[
        bool,
        Field(
            description="Whether the worker's access is suspended: give it to another.",
            examples=[False],
        ),
    ]
    organisation_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The agency that was asked, for an information request.",
            examples=["mill-lane-primary"],
        ),
    ]
    police_notification: Annotated[
        PoliceInShort | None,
        Field(description="What the police told, of a notification of theirs; else null."),
    ]
    chasers: Annotated[
        int | None,
        Field(
            ge=0,
            le=LARGEST,
            description="How often the agency was chased; null for anything but a request.",
            examples=[1],
        ),
    ]
    transfer: Annotated[
        TransferInQueue | None,
        Field(description="The transfer of the line; null for a line of anything else."),
    ]
    challenge: Annotated[
        ChallengeInQueue | None,
        Field(description="The challenge of the line; null for a line of anything else."),
    ]

    pregnancy: Annotated[
        UnbornInQueue | None,
        Field(description="The unborn child of a `pre-birth` line; null in every other queue."),
    ]
    not_shown: NotShown

    @classmethod
    def of(cls, item: QueueItem, now: datetime, policy: Policy) -> "QueueLine":
        """A line as it stands at `now`."""
        waiting = item.waiting
        runs = waiting.due_at < NEVER
        left = time_left(waiting.due_at, now) if runs else None
        today = london_date(now)
        action = item.next_action_on(today)
        return cls.made_of(
            {
                "subject_kind": waiting.subject_kind,
                "subject_id": waiting.subject_id,
                "reference": waiting.reference,
                "contact_id": waiting.contact_id,
                "contact_state": waiting.contact_state,
                "contact_kind": waiting.contact_kind,
                "received_at": waiting.received_at,
                "channel": waiting.channel,
                "source_code": waiting.source_code,
                "rating": waiting.rating,
                "danger": waiting.danger,
                "town": waiting.town,
                "immediate_danger": waiting.immediate_danger,
                "children": list(item.children),
                "due_at": waiting.due_at if runs else None,
                "overdue": left is not None and left.overdue,
                "time_left": None if left is None else left.words,
                "deadlines": [TimeLeft.of(one, now) for one in item.deadlines],
                "open_flags": item.flags,
                "possible_matches": item.possible_matches,
                "cumulative_concern": _series(item, policy),
                "next_action": action,
                "next_action_in_words": IN_WORDS[action],
                "accountable_team_id": waiting.team_id,
                "worker_id": waiting.worker_id,
                "worker_name": waiting.worker_name,
                "worker_suspended": waiting.worker_suspended,
                "organisation_id": waiting.organisation_id,
                "police_notification": PoliceInShort.of_line(waiting),
                "chasers": item.chasers,
                "transfer": None
                if item.transfer is None
                else TransferInQueue.of(item.transfer, now, policy),
                "challenge": None
                if item.challenge is None
                else ChallengeInQueue.of(item.challenge),
                "pregnancy": None
                if item.pregnancy is None
                else UnbornInQueue.of(item.pregnancy, today),
                "not_shown": list(item.not_shown),
            }
        )
