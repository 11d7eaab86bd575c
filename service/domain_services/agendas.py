"""The agenda of a daily meeting: what is shown and known beside each of its items."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from service.domain.access import Caller
from service.domain.concerns import windows
from service.domain.daily_meetings import AgendaItem, ContactBefore, EarlierCounts
from service.domain.recorded_notifications import why_not_recorded
from service.persistence.asking import Asking
from service.persistence.repositories import agendas, daily_meetings
from service.policy import Policy

# So many earlier contacts are shown with a child; all of them are counted.
_SHOWN = 20


async def with_history(
    ask: Asking,
    who: Caller,
    page: Sequence[agendas.OnAgenda],
    day: date,
    policy: Policy,
) -> list[AgendaItem]:
    """What is shown beside each item: asked for all of them at once."""
    if not page:
        return []
    items = [one.item for one in page]
    rules = policy.repeat_concern
    received = {one.contact.id: one.contact.received_at for one in page}
    within = {contact_id: windows(rules, at) for contact_id, at in received.items()}
    since = min(one.months_from for one in within.values())
    known = await agendas.known_beside(ask, who.sight, page, since)
    before = await daily_meetings.carried_before(ask, items)
    away = await daily_meetings.carried_to(ask, items)
    found: list[AgendaItem] = []
    for one in page:
        own = within[one.contact.id]
        of_child = [
            contact
            for contact in known.earlier.get(one.child.person_id, ())
            if contact.contact_id != one.contact.id and contact.received_at > own.months_from
        ]
        shown = AgendaItem(
            item=one.item,
            notification=one.notification,
            contact=one.contact,
            child=one.child,
            others=[child for child in known.siblings[one.contact.id] if child.id != one.child.id],
            short=_counts(of_child, own.short_from),
            long=_counts(of_child, own.long_from),
            months=_counts(of_child, own.months_from),
            earlier=of_child[:_SHOWN],
            open_case=known.cases.get(one.child.person_id),
            agencies=sorted({c.organisation_id for c in of_child if c.organisation_id is not None}),
            carried_from=before.get(one.item.id),
            carried_to=away.get(one.item.id),
            overdue_from=one.item.meeting_on if one.item.meeting_on < day else None,
            police_updates=known.updates.get(one.notification.id, ()),
            told_before=one.child.id in known.told_before,
            others_on_file=frozenset(
                child.id
                for child in known.siblings[one.contact.id]
                if child.id != one.child.id and child.id in known.told_before
            ),
        )
        notice = known.schools.get(one.child.id)
        shown = replace(shown, school_notice=None if notice is None else notice.outcome)
        why = why_not_recorded(policy, shown)
        found.append(replace(shown, discussed_because=why))
    return found


def _counts(earlier: Sequence[ContactBefore], since: datetime) -> EarlierCounts:
    """How many of the other contacts were received after an instant."""
    counted = [one for one in earlier if one.received_at > since]
    return EarlierCounts(len(counted), sum(one.risk is not None for one in counted))
