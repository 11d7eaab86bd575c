"""Lists of transfers over HTTP: what managers ask of the step-ups and step-downs."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.cursors import Place
from api.deps import Who, ask, house_of, next_place, place_of
from api.measure_cases import Behind
from api.replies import page
from api.routing import FrontDoorRoute
from api.schemas.fields import CursorText, FlagParameter, Limit, Page, WholeParameter
from api.schemas.transfer_lists import ListedTransfer
from service.domain.challenges import ChallengeOutcome
from service.domain.measures import BreakdownNotPossible, Counted, MeasureCountsOthers
from service.domain.transfer_lists import TransferFilters
from service.domain.transfers import Direction, TransferState, WaitsFor
from service.strict.fields import Id, Instant, Line
from service.usecases import transfer_lists

router = APIRouter(prefix="/v1/transfers", tags=["transfers"], route_class=FrontDoorRoute)

_Codes = Sequence[Annotated[str, Line(64)]]
_Teams = Sequence[Annotated[str, Line(64)]]


async def transfer_filters(
    request: Request,
    asked: Behind,
    direction: Annotated[
        Direction | None, Query(description="Only this direction.", examples=["step_down"])
    ] = None,
    state: Annotated[
        Sequence[TransferState],
        Query(max_length=11, description="Only these states.", examples=[["refusal_pending"]]),
    ] = (),
    open: Annotated[
        FlagParameter | None, Query(description="Only open ones (true) or ended ones (false).")
    ] = None,
    waits_for: Annotated[
        Sequence[WaitsFor],
        Query(
            max_length=9, description="Only open ones that wait for these.", examples=[["answer"]]
        ),
    ] = (),
    waiting_over_working_days: Annotated[
        Annotated[int, WholeParameter(0, 1000)] | None,
        Query(
            description="Only open ones that were asked for more than so many working days ago.",
            examples=[5],
        ),
    ] = None,
    stuck: Annotated[
        FlagParameter | None,
        Query(description="Only those with a running limit that has passed (true), or without."),
    ] = None,
    town: Annotated[
        Annotated[str, Line(100)] | None,
        Query(description="Only contacts from this town.", examples=["Riverbourne"]),
    ] = None,
    reason_code: Annotated[
        _Codes,
        Query(max_length=30, description="Only these reasons.", examples=[["risk_increased"]]),
    ] = (),
    refusal_code: Annotated[
        _Codes,
        Query(
            max_length=30,
            description="Only those once refused for these reasons, whatever became of it.",
            examples=[["below_threshold"]],
        ),
    ] = (),
    sender_team_id: Annotated[
        _Teams,
        Query(max_length=30, description="Only from these teams.", examples=[["family-centres"]]),
    ] = (),
    receiver_team_id: Annotated[
        _Teams, Query(max_length=30, description="Only to these teams.", examples=[["mash"]])
    ] = (),
    person_id: Annotated[Id | None, Query(description="Only this child, across contacts.")] = None,
    contact_id: Annotated[Id | None, Query(description="Only what came of this contact.")] = None,
    requested_from: Annotated[
        Instant | None, Query(description="Only those asked for at this instant or later.")
    ] = None,
    requested_to: Annotated[
        Instant | None, Query(description="Only those asked for before this instant.")
    ] = None,
    refused_from: Annotated[
        Instant | None,
        Query(description="Only those refused at this instant or later, whatever became of it."),
    ] = None,
    refused_to: Annotated[
        Instant | None,
        Query(description="Only those refused before this instant, whatever became of it."),
    ] = None,
    challenged: Annotated[
        FlagParameter | None,
        Query(description="Only those whose refusal was ever challenged (true), or never was."),
    ] = None,
    challenge_outcome: Annotated[
        Sequence[ChallengeOutcome],
        Query(
            max_length=5, description="Only those whose challenge ended so.", examples=[["upheld"]]
        ),
    ] = (),
    raised_by: Annotated[
        Id | None, Query(description="Only those whose refusal this account challenged.")
    ] = None,
) -> TransferFilters:
    """What lists and exports of transfers are narrowed by; all that are given hold together."""
    return TransferFilters(
        direction=direction,
        states=state,
        open=open,
        waits_for=waits_for,
        waiting_over_working_days=waiting_over_working_days,
        stuck=stuck,
        town=town,
        reason_codes=reason_code,
        refusal_codes=refusal_code,
        sender_team_ids=sender_team_id,
        receiver_team_ids=receiver_team_id,
        person_id=person_id,
        contact_id=contact_id,
        requested_from=requested_from,
        requested_to=requested_to,
        refused_from=refused_from,
        refused_to=refused_to,
        challenged=challenged,
        challenge_outcomes=challenge_outcome,
        raised_by=raised_by,
        behind=asked.of(Counted.transfers, house_of(request).clock()),
    )


Filters = Annotated[TransferFilters, Depends(transfer_filters)]
"""What lists and exports of transfers are narrowed by."""


@router.get(
    "",
    response_model=Page[ListedTransfer],
    responses=problems(MeasureCountsOthers, BreakdownNotPossible),
)
async def list_transfers(
    request: Request,
    who: Who,
    filters: Filters,
    asked: Behind,
    limit: Limit = 50,
    cursor: CursorText | None = None,
) -> Response:
    """List transfers, newest first, each with its history and its challenges in short.

    Filters hold together; those on a refusal are of one and the same refusal, those on a challenge
    of one and the same challenge. Each figure of a measure of transfers gives the filter that lists
    its very cases. What was said is in the transfer itself.
    """
    # An instant that was not named is another for each page, so what was asked is signed.
    signed: dict[str, Any] = {
        name: getattr(filters, name) for name in TransferFilters.__slots__ if name != "behind"
    } | asked.signed()
    place = place_of(request, who, "transfers", cursor, signed)
    after: Any = None if place is None else (place.key[0], place.id)
    house = house_of(request)
    now, policy = house.clock(), house.policy
    question = partial(
        transfer_lists.list_transfers,
        who=who,
        filters=filters,
        now=now,
        policy=policy,
        limit=limit + 1,
        after=after,
    )
    if filters.behind is None:
        found = await ask(request, question)
    else:
        found = await house.ask_at_length(question)
    shown = found[:limit]
    following = None
    if len(found) > limit:
        last = shown[-1].transfer
        following = next_place(
            request, who, "transfers", Place((last.requested_at,), last.id), signed
        )
    return page(
        [ListedTransfer.of(one, now, policy) for one in shown], request=request, cursor=following
    )
