"""A small application with the manners and nothing else: a shop of toys that keeps none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.contract import contract_text, problems
from api.cursors import Cursors, Place
from api.errors import NotAuthenticated
from api.manners import Manners, install_manners
from api.observability import note_caller
from api.pages.documentation import documentation_router
from api.replies import page, reply
from api.requests import asked_first, expected_version, idempotency_key
from api.routing import FrontDoorRoute
from api.schemas.fields import CursorText, Limit, Page, WireOut
from service.bootstrap import DatabaseAway
from service.domain.errors import Conflict, NotAllowed, NotFound, Stale
from service.strict.fields import DateOn, Flag, Id, Instant, Line, Text, Whole, Wire

ID = UUID("01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11")
ANNA = UUID("01936f0e-7c1a-7b6e-8f60-0000000000aa")
BELA = UUID("01936f0e-7c1a-7b6e-8f60-0000000000bb")
VERSION = 3
STUBBORN_SECONDS = 3.0


class Colour(StrEnum):
    """What colour a toy has."""

    red = "red"
    blue = "blue"


class Wheel(Wire):
    """A part of a toy."""

    spokes: Annotated[int, Whole(0, 64), Field(description="How many.", examples=[8])]


class ToyCreate(Wire):
    """A toy to be made."""

    name: Annotated[str, Line(40), Field(description="What it is called.", examples=["Car"])]
    note: Annotated[str | None, Text(200), Field(description="More.", examples=["Old."])] = None
    colour: Annotated[Colour | None, Field(description="Its colour.")] = None
    made_at: Annotated[Instant | None, Field(description="When it was made.")] = None
    bought_on: Annotated[DateOn | None, Field(description="When it was bought.")] = None
    loud: Annotated[Flag, Field(description="Whether it makes a noise.")] = False
    wheels: Annotated[tuple[Wheel, ...], Field(max_length=8, description="Its wheels.")] = ()
    size: Annotated[int | None, Whole(1, 1000), Field(description="In mm.", examples=[90])] = None


class Toy(WireOut):
    """A toy."""

    id: Annotated[Id, Field(description="Its id.")]
    name: Annotated[str, Field(max_length=40, description="Its name.", examples=["Car"])]
    made_at: Annotated[Instant | None, Field(description="When it was made.")] = None


router = APIRouter(prefix="/v1", route_class=FrontDoorRoute, tags=["toys"])
ToyId = Annotated[UUID, Path(description="The toy's id.", examples=[str(ID)])]


@asked_first
async def who_calls(request: Request) -> UUID:
    """Anna or Bela, by their tokens."""
    caller = {"Bearer anna": ANNA, "Bearer bela": BELA}.get(
        request.headers.get("authorization", "")
    )
    if caller is None:
        raise NotAuthenticated
    note_caller(caller)
    return caller


Caller = Annotated[UUID, Depends(who_calls)]
Version = Annotated[int, Depends(expected_version)]
Key = Annotated[UUID, Depends(idempotency_key)]


@router.get("/toys/{toy_id}", response_model=Toy)
async def read_toy(who: Caller, toy_id: ToyId) -> Response:
    """Read one toy."""
    if toy_id != ID:
        raise NotFound("There is no such toy, or you may not see it.")
    return reply(Toy(id=ID, name="Car", made_at="2026-10-25T01:30:00+01:00"), version=VERSION)


@router.patch("/toys/{toy_id}", response_model=Toy)
async def amend_toy(who: Caller, toy_id: ToyId, version: Version, toy: ToyCreate) -> Response:
    """Change one toy."""
    if version != VERSION:
        raise Stale(VERSION)
    return reply(Toy(id=ID, name=toy.name), version=VERSION + 1)


@router.post("/toys", status_code=201, response_model=Toy)
async def make_toy(who: Caller, key: Key, toy: ToyCreate) -> Response:
    """Make a toy."""
    made = Toy(id=ID, name=toy.name, made_at=toy.made_at)
    return reply(made, 201, version=1, location=f"/v1/toys/{ID}")


@router.get("/toys", response_model=Page[Toy])
async def list_toys(
    request: Request,
    who: Caller,
    limit: Limit = 2,
    cursor: CursorText | None = None,
    colour: Annotated[
        list[Colour] | None,
        Query(max_length=2, description="Only of these colours.", examples=[["red"]]),
    ] = None,
    made_from: Annotated[
        Instant | None, Query(description="Only those made from this instant on.")
    ] = None,
) -> Response:
    """List toys by page."""
    filters = {"colour": colour}
    start = 0
    if cursor is not None:
        place = CURSORS.read("toys", cursor, account_id=who, filters=filters)
        start = place.id.int
    toys = [Toy(id=UUID(int=number), name="Car") for number in range(start, min(start + limit, 5))]
    end = start + len(toys)
    following = None
    if end < 5:
        following = CURSORS.give(
            "toys", Place((end,), UUID(int=end)), account_id=who, filters=filters
        )
    return page(toys, request=request, cursor=following)


class ToyBroken(Conflict):
    """The toy is broken."""

    code = "toy_broken"


@router.post("/toys/{toy_id}/play", response_model=Toy, responses=problems(ToyBroken))
async def play(who: Caller, toy_id: ToyId, version: Version) -> Response:
    """Play with a toy."""
    raise ToyBroken("The toy is broken: mend it first.", state="broken", allowed=["mend"])


@router.delete("/toys/{toy_id}", status_code=204)
async def throw_away(who: Caller, toy_id: ToyId, version: Version) -> Response:
    """Throw a toy away."""
    raise NotAllowed("Only the owner may throw a toy away.")


faulty = APIRouter(prefix="/faulty", route_class=FrontDoorRoute, include_in_schema=False)


@faulty.get("/secret/{word}")
async def fail(word: str) -> Response:
    raise ValueError(f"failed over {word}")


@faulty.get("/away")
async def away() -> Response:
    raise DatabaseAway("CANARY")


@faulty.get("/busy")
async def busy() -> Response:
    raise Busy("Someone is at it: try again shortly.")


@faulty.get("/teapot")
async def teapot() -> Response:
    raise HTTPException(418, "CANARY")


@faulty.get("/broken-off")
async def break_off() -> Response:
    async def begin() -> AsyncIterator[bytes]:
        yield b"begun"
        raise ValueError("CANARY")

    return StreamingResponse(begin())


class Busy(Conflict):
    """In use."""

    code = "busy"
    retry_after = 2


@faulty.get("/slow")
async def slow() -> Response:
    await asyncio.sleep(5)
    return Response()


@faulty.get("/stubborn")
async def be_stubborn() -> Response:
    """As a driver that tidies up with a database that does not answer."""
    try:
        await asyncio.sleep(5)
    finally:
        await asyncio.sleep(STUBBORN_SECONDS)
    return Response()


@faulty.get("/late")
async def be_late() -> Response:
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(5)
    await asyncio.sleep(STUBBORN_SECONDS)
    return Response()


@faulty.get("/slowish")
async def slowish() -> Response:
    await asyncio.sleep(0.3)
    return Response()


@faulty.get("/slow-failure")
async def slow_failure() -> Response:
    await asyncio.sleep(0.3)
    raise ValueError("CANARY")


@faulty.get("/endless")
async def endless() -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield b"a" * 1000
            await asyncio.sleep(0.001)

    return StreamingResponse(pieces())


@faulty.post("/anything")
async def anything(toy: ToyCreate) -> Response:
    return reply(toy)


CURSORS = Cursors("a key for tests that is long enough")


def toy_shop(**options: object) -> tuple[FastAPI, Manners]:
    """The application, wired as a real one is."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    manners = install_manners(app, **options)
    app.include_router(router)
    app.include_router(faulty)
    app.include_router(documentation_router(contract_text))
    return app, manners
