"""Every refusal as a problem document: the families of the domain, and those of HTTP itself."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.faults import NO_SHAPE, BodyShape, faults_of
from api.observability import current_notes, log_failure
from service.bootstrap import AlreadyThere, DatabaseAway
from service.domain.errors import (
    Conflict,
    FrontDoorError,
    Invalid,
    NotAllowed,
    NotFound,
    Problem,
    Stale,
    TooManyRequests,
)

Handler = Callable[[Request, Exception], Awaitable[Response]]
MEDIA_TYPE: Final = "application/problem+json"
MOST_FAULTS: Final = 100
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Refusal(FrontDoorError):
    """A refusal that belongs to HTTP rather than to the work: it knows its own status."""

    status: ClassVar[int] = 400

    def __init__(
        self,
        detail: str,
        *,
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail, problems=problems)
        self.headers = dict(headers or {})


class BodyMalformed(Refusal):
    """The body is not JSON as this service reads it: UTF-8, no name twice, at most 32 levels."""

    code = "body_malformed"
    title = "The body cannot be read"


class BodyNotExpected(Refusal):
    """A body was sent where none is read."""

    code = "body_not_expected"
    title = "No body is expected"


class HeaderMalformed(Refusal):
    """A header that this operation reads is missing or has the wrong form."""

    code = "header_malformed"
    title = "A header has the wrong form"


class CursorInvalid(Refusal):
    """The cursor was not given out by this service, to this caller, for this list and filter."""

    code = "cursor_invalid"
    title = "The cursor is not valid here"

    def __init__(self) -> None:
        super().__init__(
            "This cursor was not given to you for this list with these filters. "
            "Start again without a cursor."
        )


class NotAuthenticated(Refusal):
    """No token was sent, or the token was not accepted."""

    status = 401
    code = "not_authenticated"
    title = "Not signed in"

    def __init__(
        self,
        detail: str = "Send a valid access token: `Authorization: Bearer <token>`.",
        *,
        invalid_token: bool = False,
    ) -> None:
        how = 'Bearer error="invalid_token"' if invalid_token else "Bearer"
        super().__init__(detail, headers={"WWW-Authenticate": how})


class PathUnknown(Refusal):
    """This service has nothing at this path."""

    status = 404
    code = "path_unknown"
    title = "No such path"

    def __init__(self) -> None:
        super().__init__("There is nothing at this path. See /openapi.json for those there are.")


class MethodNotAllowed(Refusal):
    """The path exists and does not answer to this method; `Allow` lists those that it does."""

    status = 405
    code = "method_not_allowed"
    title = "Method not allowed"

    def __init__(self, allow: str) -> None:
        super().__init__(
            f"This path answers to: {allow}.",
            headers={"Allow": allow},
        )


class NotAcceptable(Refusal):
    """The caller accepts none of the media types in which this can be answered."""

    status = 406
    code = "not_acceptable"
    title = "Cannot answer in that media type"


class BodyTooLarge(Refusal):
    """The body is larger than is read; the rest of it was not read and the connection closes."""

    status = 413
    code = "body_too_large"
    title = "The body is too large"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"Send at most {limit} bytes in one request.", headers={"Connection": "close"}
        )


class MediaTypeNotSupported(Refusal):
    """The body is not declared as what this operation reads: JSON in UTF-8, or a CSV file."""

    status = 415
    code = "media_type_not_supported"
    title = "The body is of a type that is not read here"


class EncodingNotSupported(Refusal):
    """The body is said to be encoded, compressed for instance; it is read as it is alone."""

    status = 415
    code = "encoding_not_supported"
    title = "No Content-Encoding is read"

    def __init__(self) -> None:
        super().__init__(
            "Send the body as it is, without Content-Encoding.",
            headers={"Accept-Encoding": "identity"},
        )


class PreconditionMissing(Refusal):
    """A change must say which version it changes (RFC 6585)."""

    status = 428
    code = "precondition_missing"
    title = "If-Match is missing"


class TooManyAtOnce(Refusal):
    """So many requests of one caller wait here already that this one was not taken."""

    status = 429
    code = "too_many_at_once"
    title = "Too many requests at once"

    def __init__(self) -> None:
        super().__init__(
            "Wait until some of your requests are answered, and send this one again then.",
            headers={"Retry-After": "1", "Connection": "close"},
        )


class RequestMalformed(Refusal):
    """What was sent is no HTTP/1.1 request: it breaks its grammar, or leaves open how it is read.

    Two lengths, a Transfer-Encoding other than chunked, no Host or two of them are such requests.
    """

    code = "request_malformed"
    title = "The request cannot be read"

    def __init__(self, detail: str = "Send a request of HTTP/1.1, well-formed.") -> None:
        super().__init__(detail, headers={"Connection": "close"})


class RequestUnfinished(Refusal):
    """The request did not arrive whole in time; nothing was done."""

    status = 408
    code = "request_unfinished"
    title = "The request did not arrive in time"

    def __init__(self) -> None:
        super().__init__(
            "The rest of the request did not arrive in time, and nothing was done. Send it again.",
            headers={"Connection": "close"},
        )


class UrlTooLong(Refusal):
    """The path with its query is longer than is read."""

    status = 414
    code = "url_too_long"
    title = "The URL is too long"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"Send a path and query of at most {limit} bytes.", headers={"Connection": "close"}
        )


class HeadersTooLarge(Refusal):
    """The headers are more, or longer, than is read; the rest of them was not read."""

    status = 431
    code = "headers_too_large"
    title = "The headers are too large"

    def __init__(self) -> None:
        super().__init__("Send fewer or shorter headers.", headers={"Connection": "close"})


class InternalError(Refusal):
    """Something went wrong here. It has been recorded under the request's id."""

    status = 500
    code = "internal_error"
    title = "Something went wrong here"

    def __init__(self) -> None:
        super().__init__(
            "The fault is ours and has been recorded. Send the request again, with the same "
            "Idempotency-Key if it had one. If it goes on, quote the request_id."
        )


class Unavailable(Refusal):
    """The service cannot reach what it needs, the database above all. Try again shortly."""

    status = 503
    code = "unavailable"
    title = "Not available just now"

    def __init__(
        self,
        detail: str = (
            "The service cannot answer just now. Send the request again, with the same "
            "Idempotency-Key if it had one, so that it is done once."
        ),
        *,
        retry_after: int = 5,
    ) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class TooManyConnections(Unavailable):
    """As many connections are answered as one process takes; nothing was read of this one."""

    code = "too_many_connections"
    title = "Too many connections"

    def __init__(self) -> None:
        super().__init__(
            "As many requests are being answered as can be. Send the request again shortly."
        )
        self.headers["Connection"] = "close"


class TookTooLong(Unavailable):
    """The request was given up because it took longer than a request may. It may have been done."""

    code = "took_too_long"
    title = "Took too long"

    def __init__(self) -> None:
        super().__init__(
            "The request took too long and was given up; it may have been done all the same. "
            "Read what it was to change, or send it again with the same Idempotency-Key."
        )


FAMILIES: Final[tuple[tuple[type[FrontDoorError], int], ...]] = (
    (NotFound, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (Invalid, 422),
    (TooManyRequests, 429),
    (Stale, 412),
)
"""The one table from the domain's families to HTTP."""

DATABASE_AWAY: Final[tuple[type[Exception], ...]] = (DatabaseAway, AlreadyThere)
"""What may pass when the same request is sent again."""

_BY_STATUS: Final[dict[int, type[FrontDoorError]]] = {
    400: BodyMalformed,
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    405: MethodNotAllowed,
    406: NotAcceptable,
    408: RequestUnfinished,
    409: Conflict,
    412: Stale,
    413: BodyTooLarge,
    414: UrlTooLong,
    415: MediaTypeNotSupported,
    422: Invalid,
    428: PreconditionMissing,
    429: TooManyRequests,
    431: HeadersTooLarge,
    503: Unavailable,
}


def status_of(kind: type[FrontDoorError]) -> int:
    """The HTTP status with which a kind of refusal is answered."""
    if issubclass(kind, Refusal):
        return kind.status
    for family, status in FAMILIES:
        if issubclass(kind, family):
            return status
    return 400


def _kinds(kind: type[FrontDoorError]) -> Iterator[type[FrontDoorError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)


def kinds_of_problem() -> dict[str, type[FrontDoorError]]:
    """Every published code with the class that stands for it, in order of code.

    Only the product's own classes count, so that a class made elsewhere (in a test, say) does
    not appear in the contract. Where classes share a code, the most general one stands for it.
    """
    found: dict[str, type[FrontDoorError]] = {}
    for kind in _kinds(FrontDoorError):
        if kind in (FrontDoorError, Refusal):
            continue
        if kind.__module__.partition(".")[0] in ("service", "api"):
            found.setdefault(kind.code, kind)
    return dict(sorted(found.items()))


def problem(
    kind: type[FrontDoorError],
    detail: str,
    *,
    status: int | None = None,
    faults: Sequence[Problem] = (),
    state: str | None = None,
    allowed: Sequence[str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document as a response, with the id of the request that is being answered."""
    status = status_of(kind) if status is None else status
    request_id = current_notes().request_id
    scheme = "urn:uuid:" if _UUID.fullmatch(request_id) else "urn:x-request:"
    document: dict[str, Any] = {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": status,
        "detail": detail,
        "instance": scheme + request_id,
        "code": kind.code,
        "request_id": request_id,
    }
    if faults:
        document["errors"] = [
            {"pointer": fault.pointer, "message": fault.message, "code": fault.code}
            for fault in faults[:MOST_FAULTS]
        ]
    if state is not None:
        document["state"] = state
    if allowed is not None:
        document["allowed"] = list(allowed)
    current_notes().problem = kind.code
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, headers=headers, media_type=MEDIA_TYPE)


def answer(refusal: FrontDoorError) -> Response:
    """The response to a refusal.

    A refusal of the domain that passes by itself may carry `retry_after`, in seconds.
    """
    headers: dict[str, str] = {}
    retry_after: int | None = getattr(refusal, "retry_after", None)
    if isinstance(refusal, Refusal):
        headers = refusal.headers
    elif isinstance(refusal, Stale):
        headers = {"ETag": f'"{refusal.version}"'}
    elif retry_after is not None:
        headers = {"Retry-After": str(retry_after)}
    return problem(
        type(refusal),
        refusal.detail,
        faults=refusal.problems,
        state=refusal.state,
        allowed=refusal.allowed,
        headers=headers,
    )


async def answer_refusal(request: Request, refusal: FrontDoorError) -> Response:
    """Answer a refusal raised by the domain, a use-case or the manners themselves."""
    return answer(refusal)


async def answer_faults(request: Request, failure: RequestValidationError) -> Response:
    """Answer FastAPI's own findings: by pointer, and never with what was sent."""
    return answer(refusal_of(failure))


def refusal_of(
    failure: RequestValidationError, body: object = None, shape: BodyShape = NO_SHAPE
) -> FrontDoorError:
    """FastAPI's findings as a refusal of ours.

    A path that does not fit (an id that is no UUID, a queue that does not exist) is a thing that
    is not there, so 404: it must not be told apart from a well-formed id of nothing.
    """
    if about_the_path(failure):
        return NotFound("There is nothing of this kind under this name, or you may not see it.")
    faults = faults_of(failure.errors(), body, shape)
    many = "Put right what `errors` lists" if len(faults) > 1 else "Put right what `errors` names"
    return Invalid(f"{many} and send the request again.", problems=faults)


def about_the_path(failure: RequestValidationError) -> bool:
    """Whether it is the path that does not fit."""
    return any(error["loc"][:1] == ("path",) for error in failure.errors())


async def answer_http(request: Request, failure: HTTPException) -> Response:
    """Answer what the framework raises. Its words are not ours and are not passed on."""
    status = failure.status_code
    if status < 400:
        return Response(status_code=status, headers=failure.headers)
    kind = _BY_STATUS.get(status)
    if kind is None:
        kind = InternalError if status >= 500 else Refusal
    return problem(
        kind,
        "The request could not be answered. See the page at `type` for what to do.",
        status=status,
        headers=failure.headers,
    )


async def answer_database_away(request: Request, failure: Exception) -> Response:
    """Answer when the database cannot be reached, is too busy, or gave up."""
    log_failure(failure, event="unavailable")
    return answer(Unavailable())


def answer_failure(failure: BaseException) -> Response:
    """Answer what nobody foresaw: recorded with the request's id, nothing of it shown."""
    log_failure(failure, event="failed")
    return answer(InternalError())


def install_errors(app: FastAPI) -> None:
    """Teach an application to refuse in problem documents."""
    app.add_exception_handler(FrontDoorError, cast(Handler, answer_refusal))
    app.add_exception_handler(RequestValidationError, cast(Handler, answer_faults))
    app.add_exception_handler(HTTPException, cast(Handler, answer_http))
    for kind in DATABASE_AWAY:
        app.add_exception_handler(kind, answer_database_away)
