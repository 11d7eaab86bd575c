"""Answers that went well: the thing itself, its ETag and Location, and lists by page."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final
from urllib.parse import parse_qsl, urlencode
from weakref import WeakSet

from pydantic import BaseModel, TypeAdapter
from pydantic_core import SchemaSerializer
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

JSON: Final = "application/json"
_PACKING: Final = re.compile(rb'(?:--?|;)(?:gzip|br|zstd|deflate)"$')


def etag(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def reply(
    model: BaseModel,
    status: int = 200,
    *,
    version: int | None = None,
    location: str | None = None,
    headers: Mapping[str, str] | None = None,
    always_whole: bool = False,
) -> Response:
    """Answer with a wire object, turned into bytes once and not checked again.

    `version` gives the ETag, `location` the path of what was made. A GET whose caller holds this
    version already becomes 304 by itself; not where it is `always_whole`, since what is shown
    beside the thing (clocks, other people's acts) moves without its version.
    """
    body = model.__pydantic_serializer__.to_json(model, by_alias=True)
    response = _response(body, status, version=version, location=location, headers=headers)
    if always_whole:
        _ALWAYS_WHOLE.add(response)
    return response


# Answers that a conditional reading is given in full all the same, while they are on their way.
_ALWAYS_WHOLE: WeakSet[Response] = WeakSet()


def reply_as_shown(model: BaseModel) -> Response:
    """Answer 200 with the ETag of what is shown, for what has no version that its reader may know.

    Two readings that show the same have the same tag, whatever changed behind them.
    """
    body = model.__pydantic_serializer__.to_json(model, by_alias=True)
    tag = hashlib.blake2b(body, digest_size=16).hexdigest()
    return _response(body, 200, headers={"etag": f'"{tag}"'})


def page(
    items: Sequence[BaseModel],
    *,
    request: Request,
    cursor: str | None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with one page of a list: `{"items": [...], "next": ...}`.

    `cursor` leads to the next page, None on the last. For a GET, `next` (and `Link: rel="next"`)
    is the path to ask for, with the filters kept. For a search by POST, whose filters are in its
    body, `next` is the cursor to send with the same body.
    """
    following: str | None = None
    if cursor is not None:
        following = cursor if request.method == "POST" else next_path(request, cursor)
    body = b'{"items":%b,"next":%b}' % (
        _all_of(type(items[0])).to_json(list(items), by_alias=True) if items else b"[]",
        b"null" if following is None else b'"%b"' % following.encode("ascii"),
    )
    response = _response(body, 200, headers=headers)
    if following is not None and request.method != "POST":
        response.raw_headers.append((b"link", f'<{following}>; rel="next"'.encode("ascii")))
    return response


@cache
def _all_of(kind: type[BaseModel]) -> SchemaSerializer:
    """What writes a list of one kind in one go."""
    writer: TypeAdapter[list[BaseModel]] = TypeAdapter(list[kind])  # type: ignore[valid-type]  # known at run time
    found = writer.serializer
    if not isinstance(found, SchemaSerializer):
        raise TypeError(f"{kind.__name__} is not complete yet.")
    return found


def next_path(request: Request, cursor: str) -> str:
    """The path of the next page: the one asked for, its query kept, with another cursor."""
    query = parse_qsl(request.scope["query_string"].decode("ascii"), keep_blank_values=True)
    kept = [(name, value) for name, value in query if name != "cursor"]
    return f"{request.url.path}?{urlencode([*kept, ('cursor', cursor)])}"


def _response(
    body: bytes,
    status: int,
    *,
    version: int | None = None,
    location: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    response = Response(body, status, headers=headers, media_type=JSON)
    if version is not None:
        response.raw_headers.append((b"etag", etag(version).encode("ascii")))
    if location is not None:
        response.raw_headers.append((b"location", location.encode("ascii")))
    return response


def as_we_gave_it(tag: bytes) -> bytes:
    """A tag without the marks of proxies that compress: nginx weakens it, others write behind it.

    What was read is the same version in other packing, and our tags are versions.
    """
    return _PACKING.sub(b'"', tag.removeprefix(b"W/"))


def not_modified(tag: bytes) -> Response:
    """Answer 304: the caller holds what is current."""
    response = Response(status_code=304)
    response.raw_headers.append((b"etag", tag))
    return response


def unless_unchanged(scope: Scope, response: Response) -> Response:
    """The response, or 304 when it is a reading of what the caller holds (If-None-Match).

    Tags are compared weakly, as RFC 9110 section 13.1.2 has it.
    """
    if response.status_code != 200 or scope["method"] not in ("GET", "HEAD"):
        return response
    if response in _ALWAYS_WHOLE:
        return response
    held = [value for name, value in scope["headers"] if name == b"if-none-match"]
    if not held:
        return response
    tag = next((value for name, value in response.raw_headers if name == b"etag"), None)
    if tag is None:
        return response
    for one in b",".join(held).split(b","):
        if as_we_gave_it(one.strip()) in (tag, b"*"):
            return not_modified(tag)
    return response
