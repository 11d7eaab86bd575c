"""The manners of HTTP, fastened to an application in one call."""

from dataclasses import dataclass

from fastapi import FastAPI

from api.errors import answer_failure, install_errors
from api.limits import BODY_BYTES, SECONDS, Drain, Limited
from api.observability import Metrics, Observed
from api.routing import FrontDoorRoute
from api.switchboard import Switchboard


@dataclass(frozen=True, slots=True)
class Manners:
    """What an application with manners holds: its meters, its way to stop, its switchboard."""

    metrics: Metrics
    drain: Drain
    switchboard: Switchboard


def install_manners(
    app: FastAPI,
    *,
    body_bytes: int = BODY_BYTES,
    seconds: float = SECONDS,
    quiet: frozenset[str] = frozenset({"/livez", "/readyz", "/metrics"}),
) -> Manners:
    """Give an application its manners; call it once, before or after its routes are added.

    `quiet` are the templates whose good answers are not logged (they are asked every few seconds).
    Routers must be made with `route_class=FrontDoorRoute`; those of `app` itself are, from now on.
    """
    metrics = Metrics()
    drain = Drain()
    app.router.route_class = FrontDoorRoute
    app.router.redirect_slashes = False
    switchboard = Switchboard(app)
    app.router.middleware_stack = switchboard
    install_errors(app)
    # The last one added is the outermost.
    app.add_middleware(
        Limited,
        drain=drain,
        body_bytes=body_bytes,
        seconds=seconds,
        most_bytes=switchboard.most_bytes,
    )
    app.add_middleware(Observed, metrics=metrics, answer_failure=answer_failure, quiet=quiet)
    return Manners(metrics, drain, switchboard)
