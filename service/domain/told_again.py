"""A child on a contact as told after an amendment, and what to look for on file because of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from service.domain.contacts import (
    Child,
)
from service.domain.identities import NUMBERS
from service.domain.new_contacts import (
    CHILD_FACTS,
    NewChild,
)
from service.domain.people import BirthKnowledge, Sex

_DATES = frozenset({"date_of_birth", "expected_delivery_on"})


def told_after_amendment(child: Child, sent: Mapping[str, Any]) -> NewChild:
    """A child on the contact as told after an amendment, which may name what is not a fact."""
    facts = {name: getattr(child, name) for name in CHILD_FACTS}
    facts |= {name: value for name, value in sent.items() if name in CHILD_FACTS}
    knowledge = sent.get("birth_knowledge")
    if knowledge is BirthKnowledge.unborn:
        facts |= {
            name: value
            for name, value in (("date_of_birth", None), ("sex", Sex.unknown))
            if name not in sent
        }
    elif knowledge is not None and "expected_delivery_on" not in sent:
        facts["expected_delivery_on"] = None
    elif (
        knowledge is None
        and child.birth_knowledge is BirthKnowledge.not_known
        and _DATES & sent.keys()
    ):
        facts["birth_knowledge"] = None
    return NewChild(person_id=sent.get("person_id"), **facts)


def looked_for_on_file(old: Child, new: NewChild, sent: Mapping[str, Any]) -> NewChild:
    """What to look for on file: a link or a number that is new, else whom the child is now."""
    corrected = {
        name: number for name in NUMBERS if (number := getattr(new, name)) != getattr(old, name)
    }
    linked = new.person_id is not None and new.person_id != old.person_id
    unlinked = "person_id" in sent and new.person_id is None
    numbered = any(corrected.values())
    return replace(
        new,
        person_id=new.person_id if linked else None if numbered or unlinked else old.person_id,
        nhs_number=corrected.get("nhs_number"),
        unique_pupil_number=corrected.get("unique_pupil_number"),
    )
