"""The interactive documentation, the contract and the pages of the problems: no internet needed."""

import asyncio
import hashlib
import html
import inspect
import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.errors import PathUnknown, kinds_of_problem, status_of
from api.routing import FrontDoorRoute
from service.domain.errors import FrontDoorError, NotFound

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_KEPT: Final = "public, max-age=86400"
_ASSETS: Final[dict[str, tuple[str, str]]] = {
    "swagger-ui.css": ("swagger-ui/swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": ("swagger-ui/swagger-ui-bundle.js", "text/javascript"),
    "start.js": ("documentation.js", "text/javascript"),
    "page.css": ("documentation.css", "text/css"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
    "licence.txt": ("swagger-ui/LICENSE", "text/plain"),
    "notice.txt": ("swagger-ui/NOTICE", "text/plain"),
}
_HEAD: Final = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/documentation/assets/icon.svg">
<link rel="stylesheet" href="/documentation/assets/{style}">
<link rel="stylesheet" href="/documentation/assets/page.css">
"""
_PAGE: Final = (
    _HEAD.format(title="Front Door: the contract", style="swagger-ui.css")
    + """<script src="/documentation/assets/swagger-ui-bundle.js" defer></script>
<script src="/documentation/assets/start.js" defer></script>
</head>
<body>
<header><strong>Front Door</strong> <a href="/openapi.json">openapi.json</a>
<a href="/problems">Problems</a></header>
<main id="documentation"><noscript>This page needs JavaScript. The contract itself is at
<a href="/openapi.json">/openapi.json</a>.</noscript></main>
</body>
</html>
"""
)


@cache
def _asset(name: str) -> tuple[bytes, str, str]:
    path, media_type = _ASSETS[name]
    content = (files("api.pages") / "static" / path).read_bytes()
    return content, media_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _told(kind: type[FrontDoorError]) -> str:
    return " ".join(inspect.cleandoc(kind.__doc__ or kind.title).split())


def _wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _html(title: str, inner: str) -> Response:
    page = _HEAD.format(title=html.escape(title), style="page.css")
    return HTMLResponse(
        f'{page}</head>\n<body>\n<header><strong>Front Door</strong> <a href="/documentation">'
        f'Documentation</a> <a href="/problems">Problems</a></header>\n<main class="text">{inner}'
        f"</main>\n</body>\n</html>\n",
        headers={"Content-Security-Policy": POLICY, "Vary": "Accept"},
    )


def documentation_router(contract: Callable[[FastAPI], str]) -> APIRouter:
    """The routes of the documentation.

    `contract` gives the text of an application's contract; it is asked once, at the
    first reading, in a thread of its own, for it takes a second.
    It is given the application rather than holding one: the framework keeps each function that it
    routes to for good, and whatever that holds. Leave the router out where the documentation is not
    to be seen.
    """
    router = APIRouter(route_class=FrontDoorRoute, include_in_schema=False)

    def write(app: FastAPI) -> tuple[bytes, str]:
        text = contract(app).encode()
        return text, f'"{hashlib.sha256(text).hexdigest()[:32]}"'

    async def written(app: FastAPI) -> tuple[bytes, str]:
        # Written by one thread beside everything else, however many ask for it meanwhile.
        writing: asyncio.Future[tuple[bytes, str]] | None
        writing = getattr(app.state, "written_contract", None)
        if writing is None or (writing.done() and writing.exception() is not None):
            writing = asyncio.ensure_future(asyncio.to_thread(write, app))
            app.state.written_contract = writing
        return await asyncio.shield(writing)

    @router.get("/openapi.json")
    async def read_contract(request: Request) -> Response:
        """The contract."""
        content, tag = await written(request.app)
        return Response(
            content,
            media_type="application/json",
            headers={"ETag": tag, "Cache-Control": "no-cache"},
        )

    @router.get("/documentation", response_class=HTMLResponse)
    async def read_documentation() -> Response:
        """The interactive documentation."""
        return HTMLResponse(_PAGE, headers={"Content-Security-Policy": POLICY})

    @router.get("/", response_class=HTMLResponse)
    @router.get("/docs", response_class=HTMLResponse)
    async def find_documentation() -> Response:
        """Where documentation is often looked for."""
        return RedirectResponse("/documentation", status_code=308)

    @router.get(
        "/documentation/assets/{name}",
        responses={
            200: {"content": {kind: {} for _, kind in _ASSETS.values()}},
        },
    )
    async def read_asset(name: str) -> Response:
        """A file of the documentation's page."""
        if name not in _ASSETS:
            raise PathUnknown
        content, media_type, tag = _asset(name)
        return Response(
            content, media_type=media_type, headers={"ETag": tag, "Cache-Control": _KEPT}
        )

    told_in_both: dict[int | str, dict[str, Any]] = {
        200: {"content": {"application/json": {}, "text/html": {}}}
    }

    @router.get("/problems", responses=told_in_both)
    async def list_problems(request: Request) -> Response:
        """Every problem code there is."""
        kinds = kinds_of_problem()
        if _wants_html(request):
            rows = "".join(
                f'<dt><a href="/problems/{code}">{code}</a> ({status_of(kind)})</dt>'
                f"<dd>{html.escape(kind.title)}</dd>"
                for code, kind in kinds.items()
            )
            return _html("Problems", f"<h1>Problems</h1><dl>{rows}</dl>")
        return _json([_about(kind) for kind in kinds.values()])

    @router.get("/problems/{code}", responses=told_in_both)
    async def read_problem(request: Request, code: str) -> Response:
        """What a problem code means."""
        kind = kinds_of_problem().get(code)
        if kind is None:
            raise NotFound("There is no problem of this code. See /problems for those there are.")
        if _wants_html(request):
            return _html(
                kind.title,
                f"<h1>{html.escape(kind.title)}</h1><p>{html.escape(_told(kind))}</p>"
                f"<dl><dt>code</dt><dd><code>{code}</code></dd>"
                f"<dt>status</dt><dd>{status_of(kind)}</dd></dl>",
            )
        return _json(_about(kind))

    return router


def _about(kind: type[FrontDoorError]) -> dict[str, object]:
    return {
        "code": kind.code,
        "title": kind.title,
        "status": status_of(kind),
        "description": _told(kind),
        "type": f"/problems/{kind.code}",
    }


def _json(content: object) -> Response:
    text = json.dumps({"items": content} if isinstance(content, list) else content)
    return Response(text, media_type="application/json", headers={"Vary": "Accept"})
