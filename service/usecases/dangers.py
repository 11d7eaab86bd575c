"""Danger that was told before this release heeded it, and contacts that wait for no rating yet."""

from service.domain.dangers import RATED_CLOCK, danger_in
from service.domain.errors import Stale
from service.domain.flags import SubjectKind
from service.domain_services.dangers import heed_danger
from service.domain_services.one_by_one import deal_with_each
from service.persistence.asking import Asking
from service.persistence.clocks import start_clock
from service.persistence.repositories import contacts, unheeded
from service.persistence.units_of_work import Performing, Work

BATCH = 100


async def heed_what_was_told(house: Performing, *, batch: int = BATCH) -> int:
    """Makes open contacts red of which danger was told unheeded; has the others wait for a rating.

    They were logged by a release that did neither. Each is dealt with in its own transaction, once;
    one that cannot be keeps no other waiting. Returns how many.
    """

    async def find(ask: Asking, after: unheeded.Unheeded | None) -> list[unheeded.Unheeded]:
        after_id = None if after is None else after.contact_id
        return await unheeded.open_contacts(ask, limit=batch, after_id=after_id)

    return await deal_with_each(house, find, _heed, batch=batch)


async def _heed(work: Work, found: unheeded.Unheeded) -> None:
    """Deals with one contact. Raises Stale when there is nothing left to do."""
    await contacts.renew(work, found.contact_id)
    still = await unheeded.open_contacts(work, limit=1, only=found.contact_id)
    if not still:
        raise Stale(found.version)
    contact = await unheeded.contact_of(work, still[0])
    danger = danger_in(immediate=contact.immediate_danger, high_risk=still[0].high_risk)
    if danger is not None and contact.danger is None:
        await heed_danger(work, None, contact, danger)
        return
    subject = (SubjectKind.contact, contact.id, contact.id)
    start_clock(work, RATED_CLOCK, *subject, contact.received_at)
