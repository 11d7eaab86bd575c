"""What routes ask for: the house, who is calling, and how a creation or a change is carried out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.errors import NotAuthenticated, TooManyAtOnce, Unavailable
from api.observability import AT_ONCE, current_notes, note_caller, note_left
from api.replies import JSON, etag
from api.requests import TURN, asked_first, errand_of, expected_version, idempotency_key
from api.turns import Turns
from service.bootstrap import Asking, House, KeysUnavailable, Once, TokenRefused, Work
from service.domain.access import Caller
from service.domain.allowances import Errand, holder_of
from service.domain.answers import Answer

Found = TypeVar("Found")

_CALLER: Final = "frontdoor.caller"
_HOW_TO_SIGN_IN = "Send a good access token: `Authorization: Bearer …`."


def house_of(request: Request) -> House:
    """The house that this application serves."""
    house: House = request.app.state.house
    return house


@asked_first
async def calling(request: Request) -> Caller:
    """Who is calling, by the bearer token. One answer for every token that is not good."""
    known: Caller | None = request.scope.get(_CALLER)
    if known is not None:
        return known
    given = [value for name, value in request.scope["headers"] if name == b"authorization"]
    scheme, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
    if scheme.lower() != b"bearer" or not token:
        current_notes().token = "missing" if not given else "no_bearer"
        raise NotAuthenticated(_HOW_TO_SIGN_IN, invalid_token=bool(given))
    try:
        who = await house_of(request).caller(token.strip().decode("ascii", "replace"))
    except KeysUnavailable as refused:
        current_notes().token = refused.reason.value
        raise Unavailable(
            "The identity provider's keys cannot be read just now, so no token can be checked. "
            "Try again shortly."
        ) from None
    except TokenRefused as refused:
        current_notes().token = refused.reason.value
        raise NotAuthenticated(_HOW_TO_SIGN_IN, invalid_token=True) from None
    note_caller(who.account_id)
    request.scope[_CALLER] = who
    await _allow(request, who)
    return who


async def _allow(request: Request, who: Caller) -> None:
    """Takes the request off what its caller may ask, and says whose turn it will be."""
    errand = errand_of(request.scope.get("endpoint"))
    urgent = errand is Errand.urgent
    holder = holder_of(who)
    turns: Turns = request.app.state.turns
    left = await house_of(request).allowances.take(holder, errand)
    note_left(left)
    if left.retry_after is not None:
        request.app.state.manners.metrics.too_many.labels(left.allowance.name).inc()
        if turns.has_room_for(holder):
            await turns.held_back(holder)
        left.or_refused(errand)
    if not turns.has_room_for(holder):
        request.app.state.manners.metrics.too_many.labels(AT_ONCE).inc()
        raise TooManyAtOnce
    apart = urgent or errand is Errand.lengthy
    lane = errand if apart else request.method in _READINGS
    request.scope[TURN] = turns.of(holder, lane, urgent=urgent)


_READINGS: Final = ("GET", "HEAD")


Who = Annotated[Caller, Depends(calling)]
Key = Annotated[UUID, Depends(idempotency_key)]
Version = Annotated[int, Depends(expected_version)]


def rendered(
    model: BaseModel, status: int, *, version: int | None = None, location: str | None = None
) -> Answer:
    """A wire object as an answer that can be kept for a repeated request."""
    headers: dict[str, str] = {}
    if version is not None:
        headers["etag"] = etag(version)
    if location is not None:
        headers["location"] = location
    return Answer(status, headers, model.__pydantic_serializer__.to_json(model, by_alias=True))


async def create(
    request: Request,
    who: Caller,
    key: UUID,
    body: BaseModel | bytes,
    use_case: Callable[[Work], Awaitable[Found]],
    render: Callable[[Found], Answer],
) -> Response:
    """Carries out a creating use-case once for its Idempotency-Key, and answers as it answered.

    `body` is what was sent; of a file, together with what its query says.
    """
    method, path = request.method.encode(), request.url.path.encode()
    if isinstance(body, bytes):
        # A file is large: nobody else waits while it is digested.
        fingerprint = await asyncio.to_thread(Once.fingerprint_of, method, path, body)
    else:
        # Where a fact cannot be read its own words stand, which is no reason to be warned.
        sent = body.__pydantic_serializer__.to_json(body, warnings=False)
        fingerprint = Once.fingerprint_of(method, path, sent)
    once = Once(client=str(who.account_id), key=key, fingerprint=fingerprint)
    done = await house_of(request).perform_once(
        use_case, render, once, request_id=current_notes().request_id
    )
    headers = dict(done.answer.headers)
    if done.before:
        headers["Idempotent-Replayed"] = "true"
    return Response(done.answer.body, done.answer.status, headers=headers, media_type=JSON)


async def change(request: Request, use_case: Callable[[Work], Awaitable[Found]]) -> Found:
    """Carries out a use-case that changes something."""
    return await house_of(request).perform(use_case, request_id=current_notes().request_id)


async def ask(request: Request, question: Callable[[Asking], Awaitable[Found]]) -> Found:
    """Asks a reading use-case."""
    return await house_of(request).ask(question)
