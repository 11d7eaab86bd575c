"""What the police send later of an incident: something else, or that it was sent in error."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from json import dumps
from typing import Annotated, Any
from uuid import UUID

from service.domain.contacts import Adult, Child, Contact
from service.domain.errors import Conflict
from service.domain.fields import Id, plain, sensitive
from service.domain.kept_as_told import without_nothing_kept
from service.domain.new_contacts import CHILD_FACTS, NewContact, told_again, told_again_of
from service.domain.people import birth_knowledge_meant
from service.domain.police_notifications import NewNotification, PoliceNotification, Risk

READING_CLOCK = "police_update_read"
"""The clock of somebody reading what the police sent later, on the contact."""


class UpdateKind(StrEnum):
    """What the police did with an incident that they had sent before."""

    sent_again = "sent_again"
    withdrawn = "withdrawn"


@dataclass(frozen=True, slots=True)
class PoliceUpdate:
    """What was sent later of an incident that is on file. Nothing of the contact changes by it.

    `told` is the whole of what was sent again, `changed` the names of what differs from before;
    `because` is why it was withdrawn. `unread_since` says since when nobody has read it.
    """

    id: Id
    notification_id: Annotated[UUID, plain("The notification.")]
    contact_id: Annotated[UUID, plain("The contact that it is.")]
    kind: Annotated[UpdateKind, plain("sent_again, withdrawn.")]
    received_at: Annotated[datetime, plain("When it was sent.")]
    recorded_by: Annotated[UUID, plain("Account that sent it.")]
    risk: Annotated[Risk | None, sensitive("standard, medium, high.")]
    changed: Annotated[Sequence[str], plain("What differs from what was told before.")]
    told: Annotated[Mapping[str, Any] | None, sensitive("All that was sent.")]
    told_digests: Annotated[
        Mapping[str, str] | None,
        sensitive("By which it is known again whether the same is told once more."),
    ]
    because: Annotated[str | None, sensitive("Why it was withdrawn.")]
    import_id: Annotated[UUID | None, plain("The file that it came in.")]
    unread_since: Annotated[
        datetime | None, plain("Since when nobody has read it; empty once somebody has.")
    ]
    read_at: Annotated[datetime | None, plain("When somebody read it.")]
    read_by: Annotated[UUID | None, plain("Who read it.")]
    reading_words: Annotated[str | None, sensitive("What follows from it.")]


class AlreadyWithdrawn(Conflict):
    """The notification was withdrawn before."""

    code = "police_notification_withdrawn"
    title = "It was withdrawn already"


class NoUpdateToRead(Conflict):
    """Nothing of the police waits to be read."""

    code = "no_update_to_read"
    title = "Nothing waits to be read"


def all_told(new: NewNotification) -> dict[str, Any]:
    """What a notification tells, by the names of the contract and as JSON has it.

    Without what says how and when it was sent: the same told at another time is the same.
    """
    contact = new.contact
    children = [
        {**asdict(replace(one, birth_knowledge=birth_knowledge_meant(one))), "person_id": None}
        for one in contact.children
    ]
    found: dict[str, Any] = {
        "incident_at": new.incident_at,
        "risk": new.risk,
        "children_present": new.children_present,
        "concern": contact.concern,
        "immediate_danger": contact.immediate_danger,
        "agreement": {"state": contact.agreement, "note": contact.agreement_note},
        "lawful_basis": {"basis": contact.lawful_basis, "sharing_reason": contact.sharing_reason},
        "address": contact.address,
        "town": contact.town,
        "postcode": contact.postcode,
        "officer": {
            name: getattr(contact, f"referrer_{name}")
            for name in ("name", "role", "telephone", "email")
        },
        "children": [
            {name: one[name] for name in (*CHILD_FACTS, "kept_as_told")} for one in children
        ],
        "adults": [asdict(one) for one in contact.adults],
        "kept_as_told": contact.kept_as_told,
    }
    return {name: _as_json(value) for name, value in without_nothing_kept(found).items()}


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_json(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_json(one) for one in value]
    if value is None or isinstance(value, (bool, int)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def digests(of: Mapping[str, Any]) -> dict[str, str]:
    """By which it is known again whether the same was told, and what was told otherwise."""
    return {
        name: sha256(dumps(value, sort_keys=True).encode()).hexdigest()[:32]
        for name, value in of.items()
    }


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The names of what is told otherwise than before."""
    return [name for name, digest in now.items() if before.get(name) != digest]


def danger_told_anew(differs: Collection[str]) -> bool:
    """Whether what differs from what was told before is how dangerous it is."""
    return not {"risk", "immediate_danger"}.isdisjoint(differs)


def is_news(
    updates: Sequence[PoliceUpdate], last: Mapping[str, str], now: Mapping[str, str]
) -> bool:
    """Whether an incident on file is told otherwise now than last, or again after a withdrawal."""
    return withdrawn_at(updates) is not None or bool(changed(last, now))


def on_record(
    notification: PoliceNotification,
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
) -> NewNotification:
    """What a notification told, by the record: for one of which no digests were kept."""
    own = {one.name: getattr(contact, one.name) for one in fields(NewContact) if _kept(one.name)}
    return NewNotification(
        contact=NewContact(
            **own,
            children=[told_again(child) for child in children],
            adults=[told_again_of(adult) for adult in adults],
        ),
        incident_number=notification.incident_number,
        incident_at=notification.incident_at,
        risk=notification.risk,
        children_present=notification.children_present,
    )


def _kept(name: str) -> bool:
    return name not in ("children", "adults")


@dataclass(frozen=True, slots=True)
class ToldOtherwise:
    """What is told of an incident now, and what of it differs from what was told last."""

    risk: Risk | None
    differs: Sequence[str]
    told: Mapping[str, Any]
    digests: Mapping[str, str]
    import_id: UUID | None


def told_last(updates: Sequence[PoliceUpdate]) -> PoliceUpdate | None:
    """The last of them by which something was told."""
    return next((one for one in reversed(updates) if one.kind is UpdateKind.sent_again), None)


def risk_now(first: Risk, updates: Sequence[PoliceUpdate]) -> Risk:
    """The risk that the police saw when they told of it last, of `first` and what came after."""
    last = told_last(updates)
    return first if last is None or last.risk is None else last.risk


def withdrawn_at(updates: Sequence[PoliceUpdate]) -> datetime | None:
    """Since when it is withdrawn; None when it is not, or was sent again afterwards."""
    last = updates[-1] if updates else None
    return last.received_at if last is not None and last.kind is UpdateKind.withdrawn else None
