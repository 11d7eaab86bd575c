"""What is read of a request, and how strictly: the JSON body, If-Match, Idempotency-Key."""

import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from fastapi import Header
from starlette.requests import Request

from api.errors import HeaderMalformed, PreconditionMissing
from api.faults import NO_SHAPE, BodyShape
from api.json_bodies import read_json
from api.replies import as_we_gave_it
from api.turns import Turn
from service.domain.access import Caller, Permission
from service.domain.allowances import Errand
from service.domain.errors import FrontDoorError, Problem

TURN: Final = "frontdoor.turn"
"""Where a request keeps its turn, in its scope, once it is known who is calling."""


class StrictRequest(Request):
    """A request whose JSON is read strictly.

    A fault in the body is kept rather than raised, so that what comes before it in the order of
    refusals (a missing key, an id of nothing) is told first. The route raises it before anything
    is done.
    """

    shape: BodyShape = NO_SHAPE
    fault: FrontDoorError | None = None

    @property
    def turn(self) -> AbstractAsyncContextManager[object]:
        """Its turn, once it is known who is calling; nobody waits where anybody may call."""
        turn: Turn | None = self.scope.get(TURN)
        return nullcontext() if turn is None else turn

    async def body(self) -> bytes:
        """What was sent; while it arrives, the request does not keep its turn."""
        turn: Turn | None = self.scope.get(TURN)
        if turn is None or hasattr(self, "_body"):
            return await super().body()
        async with turn.aside():
            return await super().body()

    def leave_unread(self) -> None:
        """Has nothing read of the body, since the request is refused whatever is in it."""
        self._body = b""

    async def json(self) -> Any:
        """The body; a mark that no wire type accepts when it cannot be read."""
        if not hasattr(self, "_json"):
            try:
                self._json = read_json(await self.body(), self.shape)
            except FrontDoorError as refusal:
                self.fault = refusal
                self._json = UNREADABLE
        return self._json


class _Unreadable:
    """Stands for a body that could not be read."""


UNREADABLE: Final = _Unreadable()


@dataclass(frozen=True, slots=True)
class FileBody:
    """A body that is a file rather than JSON: its media type, and how many bytes it may have.

    `example` is the beginning of one, for the contract.
    """

    media_type: str
    most_bytes: int
    description: str
    example: str

    def documented(self) -> dict[str, Any]:
        """As the contract tells of it."""
        schema = {"type": "string", "maxLength": self.most_bytes}
        content = {self.media_type: {"schema": schema, "example": self.example}}
        return {"description": self.description, "required": True, "content": content}


Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def _marked(endpoint: Endpoint, name: str, value: object) -> Endpoint:
    """The function itself, with a mark on it that whoever routes to it reads."""
    setattr(endpoint, name, value)
    return endpoint


def takes_file(file: FileBody) -> Callable[[Endpoint], Endpoint]:
    """Says that a route reads its body itself, as a file, once it is known who is calling."""

    def marked(endpoint: Endpoint) -> Endpoint:
        return _marked(endpoint, "file_body", file)

    return marked


def file_body_of(endpoint: object) -> FileBody | None:
    """The file that a route takes, or None."""
    found: FileBody | None = getattr(endpoint, "file_body", None)
    return found


def counts_as(errand: Errand) -> Callable[[Endpoint], Endpoint]:
    """Says that a route's requests are not counted as all others are."""

    def marked(endpoint: Endpoint) -> Endpoint:
        return _marked(endpoint, "errand", errand)

    return marked


def errand_of(endpoint: object) -> Errand:
    """What a route's requests are counted as."""
    found: Errand = getattr(endpoint, "errand", Errand.ordinary)
    return found


Gate = Callable[[Request], Awaitable[Caller]]
"""Says who is calling, or refuses. Asked again for the same request, it answers as before."""


def asked_first(gate: Gate) -> Gate:
    """Says that a dependency is asked before any of a body is read."""
    return _marked(gate, "asked_first", True)


def is_asked_first(call: object) -> bool:
    """Whether a dependency is asked before any of a body is read."""
    return getattr(call, "asked_first", False)


def needs(*permissions: Permission) -> Callable[[Endpoint], Endpoint]:
    """Says which permission a route's use-case takes, or one of which by what is sent.

    Who has none is refused before any of the body is read; the use-case asks again, and decides.
    """

    def marked(endpoint: Endpoint) -> Endpoint:
        return _marked(endpoint, "needs", permissions)

    return marked


def needs_of(endpoint: object) -> tuple[Permission, ...]:
    """The permissions of which a route takes one; none where it does not say."""
    found: tuple[Permission, ...] = getattr(endpoint, "needs", ())
    return found


_ENTITY_TAG: Final = re.compile(rb'"([1-9][0-9]{0,18}|0)"')
_HOW: Final = 'Send the ETag of your last reading as it was given, for example `If-Match: "3"`.'


def _sent_once(request: Request, name: bytes) -> bool:
    return [header for header, _ in request.scope["headers"]].count(name) <= 1


async def expected_version(
    request: Request,
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="The ETag of the version that you read and are changing.",
            examples=['"3"'],
            json_schema_extra={
                "pattern": '^(W/)?"(0|[1-9][0-9]{0,18})(-gzip)?"$',
                "maxLength": 28,
            },
        ),
    ] = None,
) -> int:
    """The version that the caller means to change, from If-Match (RFC 9110, RFC 6585).

    Missing: 428. `*` or a list: 400, for either would let a change through that the caller has not
    read. A tag that a proxy weakened is taken: it is a version's number all the same.
    """
    if if_match is None:
        raise PreconditionMissing(f"Say which version you are changing. {_HOW}")
    once = _sent_once(request, b"if-match")
    sent = if_match.strip().encode("latin-1", "replace")
    tag = _ENTITY_TAG.fullmatch(as_we_gave_it(sent)) if once else None
    if tag is None:
        if if_match.strip() == "*":
            why = "`*` would change whatever is there, read or not."
        elif "," in if_match or not once:
            why = "One change is made to one version: send one tag."
        else:
            why = "The tag is not one of ours."
        raise HeaderMalformed(
            f"{why} {_HOW}", problems=[Problem("header:if-match", f"{why} {_HOW}", "wrong_form")]
        )
    return int(tag[1])


_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WHICH_KEY: Final = (
    "Send an Idempotency-Key, a new UUID for each new thing and the same one when you send the "
    "same request again."
)


_QUOTED: Final = re.compile(r'"[^"]*"')


async def idempotency_key(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description=(
                "A UUID of your making: the same request sent again under the same key is done "
                "once."
            ),
            examples=["0b7cbd9e-6f0c-4a6a-9d4e-5b8f2a3c1d70"],
            json_schema_extra={
                "pattern": '^("[0-9A-Fa-f-]{36}"|[0-9A-Fa-f-]{36})$',
                "minLength": 36,
                "maxLength": 38,
            },
        ),
    ] = None,
) -> UUID:
    """The key under which a creation is done once. Missing, or no UUID: 400."""
    # A structured field holds its string in quotation marks: some clients write them.
    if key is not None and _QUOTED.fullmatch(key):
        key = key[1:-1]
    if key is None or not _UUID.fullmatch(key) or not _sent_once(request, b"idempotency-key"):
        code = "missing" if key is None else "wrong_form"
        raise HeaderMalformed(
            _WHICH_KEY, problems=[Problem("header:idempotency-key", _WHICH_KEY, code)]
        )
    return UUID(key)
