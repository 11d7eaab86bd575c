"""The contract as it is published: `tests/contract/test_contract.py` holds that the code says it.

Making it of the code takes seconds, and a run would do it some hundred times.
"""

import json
from typing import Any

from tests.support.sources import ROOT

PUBLISHED = ROOT / "openapi" / "openapi.json"


def published() -> dict[str, Any]:
    """The contract, a copy of one's own."""
    found: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return found
