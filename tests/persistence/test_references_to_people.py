"""Who a child is on file is put right: every reference to a person goes along, or says why not."""

from service.persistence.columns import IDS
from service.persistence.records import table_of
from service.persistence.repositories.child_records import GOES_ALONG
from service.persistence.tables import metadata

# What stays where it is when a child of a contact turns out to be somebody else, and why.
STAYS = {
    ("accountability", "person_id"): "follows the case that came of the child",
    ("contact_child", "person_id"): "is what is put right",
    ("event", "person_id"): "is what happened then; the move is an event with both records",
    ("event", "people"): "are whom it was said of then",
    ("event_subject", "person_id"): "follows as the move gets its position: see sealing",
    ("missing_episode", "person_id"): "goes along by a rule of its own: see follow_children",
    ("possible_match", "own_person_id"): "is whom the child was taken for when it was found",
    ("possible_match", "person_id"): "is who was found, or what somebody said",
    ("pregnancy_step", "person_id"): "was learnt of the record itself, by whatever contact",
    ("referral", "open_person_id"): "is reckoned by the database from the person",
    ("early_help_episode", "open_person_id"): "is reckoned by the database from the person",
}


def references() -> set[tuple[str, str]]:
    """Every column that names a child on file: by a foreign key, or by its name."""
    return {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("person_id")
        or column.type is IDS
        or any(key.column.table.name == "person" for key in column.foreign_keys)
    }


def test_every_reference_to_a_person_goes_along_with_the_child_or_says_why_not() -> None:
    along = {(table_of(kind).name, "person_id") for kind in GOES_ALONG}
    assert along.isdisjoint(STAYS)
    forgotten = references() - along - set(STAYS)
    assert forgotten == set(), "add it to GOES_ALONG of child_records, or say here why it stays"
    assert along | set(STAYS) == references()


def test_whatever_goes_along_is_found_by_the_child() -> None:
    for kind in GOES_ALONG:
        assert "child_id" in table_of(kind).c, kind.__name__
