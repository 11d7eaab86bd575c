"""An event says whom it concerns, or is of a kind that concerns nobody."""

from uuid import uuid4

import pytest

from service.domain.events import (
    CONCERNS_NOBODY,
    ConcernsUnclear,
    EventType,
    Whom,
    people_named,
)

ADA, BEA, CONTACT = uuid4(), uuid4(), uuid4()


@pytest.mark.parametrize("kind", sorted(set(EventType) - CONCERNS_NOBODY))
def test_a_kind_that_concerns_somebody_cannot_happen_without_saying_whom(kind: EventType) -> None:
    with pytest.raises(ConcernsUnclear):
        people_named(kind, Whom.nobody, CONTACT)
    assert people_named(kind, [ADA, BEA, ADA], CONTACT) == (ADA, BEA)
    assert people_named(kind, Whom.every_child_on_the_contact, CONTACT) is None


@pytest.mark.parametrize("kind", sorted(CONCERNS_NOBODY))
def test_a_kind_that_concerns_nobody_names_nobody(kind: EventType) -> None:
    for about in ([ADA], Whom.every_child_on_the_contact):
        with pytest.raises(ConcernsUnclear):
            people_named(kind, about, CONTACT)
    assert people_named(kind, Whom.nobody, None) == ()


def test_every_child_on_the_contact_needs_a_contact() -> None:
    with pytest.raises(ConcernsUnclear):
        people_named(EventType.contact_triaged, Whom.every_child_on_the_contact, None)


def test_a_contact_about_an_adult_alone_concerns_no_child() -> None:
    assert people_named(EventType.contact_received, [], CONTACT) == ()
