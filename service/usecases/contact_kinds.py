"""Kinds of contact: steps are recorded on the path of one, it ends, or it is of another kind."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.contact_kind_rules import (
    START_AT_RECEIPT,
    CannotReclassify,
    KindUnchanged,
    ManagerEnds,
    away_from_a_decision,
    clocks_at_receipt,
    needs_a_manager,
    require_ending,
    require_on_a_path,
    require_step,
    steps_taken,
)
from service.domain.contact_kinds import (
    DECIDED_KINDS,
    KIND_CLOCKS,
    VISIT_CLOCKS,
    ContactKind,
    KindAct,
    KindAction,
    KindRules,
    NewEnding,
    NewStep,
)
from service.domain.contact_minimums import require_minimum
from service.domain.contacts import (
    ACKNOWLEDGE_CLOCK,
    ANONYMOUS,
    Contact,
    ContactAction,
    possible_now,
    require_undecided,
    state_after,
)
from service.domain.dangers import RATED_CLOCK, RATING_CLOCK, RATING_IN_DANGER
from service.domain.decisions import OwnWordsNeeded
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.own_words import require_own_words
from service.domain.possible_matches import PossibleMatchUnresolved
from service.domain.whole_contacts import WholeContact
from service.domain_services.concerns import start_concern_clock_if_missed
from service.domain_services.dangers import flag_danger, start_rating_clock
from service.domain_services.information_requests import withdraw_open_requests
from service.domain_services.lives import changed_to
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.ids import new_id
from service.persistence.repositories import contacts
from service.persistence.units_of_work import Work


async def record_contact_step(
    work: Work, who: Caller, contact_id: UUID, version: int, new: NewStep
) -> WholeContact:
    """Records a step on the path of a contact: the clock of its name stops.

    Where the step is to be taken again, the next clock starts when it was taken. Raises
    ContactNotFound, Stale, WrongState, StepNotPossible or OwnWordsNeeded.
    """
    who.require(Permission.end_contact)
    contact = await contacts.held(work, who.sight, contact_id, version)
    state_after(contact, ContactAction.record_step)
    if contact.kind is ContactKind.concern:
        raise possible_now(contact, "A concern is decided for each child: it has no such steps.")
    rules = work.policy.kind(contact.kind)
    require_step(rules, contact, new, work.now)
    require_own_words(work.policy.rationale, "/words", new.words, OwnWordsNeeded)
    file = await contacts.whole(work, contact)
    await stop_clocks(
        work,
        contact.id,
        contact.id,
        rules.clocks_of(new.step),
        "step_recorded",
        happened_at=new.happened_at,
    )
    last = max((_taken(file, new.step), new.happened_at))
    following = rules.next_clock(new.step, contact.received_at, last)
    if following is not None:
        _start(work, contact, following, last)
    await changed_to(work, contact)
    said = {"code": new.step, "happened_at": new.happened_at}
    _keep(work, who, contact, KindAction.step_recorded, new.words, **said)
    work.record(
        EventType.contact_step_recorded,
        who,
        contact.id,
        contact_id=contact.id,
        about=[child.person_id for child in file.children],
        happened_at=new.happened_at,
        kind=contact.kind,
        step=new.step,
    )
    return await contacts.whole(work, await contacts.get(work, who.sight, contact.id))


def _taken(file: WholeContact, step: str) -> datetime:
    """When a step was taken last before; when the contact was received where it never was."""
    before = [
        one.happened_at
        for one in file.kind_acts
        if one.action is KindAction.step_recorded and one.code == step
    ]
    return max(before, default=file.contact.received_at)


async def end_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, new: NewEnding
) -> WholeContact:
    """Ends a contact that is no concern, as its path allows: its clocks stop, nobody is decided.

    What is urgent, and what the policy says, is ended by a manager who did not log it. Raises
    ContactNotFound, Stale, WrongState, ManagerEnds, PossibleMatchUnresolved or EndingIncomplete.
    """
    who.require(Permission.end_contact)
    contact = await contacts.held(work, who.sight, contact_id, version)
    state = state_after(contact, ContactAction.end)
    require_on_a_path(contact)
    rules = work.policy.kind(contact.kind)
    _require_who_may_end(who, contact, rules)
    file = await contacts.whole(work, contact)
    if any(child.unanswered_matches for child in file.children):
        raise PossibleMatchUnresolved(
            "Somebody on file may be a child of this contact. Say first whether it is the same "
            "child: then it is known what is on file."
        )
    require_ending(rules, file.children, new, steps_taken(file.kind_acts), work.policy.rationale)
    # Who asked has the answer with the end; else the clock of telling them runs on.
    tells = rules.tells_referrer and contact.source_code != ANONYMOUS
    kept = set() if tells else {ACKNOWLEDGE_CLOCK}
    await _stop_running(work, file, kept, "ended")
    asked = await withdraw_open_requests(work, who, contact.id, "The contact was ended.")
    acknowledged = {}
    if tells and contact.acknowledged_at is None:
        acknowledged = {
            "acknowledged_at": work.now,
            "acknowledged_by": who.account_id,
            "acknowledgement": new.words,
        }
    await changed_to(
        work, contact, state=state, decided_at=work.now, ended_as=new.ending, **acknowledged
    )
    _keep(
        work,
        who,
        contact,
        KindAction.ended,
        new.words,
        code=new.ending,
        passed_to=new.passed_to,
        answers=dict(new.answers),
    )
    work.record(
        EventType.contact_ended,
        who,
        contact.id,
        contact_id=contact.id,
        about=[child.person_id for child in file.children],
        kind=contact.kind,
        ending=new.ending,
        withdrawn_request_ids=asked,
    )
    return await contacts.whole(work, await contacts.get(work, who.sight, contact.id))


def _require_who_may_end(who: Caller, contact: Contact, rules: KindRules) -> None:
    if not needs_a_manager(rules, contact):
        return
    if not who.has_role_for(Permission.turn_contact_away):
        raise ManagerEnds(
            "A manager ends a contact of this kind, and any that is red. Tell the manager what you "
            "know."
        )
    if contact.logged_by == who.account_id:
        raise ManagerEnds(
            "You logged this contact, so another manager ends it. It stays on the desk."
        )


async def _stop_running(work: Work, file: WholeContact, kept: set[str], because: str) -> None:
    contact = file.contact
    running = {
        one.kind
        for one in file.deadlines
        if one.stopped_at is None and one.subject_id == contact.id
    }
    await stop_clocks(work, contact.id, contact.id, sorted(running - kept), because)


async def reclassify_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, kind: ContactKind, because: str
) -> WholeContact:
    """Says that a contact is of another kind, with the reason; also of one that has ended.

    The clocks of the new kind run from receipt: no time is given back. Where children would no
    longer be decided, a manager says it. Raises ContactNotFound, Stale, KindUnchanged,
    CannotReclassify, ContactDecided, WrongState, MinimumMissing or OwnWordsNeeded.
    """
    who.require(Permission.end_contact)
    contact = await contacts.held(work, who.sight, contact_id, version)
    if away_from_a_decision(contact.kind, kind):
        who.require(Permission.turn_contact_away)
    if contact.kind is kind:
        raise KindUnchanged(f"This contact is of the kind {kind} already.", state=contact.state)
    file = await contacts.whole(work, contact)
    if file.notification is not None:
        raise CannotReclassify(
            "The police notified this: it is heard at the daily meeting and decided for each child."
        )
    require_undecided(file.children)
    state = state_after(contact, ContactAction.reclassify)
    require_own_words(work.policy.rationale, "/because", because, OwnWordsNeeded)
    rules = work.policy.kind(kind)
    after = replace(contact, kind=kind)
    require_minimum(after, file.children, file.adults, rules)
    await _follow_kind(work, file, after, rules)
    changed = await changed_to(
        work,
        contact,
        kind=kind,
        state=state,
        decided_at=None,
        ended_as=None,
        reclassified_at=work.now,
    )
    if kind in DECIDED_KINDS:
        await start_concern_clock_if_missed(work, changed, file.children)
    _keep(work, who, changed, KindAction.reclassified, because, was=contact.kind)
    work.record(
        EventType.contact_reclassified,
        who,
        contact.id,
        contact_id=contact.id,
        about=[child.person_id for child in file.children],
        kind=kind,
        was=contact.kind,
    )
    return await contacts.whole(work, await contacts.get(work, who.sight, contact.id))


async def _follow_kind(work: Work, file: WholeContact, after: Contact, rules: KindRules) -> None:
    """Stops the clocks that the new kind does not know; starts those it has, from receipt."""
    mine = [one for one in file.deadlines if one.subject_id == after.id]
    running = {one.kind for one in mine if one.stopped_at is None}
    wanted = set(clocks_at_receipt(after, rules))
    done = steps_taken(file.kind_acts)
    if after.acknowledged_at is not None:
        wanted.discard(ACKNOWLEDGE_CLOCK)
    if after.rating is not None:
        wanted.discard(RATED_CLOCK)
    gone = sorted((running & {*START_AT_RECEIPT, *KIND_CLOCKS}) - wanted)
    await stop_clocks(work, after.id, after.id, gone, "reclassified")
    for clock in clocks_at_receipt(after, rules):
        if clock in wanted - running - done:
            _start(work, after, clock, after.received_at)
    for repeat in rules.repeats:
        if repeat.step in done and not running & {*VISIT_CLOCKS}:
            taken_at = _taken(file, repeat.step)
            if rules.next_clock(repeat.step, after.received_at, taken_at) == repeat.clock:
                _start(work, after, repeat.clock, taken_at)
    if after.rating is not None and RATING_CLOCK not in running:
        start_rating_clock(work, after, after.rating)
        if after.danger is not None and after.rating is RATING_IN_DANGER:
            await flag_danger(work, after, RATING_CLOCK)


def _start(work: Work, contact: Contact, clock: str, at: datetime) -> None:
    start_clock(work, clock, SubjectKind.contact, contact.id, contact.id, at)


def _keep(
    work: Work, who: Caller, contact: Contact, action: KindAction, words: str, **said: Any
) -> None:
    nothing = dict.fromkeys(("was", "code", "passed_to", "answers"))
    work.add(
        KindAct(
            id=new_id(),
            contact_id=contact.id,
            action=action,
            at=work.now,
            by=who.account_id,
            kind=contact.kind,
            words=words,
            **{"happened_at": work.now, **nothing, **said},
        )
    )
