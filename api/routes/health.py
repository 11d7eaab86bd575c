"""Health over HTTP: alive, ready or why not, and the figures that an operator watches."""

import hmac
from typing import Any, Final

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import PlainTextResponse, Response

from api.contract import problems
from api.deps import house_of
from api.errors import NotAuthenticated, Unavailable
from api.replies import reply
from api.routing import FrontDoorRoute
from api.schemas.health import Alive, Ready
from service.domain.errors import NotAllowed, Problem
from service.issuers import is_loopback
from service.readiness import CheckState

router = APIRouter(tags=["health"], route_class=FrontDoorRoute)

_PUBLIC: Final[dict[str, Any]] = {"security": []}
_FORWARDED: Final = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip"})


class NotReady(Unavailable):
    """The service cannot serve now; `errors` names what stops it."""

    code = "not_ready"
    title = "Not ready to serve"


class MetricsNotForYou(NotAllowed):
    """The metrics are for this machine alone, unless a token for them is set."""

    code = "metrics_not_for_you"
    title = "The metrics are for this machine"


@router.get("/livez", response_model=Alive, openapi_extra=_PUBLIC)
async def read_liveness() -> Response:
    """Whether the process answers. Nothing else is looked at: do not restart it for a database."""
    return reply(Alive())


@router.get("/readyz", response_model=Ready, responses=problems(NotReady), openapi_extra=_PUBLIC)
async def read_readiness(request: Request) -> Response:
    """Whether the service can serve.

    Refused, with reasons, when it cannot: no database, an unknown schema, no identity provider's
    keys, or because it is stopping. What must be looked at and does not stop it, such as a sweep
    that is late, is `degraded`.
    """
    if request.app.state.manners.drain.begun:
        raise _not_ready(
            [Problem("", "It is stopping; what was sent is still answered.", "stopping")]
        )
    found = await house_of(request).readiness()
    failing = [one for one in found.checks if one.state is CheckState.failing]
    if failing:
        raise _not_ready([Problem("", one.says, f"{one.name}_failing") for one in failing])
    return reply(Ready.of(found))


def _not_ready(reasons: list[Problem]) -> NotReady:
    refusal = NotReady("The service cannot serve just now: see errors.")
    refusal.problems = tuple(reasons)
    return refusal


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses={
        200: {
            "description": "The metrics, in the text format of Prometheus.",
            "content": {"text/plain": {"example": "frontdoor_overdue_contacts 0.0\n"}},
        },
        **problems(NotAuthenticated, MetricsNotForYou),
    },
    openapi_extra=_PUBLIC,
)
async def read_metrics(request: Request) -> Response:
    """The metrics: requests by route template, and how much is open, overdue and unacknowledged.

    With the operator's token for them; without one set, from this machine alone.
    """
    _let_in(request)
    await request.app.state.gauges.refresh(house_of(request))
    return Response(
        generate_latest(request.app.state.manners.metrics.registry),
        media_type=CONTENT_TYPE_LATEST,
    )


def _let_in(request: Request) -> None:
    expected = house_of(request).settings.metrics_token
    if expected is not None:
        sent = request.headers.get("authorization", "").encode("latin-1", "replace")
        wanted = f"Bearer {expected.get_secret_value()}".encode()
        if not hmac.compare_digest(sent, wanted):
            raise NotAuthenticated(
                "Send the token for the metrics: `Authorization: Bearer …`.",
                invalid_token=bool(sent),
            )
        return
    # Behind a proxy on this machine everybody seems to call from it.
    passed_on = any(name in _FORWARDED for name, _ in request.scope["headers"])
    if passed_on or request.client is None or not is_loopback(request.client.host):
        raise MetricsNotForYou(
            "The metrics are read from this machine alone, unless FRONTDOOR_METRICS_TOKEN is set."
        )
