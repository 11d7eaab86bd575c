"""Keys that every test of tokens signs with, made once."""

import pytest

from tests.support.providers import Ring, new_ring


@pytest.fixture(scope="session")
def ring() -> Ring:
    """Every key that the tests sign with."""
    return new_ring()
