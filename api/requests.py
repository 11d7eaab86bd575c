"""What is read of a request, and how strictly: the JSON body, If-Match, Idempotency-Key."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from fastapi import Header
from starlette.requests import Request

<<<<<<< HEAD
from api.errors import (
    MOST_FAULTS,
    BodyMalformed,
    HeaderMalformed,
    PreconditionMissing,
    Refusal,
)
from api.faults import NO_SHAPE, Shape, json_pointer
from api.replies import as_we_gave_it
from service.domain.errors import FrontDoorError, Invalid, Problem

DEPTH: Final = 32
LARGEST: Final = 2**63 - 1
SMALLEST: Final = -(2**63)
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ESCAPES: Final = re.compile(rb"\\[ubf]|\x7f")
_LARGE: Final = re.compile(rb"[0-9]{19}|[0-9][eE][+-]?[0-9]{3}")


class _Refused(ValueError):
    """A member twice, or a number that is none. Where, is found out on a second, slower reading."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Refused
    return members


def _no_number(word: str) -> Any:
    raise _Refused


_READER: Final = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_no_number)


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written, with what it says twice."""


class _NoNumber:
    """NaN or an infinity."""


_CAREFUL_READER: Final = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_constant=lambda _: _NoNumber()
)


def read_json(body: bytes, shape: Shape = NO_SHAPE) -> Any:
    """Read a JSON body strictly (RFC 7493 and a little more), or refuse it.

    Refused: what is not UTF-8, a byte order mark, a member named twice, NaN and infinities,
    whole numbers beyond 64 bits, more than 32 levels, and in any text a lone surrogate or a
    control character other than tab and line ends. One quick reading by the standard library
    does for a good body; a bad one is read again to say where the fault is.
    """
    try:
        value = _READER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _refusal(body, shape) from None
    if (
        body.count(b"{") + body.count(b"[") > DEPTH
        or _ESCAPES.search(body) is not None
        or _LARGE.search(body) is not None
    ):
        faults = _faults(value, shape)
        if faults:
            raise _refusal_of(faults)
    return value


def _refusal(body: bytes, shape: Shape) -> FrontDoorError:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as failure:
        return _malformed(f"The body is not UTF-8: see byte {failure.start + 1}.")
    if text.startswith("\ufeff"):
        return _malformed("The body begins with a byte order mark: leave it out.")
    try:
        value = _CAREFUL_READER.decode(text)
    except json.JSONDecodeError as failure:
        return _malformed(
            f"The body is not JSON: see line {failure.lineno}, column {failure.colno}."
        )
    except RecursionError:
        return _malformed(f"The body has more than {DEPTH} levels.")
    except ValueError:
        return _malformed("A number in the body has too many digits.")
    faults = _faults(value, shape)
    return _refusal_of(faults) if faults else _malformed("The body is not JSON.")


def _malformed(message: str) -> Refusal:
    return BodyMalformed(
        "The body cannot be read as JSON in UTF-8.",
        problems=[Problem("", message, "malformed")],
    )


def _refusal_of(faults: list[Problem]) -> FrontDoorError:
    if any(fault.code in ("repeated_member", "too_deep") for fault in faults):
        return BodyMalformed("The body cannot be read.", problems=faults)
    return Invalid("Put right what `errors` names and send the request again.", problems=faults)


def _faults(value: Any, shape: Shape) -> list[Problem]:
    found: dict[tuple[str, str], Problem] = {}

    def fault(path: tuple[str | int, ...], code: str, message: str) -> None:
        pointer = json_pointer(shape.known(path))
        found.setdefault((pointer, code), Problem(pointer, message, code))

    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while waiting and len(found) < MOST_FAULTS:
        path, item = waiting.pop()
        if isinstance(item, (dict, list)) and len(path) >= DEPTH:
            fault(path, "too_deep", f"Send at most {DEPTH} levels.")
        elif isinstance(item, (dict, _Pairs)):
            pairs = list(item.items()) if isinstance(item, dict) else item
            if len({name for name, _ in pairs}) != len(pairs):
                fault(path, "repeated_member", "An object names a member twice: send it once.")
            for name, below in pairs:
                if _CONTROL.search(name):
                    fault(path, "control_character", "A member's name holds a control character.")
                waiting.append(((*path, name), below))
        elif isinstance(item, list):
            waiting.extend(((*path, position), below) for position, below in enumerate(item))
        elif isinstance(item, str):
            if _CONTROL.search(item):
                fault(
                    path,
                    "control_character",
                    "Leave out control characters and unpaired surrogates; tabs and line ends "
                    "may stay.",
                )
        elif isinstance(item, _NoNumber) or (
            isinstance(item, float) and item in (float("inf"), float("-inf"))
        ):
            fault(path, "out_of_range", "Send a finite number.")
        elif isinstance(item, int) and not SMALLEST <= item <= LARGEST:
            fault(path, "out_of_range", "Send a number of at most 64 bits.")
    return list(found.values())
=======
from api.errors import HeaderMalformed, PreconditionMissing
from api.faults import NO_SHAPE, Shape
from api.json_bodies import read_json
from service.domain.access import Caller, Permission
from service.domain.errors import FrontDoorError, Problem
>>>>>>> 7e560c6771dbaed4c8e83de8d5c76173887e4f23


class StrictRequest(Request):
    """A request whose JSON is read strictly.

    A fault in the body is kept rather than raised, so that what comes before it in the order of
    refusals (a missing key, an id of nothing) is told first. The route raises it before anything
    is done.
    """

    shape: Shape = NO_SHAPE
    fault: FrontDoorError | None = None

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


def takes_file(file: FileBody) -> Callable[[Endpoint], Endpoint]:
    """Says that a route reads its body itself, as a file, once it is known who is calling."""

    def marked(endpoint: Endpoint) -> Endpoint:
        endpoint.file_body = file  # type: ignore[attr-defined]  # a mark on the function
        return endpoint

    return marked


def file_body_of(endpoint: object) -> FileBody | None:
    """The file that a route takes, or None."""
    found: FileBody | None = getattr(endpoint, "file_body", None)
    return found


<<<<<<< HEAD
_ENTITY_TAG: Final = re.compile(rb'"([1-9][0-9]{0,18}|0)"')
=======
Gate = Callable[[Request], Awaitable[Caller]]
"""Says who is calling, or refuses. Asked again for the same request, it answers as before."""


def asked_first(gate: Gate) -> Gate:
    """Says that a dependency is asked before any of a body is read."""
    gate.asked_first = True  # type: ignore[attr-defined]  # a mark on the function
    return gate


def is_asked_first(call: object) -> bool:
    """Whether a dependency is asked before any of a body is read."""
    return getattr(call, "asked_first", False)


def needs(*permissions: Permission) -> Callable[[Endpoint], Endpoint]:
    """Says which permission a route's use-case takes, or one of which by what is sent.

    Who has none is refused before any of the body is read; the use-case asks again, and decides.
    """

    def marked(endpoint: Endpoint) -> Endpoint:
        endpoint.needs = permissions  # type: ignore[attr-defined]  # a mark on the function
        return endpoint

    return marked


def needs_of(endpoint: object) -> tuple[Permission, ...]:
    """The permissions of which a route takes one; none where it does not say."""
    found: tuple[Permission, ...] = getattr(endpoint, "needs", ())
    return found


_ENTITY_TAG: Final = re.compile(r'"([1-9][0-9]{0,18}|0)"')
>>>>>>> 7e560c6771dbaed4c8e83de8d5c76173887e4f23
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
            json_schema_extra={"format": "uuid", "minLength": 36, "maxLength": 36},
        ),
    ] = None,
) -> UUID:
    """The key under which a creation is done once. Missing, or no UUID: 400."""
    if key is None or not _UUID.fullmatch(key) or not _sent_once(request, b"idempotency-key"):
        code = "missing" if key is None else "wrong_form"
        raise HeaderMalformed(
            _WHICH_KEY, problems=[Problem("header:idempotency-key", _WHICH_KEY, code)]
        )
    return UUID(key)
