"""Contacts as they were amended: the clocks that run on them, and the danger that is told late."""

from service.domain.access import Caller
from service.domain.contact_kind_rules import START_AT_RECEIPT
from service.domain.contact_kinds import KIND_CLOCKS, VISIT_CLOCKS
from service.domain.contacts import ACKNOWLEDGE_CLOCK, ANONYMOUS, Contact
from service.domain.daily_meetings import MEETING_CLOCK
from service.domain.dangers import RATING_CLOCK, RATING_IN_DANGER, DangerTold
from service.domain.flags import SubjectKind
from service.domain.whole_contacts import WholeContact
from service.domain_services.dangers import flag_danger, heed_danger, start_rating_clock
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.units_of_work import Work


async def restart_clocks(work: Work, who: Caller, file: WholeContact, amended: Contact) -> Contact:
    """Lets the clocks of a contact follow an amendment, and heeds the danger that it tells.

    Danger that was told before is flagged anew where its clock began at another time.
    """
    await _start_again(work, file, amended)
    if amended.immediate_danger and not file.contact.immediate_danger:
        return await heed_danger(work, who, amended, DangerTold.immediate_danger)
    if amended.danger is not None and amended.rating is RATING_IN_DANGER:
        await flag_danger(work, amended, RATING_CLOCK)
    return amended


_FROM_RECEIPT = frozenset({*START_AT_RECEIPT, MEETING_CLOCK, RATING_CLOCK, *KIND_CLOCKS}) - {
    *VISIT_CLOCKS
}


async def _start_again(work: Work, file: WholeContact, amended: Contact) -> None:
    """Clocks that start at receipt start again when it turns out to have been another time.

    Who is acknowledged may change, too: nobody can tell an anonymous caller that it arrived.
    """
    running = {
        one.kind
        for one in file.deadlines
        if one.kind in _FROM_RECEIPT and one.subject_id == amended.id and one.stopped_at is None
    }
    wanted = set(running)
    if amended.source_code == ANONYMOUS:
        wanted.discard(ACKNOWLEDGE_CLOCK)
    elif amended.acknowledged_at is None:
        wanted.add(ACKNOWLEDGE_CLOCK)
    moved = amended.received_at != file.contact.received_at
    stopped = running if moved else running - wanted
    if stopped:
        because = "received_at_amended" if moved else "nobody_to_acknowledge"
        await stop_clocks(work, amended.id, amended.id, sorted(stopped), because)
    for kind in sorted(wanted if moved else wanted - running):
        if kind == RATING_CLOCK and amended.rating is not None:
            start_rating_clock(work, amended, amended.rating)
        else:
            start_clock(
                work, kind, SubjectKind.contact, amended.id, amended.id, amended.received_at
            )
