"""Files of police notifications checked and loaded as one, by a worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from uuid import UUID

from service.domain.access import Caller
from service.domain.authority import Organisation
from service.domain.calendar import london_date
from service.domain.concerns import InOneFile
from service.domain.contact_warnings import what_could_not_be_read
from service.domain.contacts import Channel
from service.domain.errors import Problem, Stale
from service.domain.events import EventType, Whom
from service.domain.new_contacts import Faults, NewChild, NewContact, kept_in
from service.domain.people import Person
from service.domain.police_notifications import (
    MOST_FAULTS,
    FileTaking,
    ImportAction,
    ImportFault,
    NewNotification,
    NotificationImport,
    PoliceNotification,
    check_incident,
    danger_of,
)
from service.domain.police_rows import RowFault
from service.domain.police_updates import all_told, digests, is_news
from service.domain.recognition import Recognised, recognised
from service.domain_services.concerns import look_up_concerns
from service.domain_services.daily_meetings import put_on_agenda
from service.domain_services.new_contacts import (
    PreparedContact,
    add_contact,
    as_adults,
    at_children,
    begin_contact,
    check_contact,
    clear_contact,
    contact_of,
    prepare_contact,
    with_matches,
)
from service.domain_services.people import ToldOfPerson, change_people
from service.domain_services.police_forces import (
    ALSO_STARTING,
    as_force_told,
    new_notification,
)
from service.domain_services.police_notifications import claim_file, move_import
from service.domain_services.police_updates import (
    digests_told_last,
    keep_update,
)
from service.integrations.police_files import (
    IncidentRows,
    as_row_fault,
    incidents,
    told_of,
)
from service.persistence.asking import Asking
from service.persistence.failures import AlreadyThere
from service.persistence.ids import new_id
from service.persistence.repositories import (
    accounts,
    daily_meetings,
    people,
    police_notifications,
    police_tellings,
)
from service.persistence.units_of_work import Performing, Work
from service.policy import Policy

# So many rows are checked before it is said how far it has come.
_ROWS_AT_ONCE = 500
_ATTEMPTS = 3


async def load_notifications(house: Performing) -> int:
    """Checks each file that waits, and loads it whole or refuses it whole. Returns how many.

    A file is claimed by a conditional write, and every step asks for the version that the claim
    left: so it is loaded once with two workers at once, and one whose worker died is taken over.
    """
    done = 0
    while True:
        try:
            claimed = await house.perform(claim_file)
            if claimed is None:
                return done
            await _deal_with(house, claimed)
        except Stale:
            # Another worker was quicker, or took the file over.
            continue
        done += 1


async def _deal_with(house: Performing, claimed: NotificationImport) -> None:
    text = await house.ask_at_length(lambda ask: police_notifications.content_of(ask, claimed))
    force = house.policy.organisation(claimed.organisation_id)
    checking = _Checking(claimed, force)
    part: list[IncidentRows] = []
    rows = 0
    for incident in incidents(text):
        part.append(incident)
        rows += len(incident.rows)
        if rows >= _ROWS_AT_ONCE:
            claimed = await _check(house, claimed, checking, part)
            part, rows = [], 0
    claimed = await _check(house, claimed, checking, part)
    found = claimed
    sound = claimed.taking is FileTaking.sound_incidents and checking.sound
    if checking.total and not sound:
        await house.perform(lambda work: _refuse(work, found, checking))
        return
    found = await house.perform(lambda work: move_import(work, claimed, ImportAction.load))
    await _load(house, found, force, checking)


@dataclass(frozen=True, slots=True)
class _Present:
    now: datetime
    policy: Policy


class _Checking:
    """What has been found out about the rows of a file so far."""

    def __init__(self, claimed: NotificationImport, force: Organisation) -> None:
        self._file = claimed
        self._force = force
        self._first_rows: dict[str, int] = {}
        self.told: list[NewNotification] = []
        self.updates: list[tuple[PoliceNotification, NewNotification]] = []
        self.sent_before = 0
        self.faults: list[RowFault] = []
        self.kept: list[RowFault] = []
        self.total = 0
        self.left_out = 0
        self.kept_as_told = 0
        self.rows = 0

    @property
    def sound(self) -> bool:
        """Whether any incident is without a fault."""
        return bool(self.told or self.updates or self.sent_before)

    def fault(self, *faults: RowFault) -> None:
        """Counts faults, and keeps the first of them word for word."""
        self.total += len(faults)
        self.faults += faults[: max(0, MOST_FAULTS - len(self.faults))]

    def read(self, incident: IncidentRows, present: _Present) -> NewNotification | None:
        """What an incident tells; None when there is a fault in it."""
        found = self._read(incident, present)
        if found is None:
            self.left_out += 1
            return None
        kept = what_could_not_be_read(kept_in(found.contact))
        self.kept_as_told += len(kept)
        self.kept += [
            as_row_fault(incident, Problem(one.pointer, one.message, one.code))
            for one in kept[: max(0, MOST_FAULTS - len(self.kept))]
        ]
        return found

    def _read(self, incident: IncidentRows, present: _Present) -> NewNotification | None:
        self.rows += len(incident.rows)
        new, faults = told_of(incident, channel=self._file.channel)
        self.fault(*faults)
        if new is None:
            return None
        first = self._first_rows.setdefault(new.incident_number, incident.first)
        if first != incident.first:
            self.fault(
                RowFault(
                    incident.first,
                    "incident_number",
                    "sent_twice",
                    f"This incident is on row {first} already: leave it out, or put all rows of "
                    "one incident one after the other.",
                )
            )
            return None
        by_force = self._file.channel is Channel.partner_system
        told = as_force_told(new.contact, self._force, new.incident_number, sent_by_force=by_force)
        told = clear_contact(present, told)
        received_at = told.received_at or self._file.submitted_at
        told = replace(told, received_at=received_at)
        found = Faults()
        check_contact(present, told, found, also_starting=ALSO_STARTING)
        check_incident(found, new, received_at, present.now)
        contact = contact_of(present, self._file.submitted_by, told, danger_of(new))
        adults = as_adults(told, contact.id)
        nobody = Recognised([None] * len(told.children), {}, [()] * len(told.children))
        prepare_contact(present, contact, told, adults, nobody, found)
        problems = found.problems()
        self.fault(*(as_row_fault(incident, problem) for problem in problems))
        return None if problems else replace(new, contact=told)


async def _check(
    house: Performing,
    claimed: NotificationImport,
    checking: _Checking,
    part: Sequence[IncidentRows],
) -> NotificationImport:
    """Checks some rows, and says how far it has come."""
    present = _Present(house.clock(), house.policy)
    read = [(incident, checking.read(incident, present)) for incident in part]
    told_of_part = [(incident, new) for incident, new in read if new is not None]
    numbers = [new.incident_number for _, new in told_of_part]
    before = await house.ask(
        lambda ask: police_notifications.on_file(ask, claimed.organisation_id, numbers)
    )
    updates = await house.ask(
        lambda ask: police_tellings.updates_of_several(ask, [one.id for one in before.values()])
    )
    for _, new in told_of_part:
        on_file = before.get(new.incident_number)
        if on_file is None:
            checking.told.append(new)
            continue
        found = updates.get(on_file.id, [])
        last = await house.ask(partial(digests_told_last, notification=on_file, updates=found))
        if is_news(found, last, digests(all_told(new))):
            checking.updates.append((on_file, new))
        else:
            checking.sent_before += 1
    return await house.perform(
        lambda work: police_notifications.progress(work, claimed, checking.rows)
    )


async def _refuse(work: Work, claimed: NotificationImport, checking: _Checking) -> None:
    """Refuses a file: nothing of it is loaded, its faults are kept, its text is not."""
    who = await _sender(work, claimed)
    await move_import(
        work,
        claimed,
        ImportAction.refuse,
        faults_total=checking.total,
        finished_at=work.now,
    )
    await police_notifications.forget_content(work, claimed.id)
    _keep_faults(work, claimed, checking)
    work.record(
        EventType.police_notifications_refused,
        who,
        claimed.id,
        about=Whom.nobody,
        rows=claimed.rows_total,
        faults=checking.total,
    )


def _keep_faults(work: Work, claimed: NotificationImport, checking: _Checking) -> None:
    # What has to be put right comes before what was taken all the same.
    said = [*checking.faults, *checking.kept][:MOST_FAULTS]
    in_order = sorted(said, key=lambda fault: fault.row)
    work.add(
        *(
            ImportFault(new_id(), claimed.id, one.row, one.column, one.code, one.message)
            for one in in_order
        )
    )


async def _sender(ask: Asking, claimed: NotificationImport) -> Caller:
    """Who sent a file, as what is loaded of it names them: they may do nothing by it."""
    account = await accounts.get(ask, claimed.submitted_by)
    if account is None:
        raise LookupError("the account that sent a file is gone")
    return Caller(
        account_id=account.id,
        issuer=account.issuer,
        subject=account.subject,
        name=account.name,
        client_id=account.client_id,
        organisation_id=account.organisation_id,
        team_id=account.team_id,
        roles=frozenset(),
        scopes=frozenset(),
    )


class _MovedOn(Exception):
    """What was read before loading has changed since: it is read again."""


@dataclass(frozen=True, slots=True)
class _OnFile:
    """What is on file when a file of notifications is about to be loaded."""

    sender: Caller
    bearers: dict[str, Person]
    concluded: frozenset[date]


async def _load(
    house: Performing,
    claimed: NotificationImport,
    force: Organisation,
    checking: "_Checking",
) -> None:
    """Loads the incidents of a file that are free of faults, all of them in one transaction.

    Who is on file is asked before it, for all rows at once, and looked at once more in it: so the
    write lock is held for writing alone.
    """
    children = [child for new in checking.told for child in new.contact.children]
    for attempt in range(1, _ATTEMPTS + 1):
        known = await house.ask_at_length(lambda ask: _read_known(ask, house, claimed, children))
        try:
            await house.perform(
                partial(_write, claimed=claimed, force=force, checking=checking, known=known)
            )
        except (_MovedOn, AlreadyThere):
            if attempt == _ATTEMPTS:
                raise
        else:
            return


async def _read_known(
    ask: Asking, house: Performing, claimed: NotificationImport, children: Sequence[NewChild]
) -> _OnFile:
    return _OnFile(
        sender=await _sender(ask, claimed),
        bearers=await people.bearers_of(ask, children),
        concluded=await daily_meetings.concluded_days(ask, london_date(house.clock())),
    )


async def _write(
    work: Work,
    claimed: NotificationImport,
    force: Organisation,
    checking: _Checking,
    known: _OnFile,
) -> None:
    bearers = dict(known.bearers)
    fresh: dict[UUID, Person] = {}
    learnt: dict[UUID, list[ToldOfPerson]] = {}
    learnt_on: dict[UUID, UUID] = {}
    heard = InOneFile(work.policy.repeat_concern)
    days: set[date] = set()
    # All is asked before anything is added: a statement in an open transaction would write it.
    prepared: list[tuple[NewNotification, PreparedContact, bool]] = []
    for new in checking.told:
        known_by = _recognised(new.contact, bearers)
        contact = contact_of(work, claimed.submitted_by, new.contact, danger_of(new))
        adults = as_adults(new.contact, contact.id)
        made = prepare_contact(work, contact, new.contact, adults, known_by, Faults())
        fresh |= {person.id: person for person in made.fresh}
        for one in made.learnt:
            person = one.after
            if person.id in fresh:
                fresh[person.id] = person
            else:
                learnt.setdefault(person.id, []).append(one)
                learnt_on[person.id] = made.contact.id
            for number in (person.nhs_number, person.unique_pupil_number):
                if number is not None:
                    bearers[number] = person
        # Asked before anything opens a transaction, so that the write lock is not held for it.
        receipt = await look_up_concerns(
            work.look,
            work.policy,
            contact,
            new.contact.children,
            adults,
            people=[one.id for one in known_by.people if one is not None and one.id not in fresh],
            counted=False,
        )
        made, concern = await with_matches(work, made, receipt)
        repeated = heard.after_another(contact, made.children) or bool(concern.raised_by)
        prepared.append((new, made, repeated))
    for new, made, repeated in prepared:
        add_contact(work, made)
        begin_contact(work, known.sender, made, also_starting=ALSO_STARTING, repeated=repeated)
        day = work.policy.first_daily_meeting(made.contact.received_at, work.now, known.concluded)
        days.add(day)
        notification = new_notification(new, force, made.contact.id, day, claimed.id)
        work.add(notification)
        for child in made.children:
            put_on_agenda(work, notification, child.id, day)
    work.add(*fresh.values())
    _record_import(work, known.sender, claimed, checking)
    _keep_faults(work, claimed, checking)
    # The first statement: all that was added is written with it, and only then is it looked
    # whether the file is still this worker's and the record still what it was.
    await move_import(
        work,
        claimed,
        ImportAction.finish,
        notifications_made=len(checking.told),
        updates_made=len(checking.updates),
        sent_before=checking.sent_before,
        faults_total=checking.total,
        incidents_left_out=checking.left_out,
        facts_kept_as_told=checking.kept_as_told,
        finished_at=work.now,
    )
    await police_notifications.forget_content(work, claimed.id)
    for day in sorted(days):
        if not await daily_meetings.hold_open(work, day):
            raise _MovedOn
    # In one order by everybody, as each holds its contact.
    for before, new in sorted(checking.updates, key=lambda one: one[0].contact_id):
        await keep_update(work, known.sender, before, new, claimed.id)
    await _follow(work, known, checking.told, fresh, learnt, learnt_on)


def _record_import(
    work: Work, sender: Caller, claimed: NotificationImport, checking: _Checking
) -> None:
    work.record(
        EventType.police_notifications_imported,
        sender,
        claimed.id,
        about=Whom.nobody,
        rows=claimed.rows_total,
        notifications=len(checking.told),
        updates=len(checking.updates),
        faults=checking.total,
        left_out=checking.left_out,
    )


def _recognised(new: NewContact, bearers: Mapping[str, Person]) -> Recognised:
    """Who the children of one notification are, as a force's own system would have them known."""
    numbers = {
        number
        for child in new.children
        for number in (child.nhs_number, child.unique_pupil_number)
        if number is not None and number in bearers
    }
    return recognised(
        Faults(),
        at_children(new),
        {},
        {number: bearers[number] for number in numbers},
        from_partner=True,
    )


async def _follow(
    work: Work,
    known: _OnFile,
    told: Sequence[NewNotification],
    fresh: Mapping[UUID, Person],
    learnt: Mapping[UUID, Sequence[ToldOfPerson]],
    learnt_on: Mapping[UUID, UUID],
) -> None:
    """Lets the file follow what was told of children who were on it. Raises _MovedOn."""
    children = [child for new in told for child in new.contact.children]
    now_on_file = await people.bearers_of(work, children)
    before = {number: one for number, one in now_on_file.items() if one.id not in fresh}
    if before != known.bearers:
        raise _MovedOn
    for person_id in sorted(learnt):
        steps = learnt[person_id]

        def learning(held: Person, steps: Sequence[ToldOfPerson] = steps) -> Person:
            for one in steps:
                held = one.learning(held)
            return held

        whole = ToldOfPerson(steps[0].before, learning)
        if whole.after != whole.before:
            await change_people(work, known.sender, learnt_on[person_id], [whole])
