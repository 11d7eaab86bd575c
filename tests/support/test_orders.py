"""The order of the tests: another by each seed, the same by the same, and nobody is left out."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest

from tests.support.orders import arranged


@dataclass(frozen=True)
class Written:
    """A test that stands in a file."""

    path: Path
    name: int


TESTS = [Written(Path(file), name) for file in ("one", "two", "three") for name in range(20)]


@pytest.mark.parametrize("seed", [1, 2, 999_999])
def test_a_seed_brings_its_order_back_and_leaves_nobody_out(seed: int) -> None:
    found = arranged(TESTS, seed)
    assert found == arranged(TESTS, seed)
    assert found != TESTS
    assert set(found) == set(TESTS)
    assert len(found) == len(TESTS)


def test_each_seed_is_an_order_of_its_own_and_none_is_the_written_one() -> None:
    assert arranged(TESTS, 1) != arranged(TESTS, 2)
    assert arranged(TESTS, 0) == TESTS


def test_files_stay_whole() -> None:
    """What a file makes once for all of its tests is made once."""
    files = [path for path, _ in groupby(arranged(TESTS, 7), key=lambda one: one.path)]
    assert len(files) == len(set(files)) == 3


def test_this_very_run_has_the_order_of_its_seed(pytestconfig: pytest.Config) -> None:
    assert isinstance(pytestconfig.option.order_seed, int)
