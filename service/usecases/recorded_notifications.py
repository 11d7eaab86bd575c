"""Police notifications recorded without a discussion: a manager's one act over a list they read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.calendar import london_date
from service.domain.contacts import CHILD, ChildAction, ChildState, ContactAction, state_after
from service.domain.daily_meetings import AgendaItem
from service.domain.decisions import (
    DECISION,
    Decision,
    DecisionAction,
    Outcome,
    OwnWordsNeeded,
)
from service.domain.drafts import NewDecision
from service.domain.errors import Problem
from service.domain.events import EventType, of_each
from service.domain.meeting_outcomes import IncidentSettled
from service.domain.own_words import rationale_faults
from service.domain.possible_matches import PossibleMatchUnresolved
from service.domain.recorded_notifications import (
    ItemNotRecorded,
    ItemSeen,
    NotToBeRecorded,
    Recorded,
    rationale_of,
)
from service.domain.sign_offs import STOPPED_WHEN_DECIDED
from service.domain.whole_contacts import WholeContact
from service.domain_services.agendas import with_history
from service.domain_services.daily_meetings import settle_item
from service.domain_services.drafts import new_draft
from service.domain_services.known_of_children import KnownOfChildren, known_of_children
from service.domain_services.lives import changed_to
from service.persistence.clocks import stop_clocks
from service.persistence.repositories import agendas, contacts, daily_meetings
from service.persistence.units_of_work import Work

_WANTED = "what you read, and why none of it needs to be talked about"


async def record_without_discussion(
    work: Work,
    who: Caller,
    day: date,
    items: Sequence[ItemSeen],
    words: str,
    *,
    those_that_can: bool,
) -> Recorded:
    """Records children on an agenda without a discussion, where the policy lets them pass.

    It is the manager's one act over the list that they read: policy and manager together stand for
    draft and signature. Whatever does not qualify, or changed since, is named with why, and nothing
    is done, unless `those_that_can` are asked for. Raises OwnWordsNeeded, NotToBeRecorded.
    """
    who.require(Permission.record_without_discussion)
    faults = rationale_faults(work.policy.rationale, "/words", words, _WANTED)
    if faults:
        raise OwnWordsNeeded("Say what you read, in your own words.", problems=faults)
    found = await _held_as_seen(work, who, day, items)
    files: dict[UUID, tuple[WholeContact, KnownOfChildren]] = {}
    possible: dict[UUID, list[AgendaItem]] = {}
    refused: list[ItemNotRecorded] = []
    named: set[UUID] = set()
    for place, seen in enumerate(items):
        item = found.get(seen.item_id)
        if item is not None and item.contact.id not in files:
            contact = await contacts.get(work, who.sight, item.contact.id)
            file = await contacts.whole(work, contact)
            files[contact.id] = file, await known_of_children(work, who, file)
        why = _why_not(work, f"/items/{place}", seen, item, files, seen.item_id in named)
        named.add(seen.item_id)
        if item is None or why:
            refused.append(ItemNotRecorded(place, seen.item_id, why))
        else:
            possible.setdefault(item.contact.id, []).append(item)
    if refused and not (possible and those_that_can):
        raise NotToBeRecorded(
            "Nothing was recorded. Leave out what `errors` names, to be decided at the meeting, or "
            "send `those_that_can` to have the rest recorded.",
            problems=[problem for one in refused for problem in one.problems],
        )
    done = {
        contact_id: await _record(work, who, *files[contact_id], of_contact, words)
        for contact_id, of_contact in possible.items()
    }
    after = await contacts.several(work, who.sight, list(done))
    return Recorded(
        [IncidentSettled(after[one], decisions) for one, decisions in done.items()], refused
    )


async def _held_as_seen(
    work: Work, who: Caller, day: date, items: Sequence[ItemSeen]
) -> Mapping[UUID, AgendaItem]:
    """The items as they stand now, with all that is known beside them; their contacts are held."""
    named = [one.item_id for one in items]
    known = await daily_meetings.several(work, who.sight, day, named)
    await contacts.hold_all(work, who.sight, [one.contact_id for one in known.values()])
    page = await agendas.only(work, who.sight, day, london_date(work.now), named)
    found = await with_history(work, who, page, day, work.policy)
    return {one.item.id: one for one in found}


def _why_not(
    work: Work,
    at: str,
    seen: ItemSeen,
    item: AgendaItem | None,
    files: Mapping[UUID, tuple[WholeContact, KnownOfChildren]],
    twice: bool,
) -> list[Problem]:
    """Everything that forbids to record one item as it was seen."""
    if twice:
        return [Problem(f"{at}/item_id", "Name each item once.", "item_named_twice")]
    if item is None:
        missing = daily_meetings.item_missing()
        return [Problem(f"{at}/item_id", missing.detail, missing.code)]
    problems = [Problem(at, why.message, why.code) for why in item.discussed_because]
    _, known = files[item.contact.id]
    if any(one.match.answer is None for one in known.matches):
        told = "Somebody on file may be a child on it: say first whether it is the same child."
        problems.append(Problem(at, told, PossibleMatchUnresolved.code))
    if item.contact.version != seen.contact_version:
        told = "This was changed since you read it. Read it again before you record it."
        problems.append(Problem(f"{at}/contact_version", told, "stale"))
    return list({problem.code: problem for problem in problems}.values())


async def _record(
    work: Work,
    who: Caller,
    file: WholeContact,
    known: KnownOfChildren,
    items: Sequence[AgendaItem],
    words: str,
) -> list[Decision]:
    """Records children of one contact, and lets the contact follow."""
    children = {one.id: one for one in file.children}
    made: list[Decision] = []
    for item in items:
        child = children[item.child.id]
        policy = work.policy
        new = NewDecision(
            child_id=child.id,
            level_of_need=policy.recorded_notifications.level,
            outcome=Outcome.no_further_action,
            rationale=rationale_of(item, policy.stamp),
        )
        draft = new_draft(work, who, file, child, new, None, known)
        made.append(
            replace(
                draft,
                state=DECISION.after(draft.state, DecisionAction.agree),
                answered_at=work.now,
                answered_by=who.account_id,
                answer_words=words,
                recorded_under=policy.stamp,
            )
        )
        waits = CHILD.after(child.state, ChildAction.decide)
        await contacts.set_child(work, child.id, CHILD.after(waits, ChildAction.sign_off), work.now)
    work.add(*made)
    recorded = {one.child_id for one in made}
    last = all(child.id in recorded or child.state is ChildState.decided for child in file.children)
    steps = (
        (ContactAction.decide_last_child, ContactAction.sign_last_decision)
        if last
        else (ContactAction.decide_a_child, ContactAction.sign_a_decision)
    )
    contact = file.contact
    for step in steps:
        contact = replace(contact, state=state_after(contact, step))
    if last:
        await stop_clocks(work, contact.id, contact.id, STOPPED_WHEN_DECIDED, "decided")
    for one in made:
        await settle_item(work, who, contact.id, one.child_id, one.id)
    await changed_to(work, file.contact, state=contact.state, decided_at=work.now if last else None)
    _record_event(work, who, contact.id, contact.state, made)
    return made


def _record_event(
    work: Work, who: Caller, contact_id: UUID, contact_state: str, made: Sequence[Decision]
) -> None:
    """Keeps the event of one contact: of the decision, or of the contact where it is of several."""
    work.record(
        EventType.decision_signed,
        who,
        made[0].id if len(made) == 1 else contact_id,
        contact_id=contact_id,
        about=[one.person_id for one in made],
        contact_state=contact_state,
        **of_each(
            "decisions",
            [
                {
                    "decision_id": one.id,
                    "child_id": one.child_id,
                    "outcome": one.outcome,
                    "recorded_under": one.recorded_under,
                }
                for one in made
            ],
        ),
    )
