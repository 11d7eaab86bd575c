"""The order of the tests: as they are written, or any other, which is said and can be had again.

`--order-seed=any` takes another order each time and says which; `--order-seed=7` brings one back.
Files stay whole, so that what a file makes once for all of its tests is made once.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

_MOST = 1_000_000


class Placed(Protocol):
    """A test, as far as its order goes."""

    @property
    def path(self) -> Path:
        """The file that it stands in."""
        ...


Test = TypeVar("Test", bound=Placed)


def add_option(parser: pytest.Parser) -> None:
    """Takes the seed."""
    parser.addoption(
        "--order-seed",
        default="0",
        help="the order of the tests; 0: as they are written; any: another each time",
    )


def choose(config: pytest.Config) -> None:
    """Chooses a seed where any will do: once, by whoever hands out the tests to the others."""
    asked = config.option.order_seed
    config.option.order_seed = (
        random.SystemRandom().randrange(1, _MOST) if asked == "any" else int(asked)
    )


def arranged(items: Sequence[Test], seed: int) -> list[Test]:
    """The tests in the order of a seed: the files among each other, and the tests of a file."""
    if not seed:
        return list(items)
    chance = random.Random(seed)
    files: dict[Path, list[Test]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    groups = list(files.values())
    chance.shuffle(groups)
    for group in groups:
        chance.shuffle(group)
    return [item for group in groups for item in group]


def long_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The long ones first: begun last, one would go on while other processes have nothing to do."""
    return sorted(items, key=lambda item: item.get_closest_marker("long") is None)


def words(config: pytest.Config) -> str:
    """How to have the same order again."""
    return f"order of the tests: --order-seed={config.option.order_seed}"
