"""Queues: what waits for somebody, each role its own."""

from service.domain.access import Caller, Permission
from service.domain.queues import Queue, QueueFilters, QueueItem
from service.persistence.asking import Asking
from service.persistence.keysets import Place
from service.persistence.repositories import queues

PERMISSION_OF = {
    Queue.contacts: Permission.read_queue_contacts,
    Queue.sign_off: Permission.read_queue_sign_off,
    Queue.allocation: Permission.read_queue_allocation,
    Queue.information_requests: Permission.read_queue_information_requests,
    Queue.step_up: Permission.read_queue_step_up,
    Queue.step_down: Permission.read_queue_step_down,
    Queue.challenges: Permission.read_queue_challenges,
    Queue.strategy: Permission.read_queue_strategy,
    Queue.pre_birth: Permission.read_queue_pre_birth,
    Queue.mine: Permission.read_queue_mine,
}


async def read_queue(
    ask: Asking,
    who: Caller,
    queue: Queue,
    filters: QueueFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[QueueItem]:
    """The lines of a queue that the caller may see: red first, then by deadline, soonest first."""
    who.require(PERMISSION_OF[queue])
    return await queues.soonest_first(
        ask,
        who.sight,
        queue,
        filters,
        limit=limit,
        after=after,
        transfers=who.may(Permission.read_transfers),
    )
