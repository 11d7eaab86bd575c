"""Makes a table append-only: the database refuses to change or remove what stands there."""

from alembic import op


def make_append_only(table: str) -> None:
    """Has the database refuse changes and removals of rows of a table of our own."""
    for what in ("UPDATE", "DELETE", "TRUNCATE"):
        name = f"refuse_{what.lower()}_of_{table}"
        if op.get_bind().dialect.name != "sqlite":
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {what} ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        elif what != "TRUNCATE":
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {what} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
