"""The quick tier, what a developer runs on every save: chosen by rule, not by a list.

Of what asks no database everything; of each file that goes through the door the first test, on
SQLite. What is marked as heavy or long waits for `make test`, and so does PostgreSQL.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, Protocol, TypeVar

import pytest

TESTS: Final = Path(__file__).parents[1]
WHOLE: Final = frozenset({"domain", "policy", "house"})
"""The folders that ask no database."""


class Chosen(Protocol):
    """A test, as far as it is asked whether it is quick."""

    @property
    def path(self) -> Path:
        """The file that it stands in."""
        ...

    @property
    def name(self) -> str:
        """Its name, with the kind of database that it runs on."""
        ...


Test = TypeVar("Test", bound=Chosen)


def add_option(parser: pytest.Parser) -> None:
    """Takes the word for it."""
    parser.addoption("--quick", action="store_true", help="the quick tier of the folders named")


def folder_of(path: Path) -> str:
    """The folder of the tests in which a file stands."""
    return path.relative_to(TESTS).parts[0]


def quick(tests: Sequence[Test], heavy: Collection[Test] = ()) -> list[Test]:
    """Those of the tests that are quick; `heavy` are those that take seconds or more."""
    found: list[Test] = []
    opened: set[Path] = set()
    for test in tests:
        if test in heavy or "postgresql" in test.name:
            continue
        if folder_of(test.path) not in WHOLE:
            if test.path in opened:
                continue
            opened.add(test.path)
        found.append(test)
    return found


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the others out, where the quick tier is asked for."""
    if not config.option.quick:
        return
    heavy = {item for item in items if _is_heavy(item)}
    chosen = quick(items, heavy)
    kept = set(chosen)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = chosen


def _is_heavy(item: pytest.Item) -> bool:
    marked = any(item.get_closest_marker(name) for name in ("long", "heavy"))
    return marked or "postgres" in getattr(item, "fixturenames", ())


def words(folders: Collection[str]) -> str:
    """What the quick tier of these folders leaves out, to be said at its end."""
    others = sorted(
        {folder_of(path) for path in TESTS.glob("*/**/test_*.py")} - {*folders, "support"}
    )
    return (
        "The quick tier. Left out: PostgreSQL; what is marked as heavy; of each file that goes "
        "through the door all but its first test; "
        f"all of {', '.join(others)}. Before you push: make test."
    )


def folders_asked(arguments: Sequence[str]) -> set[str]:
    """The folders of tests among the words after `pytest`."""
    return {Path(one).name for one in arguments if (TESTS / Path(one).name).is_dir()}
