"""The service as it is started, but for the question of repeat concern as a contact arrives.

python -m tests.benchmarks.without_concern serve …   what that question costs is what differs
"""

from typing import Any

from frontdoor.__main__ import main
from service.persistence.repositories import concerns


async def _nothing(*_: Any, **__: Any) -> list[Any]:
    return []


if __name__ == "__main__":
    concerns._heard = _nothing
    main(prog_name="frontdoor")
