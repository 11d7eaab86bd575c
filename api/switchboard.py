"""Where a request goes: one flat table of places, asked before anything else."""

from collections.abc import (
    Awaitable,
    Callable,
    Iterable,
)
from dataclasses import dataclass, field
from urllib.parse import unquote

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from api.errors import (
    MethodNotAllowed,
    PathUnknown,
)
from api.observability import current_notes
from api.routing import Entry, entry_of


@dataclass(slots=True)
class _Place:
    """One step of the paths that are served."""

    below: dict[str, "_Place"] = field(default_factory=dict)
    any_below: "_Place | None" = None
    entries: dict[str, Entry] = field(default_factory=dict)
    allow: str = ""


class Switchboard:
    """Finds the operation for a path and a method, by one walk down a tree of path segments.

    It stands where FastAPI's router stood, because that one tries each route in turn (twice for
    included ones), answers 405 with the methods of the first route alone, and knows neither HEAD
    nor OPTIONS. What it does not know (mounted applications) it hands on.

    A path is taken as it was written: `%2F` parts nothing, and no letter of ours is spelt `%76`. So
    a rule about paths in a proxy sees what is served here.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._otherwise = app.router.app
        self._root: _Place | None = None
        self._others = False

    def _build(self) -> _Place:
        root = _Place()
        self._others = False
        for context in iter_route_contexts(self._app.routes):
            route = context.original_route
            template = context.path_format
            if (
                not isinstance(route, Route)
                or template is None
                or any(":" in part for part in (context.path or "").split("{")[1:])
            ):
                self._others = True
                continue
            place = root
            for part in template.split("/")[1:]:
                if part.startswith("{") and part.endswith("}"):
                    if place.any_below is None:
                        place.any_below = _Place()
                    place = place.any_below
                else:
                    place = place.below.setdefault(part, _Place())
            entry = entry_of(context)
            for method in sorted(context.methods or ()):
                place.entries.setdefault(method, entry)
            if "GET" in place.entries:
                place.entries.setdefault("HEAD", place.entries["GET"])
            place.allow = ", ".join(sorted({*place.entries, "OPTIONS"}))
        return root

    def most_bytes(self, scope: Scope) -> int:
        """How many bytes the body of a request may have by its own route; 0 when that says none."""
        place, _ = self.find(_path_of(scope))
        entry = None if place is None else place.entries.get(scope["method"])
        return 0 if entry is None or entry.file is None else entry.file.most_bytes

    def refresh(self) -> None:
        """Forget the tree; for an application that gained routes after its first request."""
        self._root = None

    def find(self, path: str) -> tuple["_Place | None", list[str]]:
        """The place of a path with the values of its template's names, in order."""
        if self._root is None:
            self._root = self._build()
        parts = path.split("/")
        values: list[str] = []
        return self._walk(self._root, parts, 1, values), values

    def _walk(
        self, place: _Place, parts: list[str], position: int, values: list[str]
    ) -> _Place | None:
        if position == len(parts):
            return place if place.entries else None
        part = parts[position]
        below = place.below.get(part)
        if below is not None:
            found = self._walk(below, parts, position + 1, values)
            if found is not None:
                return found
        if place.any_below is not None and part:
            values.append(unquote(part) if "%" in part else part)
            found = self._walk(place.any_below, parts, position + 1, values)
            if found is not None:
                return found
            values.pop()
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._otherwise(scope, receive, send)
            return
        place, values = self.find(_path_of(scope))
        if place is None:
            if self._others:
                await self._otherwise(scope, receive, send)
                return
            raise PathUnknown
        method: str = scope["method"]
        entry = place.entries.get(method)
        if entry is None:
            current_notes().template = next(iter(place.entries.values())).template
            if method == "OPTIONS":
                await Response(status_code=204, headers={"Allow": place.allow})(
                    scope, receive, send
                )
                return
            raise MethodNotAllowed(place.allow)
        current_notes().template = entry.template
        scope["router"] = self._app.router
        scope["route"] = entry.route
        scope["endpoint"] = entry.endpoint
        scope["path_params"] = dict(zip(entry.names, values, strict=True))
        scope["frontdoor.entry"] = entry
        if method == "HEAD":
            await entry.app({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            await entry.app(scope, receive, send)


def _path_of(scope: Scope) -> str:
    """The path as it was written, below the one at which the application is mounted."""
    written: bytes | None = scope.get("raw_path")
    path: str = written.decode("latin-1") if written else scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _without_body(send: Send) -> Callable[[Message], Awaitable[None]]:
    """Send what a GET would send, and keep its body back."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head


def served_operations(app: FastAPI) -> Iterable[tuple[str, str, Entry]]:
    """Every operation that an application serves: method, template, entry."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, Route):
            for method in sorted(context.methods or ()):
                yield method, context.path_format or "", entry_of(context)
