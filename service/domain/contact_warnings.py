"""What a contact leaves open or looks odd in: said to whoever told of it, and never a refusal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from service.domain.calendar import london_date
from service.domain.contact_minimums import says_who
from service.domain.contacts import ANONYMOUS, Adult, AgreementState, Child, Contact
from service.domain.identities import are_one_child
from service.domain.oddities import says_nothing, shortened_by_a_spreadsheet
from service.domain.people import (
    AdultRelationship,
    BirthKnowledge,
    Sex,
    age_in_years,
)

# Sharing without agreement is recorded with its reason, and delays nothing (rule 15).
_WITHOUT_AGREEMENT = frozenset(
    {AgreementState.refused, AgreementState.withdrawn, AgreementState.not_sought}
)


# Children Act 1989, section 105: a child is a person under eighteen.
ADULT_AT = 18
LONGEST_PREGNANCY = timedelta(weeks=42)


@dataclass(frozen=True, slots=True)
class MissingFact:
    """Something missing or unclear that would help: never a reason to refuse a concern."""

    pointer: str
    message: str
    code: str


def warnings_from_file(
    children: Sequence[Child], linked_otherwise: Sequence[tuple[int, Sequence[str]]] = ()
) -> tuple[MissingFact, ...]:
    """What the file says against what was told: for staff alone, who may know what is on file."""
    found = [
        MissingFact(
            f"/children/{child.position}/{name}",
            "This number is held for another child on file, of whom something else is known: it "
            "was set aside. Check it.",
            "number_of_another_child",
        )
        for child in children
        for name in child.set_aside
    ]
    found += [
        MissingFact(
            f"/children/{child.position}",
            "Somebody on file may be this child: say whether it is the same child.",
            "possible_match",
        )
        for child in children
        if child.unanswered_matches
    ]
    found += [
        MissingFact(
            f"/children/{place}/person_id",
            f"On file this child has another {' and another '.join(against)}: check the link.",
            "linked_to_another",
        )
        for place, against in linked_otherwise
    ]
    return tuple(found)


def _odd(contact: Contact, children: Sequence[Child]) -> list[MissingFact]:
    """What was taken as told and looks like a slip."""
    found = [
        MissingFact(
            f"/children/{children[place].position}",
            "This may be the same child as one named before: tell of each child once.",
            "child_told_twice",
        )
        for place, child in enumerate(children)
        if any(are_one_child(child, other) for other in children[:place])
    ]
    if says_nothing(contact.concern):
        words = "There is no word in it: say what happened, and what the worry is."
        found.append(MissingFact("/concern", words, "concern_says_nothing"))
    if shortened_by_a_spreadsheet(contact.sender_reference or ""):
        words = (
            "A spreadsheet has shortened this number, and others look the same now: send it as "
            "text, with all its digits."
        )
        found.append(MissingFact("/sender_reference", words, "reference_shortened"))
    return found


def _unread(
    contact: Contact, children: Sequence[Child], adults: Sequence[Adult]
) -> list[MissingFact]:
    told = [("", contact.kept_as_told)]
    told += [(f"/children/{child.position}", child.kept_as_told) for child in children]
    told += [(f"/adults/{adult.position}", adult.kept_as_told) for adult in adults]
    return what_could_not_be_read(told)


def what_could_not_be_read(
    told: Sequence[tuple[str, Mapping[str, str] | None]],
) -> list[MissingFact]:
    """A warning for each fact that is kept as told; `told` are they, by where they stand."""
    return [
        MissingFact(
            f"{at}/{_WHERE.get(name, name) if not at else name}",
            "This cannot be read, and is kept as it was told: ask, and put it right.",
            "kept_as_told",
        )
        for at, kept in told
        for name in kept or ()
    ]


# Where facts of a contact stand that are told as part of something.
_WHERE = {
    f"referrer_{name}": f"referrer/{name}"
    for name in ("name", "role", "agency", "telephone", "email")
}


Missing = Callable[[str, str, str], None]
"""Says what is missing: at which pointer, by which code, and in which words."""


def _warn_of_child(child: Child, received_on: date, missing: Missing) -> None:
    at = f"/children/{child.position}"
    born = child.birth_knowledge is not BirthKnowledge.unborn
    if not says_who(child) and child.expected_delivery_on is None:
        missing(at, "child_of_nothing", "Nothing is told of this child: ask who it is.")
    if born and not (child.given_name and child.family_name):
        missing(at, "child_name_incomplete", "Ask for the child's full name.")
    if not born:
        if child.expected_delivery_on is None:
            missing(
                f"{at}/expected_delivery_on",
                "expected_delivery_missing",
                "Ask for the expected date of delivery.",
            )
        elif child.expected_delivery_on < received_on:
            missing(
                f"{at}/expected_delivery_on",
                "expected_delivery_passed",
                "This day had passed: ask whether the child is born.",
            )
        elif child.expected_delivery_on > received_on + LONGEST_PREGNANCY:
            missing(
                f"{at}/expected_delivery_on",
                "expected_delivery_far_off",
                "This day is more than 42 weeks away: check it.",
            )
    else:
        if child.date_of_birth is None:
            missing(
                f"{at}/date_of_birth",
                "date_of_birth_missing",
                "Ask for the date of birth, or estimate it and say so.",
            )
        elif (age_in_years(child.date_of_birth, received_on) or 0) >= ADULT_AT:
            missing(
                f"{at}/date_of_birth",
                "not_a_child",
                "By this date of birth the person is eighteen or older: check it. A worry "
                "about an adult alone is for adult social care.",
            )
        if child.sex is Sex.unknown:
            missing(f"{at}/sex", "sex_not_known", "Ask for the child's sex.")
    if child.ethnicity_code is None:
        missing(f"{at}/ethnicity_code", "ethnicity_missing", "Ask for the child's ethnicity.")


def warnings_about(
    contact: Contact, children: Sequence[Child], adults: Sequence[Adult]
) -> tuple[MissingFact, ...]:
    """What is missing from a contact, in the order in which a worker would ask for it."""
    found = _unread(contact, children, adults)
    unread = {one.pointer for one in found}
    received_on = london_date(contact.received_at)

    def missing(pointer: str, code: str, message: str) -> None:
        if pointer not in unread:
            found.append(MissingFact(pointer, message, code))

    for child in children:
        _warn_of_child(child, received_on, missing)
    found += _odd(contact, children)
    if contact.postcode is None:
        missing("/postcode", "postcode_missing", "Ask where the children live.")
    if not any(adult.relationship is AdultRelationship.father for adult in adults):
        missing("/adults", "father_missing", "Ask who the father is, and record him if not known.")
    if contact.agreement is AgreementState.not_known:
        missing(
            "/agreement/state",
            "agreement_not_known",
            "Ask whether the family knows of this, and whether they agree to a service.",
        )
    if contact.agreement in _WITHOUT_AGREEMENT and not contact.sharing_reason:
        missing(
            "/lawful_basis/sharing_reason",
            "sharing_reason_missing",
            "Record why this was shared without the family's agreement.",
        )
    if contact.lawful_basis is None:
        missing("/lawful_basis/basis", "lawful_basis_missing", "Record the basis for sharing.")
    if contact.source_code != ANONYMOUS and not (
        contact.referrer_telephone or contact.referrer_email
    ):
        missing(
            "/referrer",
            "referrer_unreachable",
            "Ask how the referrer can be reached: they must be told the outcome.",
        )
    return tuple(found)
