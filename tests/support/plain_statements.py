"""Statements of tests, put together from the names of our own tables."""


def select_from(table: str, what: str = "*") -> str:
    """Reads a whole table, or what is asked of it."""
    return f"SELECT {what} FROM {table}"  # noqa: S608 - names of our own tables


def change_in(table: str, to: str) -> str:
    """Changes every row of a table."""
    return f"UPDATE {table} SET {to}"  # noqa: S608 - names of our own tables
