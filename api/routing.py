"""How a request finds its route, and what every route asks of it before it does anything."""

import functools
import inspect
from collections.abc import (
    Callable,
    Coroutine,
    Hashable,
    Iterator,
    Mapping,
    Sequence,
)
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import parse_qsl

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from api.errors import (
    BodyNotExpected,
    EncodingNotSupported,
    MediaTypeNotSupported,
    NotAcceptable,
    about_the_path,
    refusal_of,
)
from api.faults import NO_SHAPE, BodyShape, shape_of, suggestion
from api.replies import unless_unchanged
from api.requests import (
    FileBody,
    Gate,
    StrictRequest,
    file_body_of,
    is_asked_first,
    needs_of,
)
from service.domain.errors import FrontDoorError, Invalid, Problem

JSON: Final = "application/json"
_JSON_TYPES: Final = frozenset(
    {
        b"application/json",
        b"application/json;charset=utf-8",
        b'application/json;charset="utf-8"',
    }
)
Handle = Callable[[Request], Coroutine[Any, Any, Response]]
_fault: ContextVar[FrontDoorError | None] = ContextVar("fault", default=None)


def _sequence(annotation: Any) -> bool:
    return any(
        getattr(part, "__origin__", part) in (list, tuple, set, frozenset, Sequence)
        for part in (annotation, *getattr(annotation, "__args__", ()))
    )


def _query_parameters(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.query_params
    for below in dependant.dependencies:
        yield from _query_parameters(below)


def _parameters(route: Any) -> dict[str, bool]:
    """The query parameters a route reads, and whether each may be repeated."""
    found: dict[str, bool] = {}
    for parameter in _query_parameters(route.dependant):
        annotation = parameter.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, below in annotation.model_fields.items():
                found[below.alias or name] = _sequence(below.annotation)
        else:
            found[parameter.alias] = _sequence(annotation)
    return found


def _media_types(route: Any) -> frozenset[bytes]:
    """What a route may answer with when it does what it was asked."""
    found: set[str] = set()
    for status, response in (getattr(route, "responses", None) or {}).items():
        if str(status).startswith("2"):
            found.update(response.get("content", ()))
    response_class = getattr(route, "response_class", None)
    declared = getattr(response_class, "media_type", None)
    if isinstance(declared, str):
        found.add(declared)
    return frozenset(name.partition(";")[0].strip().lower().encode() for name in found or {JSON})


@dataclass(slots=True)
class Entry:
    """One operation as it is served: a path's template, a method, and what it may be asked."""

    template: str
    app: ASGIApp
    route: BaseRoute
    endpoint: Any
    names: tuple[str, ...] = ()
    parameters: Mapping[str, bool] = field(default_factory=dict)
    media_types: frozenset[bytes] = frozenset({JSON.encode()})
    file: FileBody | None = None


def _check(request: Request, entry: Entry, *, reads_body: bool) -> FrontDoorError | None:
    accept: bytes | None = None
    content_type: bytes | None = None
    encoded = False
    has_body = False
    for name, value in request.scope["headers"]:
        if name == b"accept":
            accept = value if accept is None else accept + b"," + value
        elif name == b"content-type":
            # Said twice, it says nothing.
            content_type = value if content_type in (None, value) else b""
        elif name == b"content-encoding":
            encoded = encoded or value.strip().lower() not in (b"", b"identity")
        elif name == b"content-length":
            has_body = value != b"0"
        elif name == b"transfer-encoding":
            has_body = True
    if accept is not None and not _admits(accept, entry.media_types):
        served = b", ".join(sorted(entry.media_types)).decode()
        return NotAcceptable(
            f"This is answered in {served} only: say so in Accept, or leave it out."
        )
    if encoded and has_body:
        return EncodingNotSupported()
    if entry.file is not None:
        if has_body and not _is_of(content_type, entry.file.media_type):
            return MediaTypeNotSupported(
                "Send the file itself as the body, as text in UTF-8 and in no form: "
                f"`Content-Type: {entry.file.media_type}`. Save a workbook as such a file first."
            )
    elif reads_body:
        if has_body and not _is_json(content_type):
            return MediaTypeNotSupported("Send the body as JSON: `Content-Type: application/json`.")
    elif has_body:
        return BodyNotExpected("Send this request without a body.")
    query = request.scope["query_string"]
    return _check_query(query, entry) if query else None


_ANY_JSON: Final = frozenset({JSON.encode()})


def _admits(accept: bytes, media_types: frozenset[bytes]) -> bool:
    if accept in (b"*/*", b"application/json") and JSON.encode() in media_types:
        return True
    # An empty Accept says nothing; and a generated client asks for JSON alone, whatever it asks of:
    # a file that it named by its path is not kept from it.
    if not accept.strip() or (JSON.encode() not in media_types and _admits(accept, _ANY_JSON)):
        return True
    best: dict[bytes, tuple[int, bool]] = {}
    for part in accept.lower().split(b",")[:100]:
        name, *parameters = (word.strip() for word in part.split(b";"))
        wanted = True
        for parameter in parameters:
            if parameter.startswith(b"q="):
                try:
                    wanted = float(parameter[2:]) > 0
                except ValueError:
                    wanted = False
        for media_type in media_types:
            if name == media_type:
                weight = 3
            elif name == media_type.partition(b"/")[0] + b"/*":
                weight = 2
            elif name == b"*/*":
                weight = 1
            else:
                continue
            if weight > best.get(media_type, (0, False))[0]:
                best[media_type] = (weight, wanted)
    return any(wanted for _, wanted in best.values())


def _is_json(content_type: bytes | None) -> bool:
    if content_type is None:
        return False
    return content_type == b"application/json" or (
        content_type.lower().replace(b" ", b"").rstrip(b";") in _JSON_TYPES
    )


def _is_of(content_type: bytes | None, media_type: str) -> bool:
    """Whether a body is declared as this media type, in UTF-8 where it says in what."""
    name, *parameters = (part.strip() for part in (content_type or b"").lower().split(b";"))
    in_utf_8 = (b"charset=utf-8", b'charset="utf-8"')
    return name == media_type.encode() and all(
        part in in_utf_8 or not part.startswith(b"charset=") for part in parameters
    )


def _check_query(query: bytes, entry: Entry) -> FrontDoorError | None:
    found: list[Problem] = []
    seen: set[str] = set()
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=200,
        )
    except ValueError:
        return Invalid(
            "Put right the query and send the request again.",
            problems=[
                Problem("query", "Send at most 200 parameters, in UTF-8, encoded.", "wrong_form")
            ],
        )
    for name, value in pairs:
        repeatable = entry.parameters.get(name)
        if repeatable is None:
            message = suggestion(name, list(entry.parameters), kind="query parameter")
            found.append(Problem("query", message, "unknown_parameter"))
        elif name in seen and not repeatable:
            found.append(Problem(f"query:{name}", "Send this once.", "repeated_parameter"))
        elif any(character < " " or character == "\x7f" for character in value):
            found.append(
                Problem(f"query:{name}", "Leave out control characters.", "control_character")
            )
        seen.add(name)
        if len(found) >= 10:
            break
    if not found:
        return None
    return Invalid("Put right the query and send the request again.", problems=found)


class FrontDoorRoute(APIRoute):
    """A route that refuses what is badly asked before it does anything.

    Who is calling is asked before any of a body is read, whether they ask too often, and whether
    they hold one of the permissions that the route needs. Then, when it is the request's turn and
    before the route does anything: a body that is not strict JSON, a query parameter that it does
    not know, a body where none is read, an Accept that it cannot meet. A request that is refused
    for its head has its body left unread. A path that does not fit is a thing that is not there.
    Routes are coroutines: a plain function would cost a thread for each request.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if not inspect.iscoroutinefunction(endpoint):
            raise TypeError(f"{endpoint!r}: a route is an `async def`.")

        @functools.wraps(endpoint)
        async def well_asked(*values: Any, **named: Any) -> Any:
            fault = _fault.get()
            if fault is not None:
                raise fault
            return await endpoint(*values, **named)

        file = file_body_of(endpoint)
        self.needs = needs_of(endpoint)
        if file is not None:
            told = {**(options.get("openapi_extra") or {}), "requestBody": file.documented()}
            options["openapi_extra"] = told
        super().__init__(path, well_asked, **options)

    @functools.cached_property
    def shape(self) -> BodyShape:
        """What names the body may hold."""
        if self.body_field is None:
            return NO_SHAPE
        kind: Any = self.body_field.field_info.annotation
        shape: BodyShape = shape_of(cast(Hashable, kind))
        return shape

    @functools.cached_property
    def gate(self) -> Gate | None:
        """What says who is calling; None where anybody may."""
        calls = (below.call for below in self.dependant.dependencies)
        return next((cast(Gate, call) for call in calls if is_asked_first(call)), None)

    async def _let_in(self, request: Request) -> None:
        if self.gate is not None:
            who = await self.gate(request)
            if self.needs:
                who.require_one_of(self.needs)

    async def _handled(
        self, handle: Handle, strict: StrictRequest, fault: FrontDoorError | None
    ) -> Response:
        token = _fault.set(fault)
        try:
            return await handle(strict)
        except RequestValidationError as failure:
            if fault is not None and not about_the_path(failure):
                raise fault from None
            raise refusal_of(failure, failure.body, self.shape) from None
        finally:
            _fault.reset(token)

    def get_route_handler(self) -> Handle:
        """FastAPI's handler, with the manners around it."""
        handle = super().get_route_handler()
        reads_body = self.body_field is not None

        async def handle_with_manners(request: Request) -> Response:
            entry: Entry | None = request.scope.get("frontdoor.entry")
            if entry is None:
                entry = entry_of(self)
            fault = _check(request, entry, reads_body=reads_body)
            strict = StrictRequest(request.scope, request.receive)
            await self._let_in(strict)
            if reads_body:
                strict.shape = self.shape
                if fault is not None:
                    strict.leave_unread()
                else:
                    await strict.body()
            async with strict.turn:
                if reads_body and fault is None and await strict.body():
                    await strict.json()
                    fault = strict.fault
                response = await self._handled(handle, strict, fault)
            return unless_unchanged(request.scope, response)

        return handle_with_manners


def entry_of(context: Any) -> Entry:
    """The entry of a route, as included."""
    route = getattr(context, "original_route", context)
    template = context.path_format
    known = isinstance(route, APIRoute)
    return Entry(
        template=template,
        app=context.app,
        route=route,
        endpoint=context.endpoint,
        names=tuple(
            part[1:-1]
            for part in template.split("/")
            if part.startswith("{") and part.endswith("}")
        ),
        parameters=_parameters(context) if known else {},
        media_types=_media_types(context),
        file=file_body_of(context.endpoint),
    )
