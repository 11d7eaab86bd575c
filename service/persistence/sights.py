"""What of a sight stands in a statement as a value, and what makes its text another one."""

from collections.abc import Hashable
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam

from service.domain.access import Sight

_ACCOUNT: Final = "of_own_account"
_ORGANISATION: Final = "of_own_organisation"


def shape_of(sight: Sight) -> Hashable:
    """What makes the text of a statement differ from one sight to another.

    Whose account and which organisation it is stand in the text as values: it serves them all.
    """
    return sight.reach, sight.organisation_id is None, sight.lists_requests, sight.rules


def values_of(sight: Sight) -> dict[str, Any]:
    """The values of the parameters that a statement has of a sight."""
    return {_ACCOUNT: sight.account_id, _ORGANISATION: sight.organisation_id}


def is_theirs(sight: Sight, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a column names the account of whoever looks."""
    return column == bindparam(_ACCOUNT, sight.account_id, column.type)


def is_of_their_organisation(sight: Sight, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a column names the organisation of whoever looks. False where they are of none."""
    return column == bindparam(_ORGANISATION, sight.organisation_id, column.type)
