"""What processes of one or two releases tell each other of the database itself."""

from datetime import datetime

from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, kept


class SchemaStepRow(SQLModel, table=True):
    """A schema step that was taken, and with which releases it can be lived."""

    __tablename__ = "schema_step"

    step: str = kept("The step.", primary_key=True)
    oldest_reader: str = kept(
        "The oldest step whose release still reads and writes rightly after this one."
    )
    taken_at: datetime = kept("When it was taken.", type_=INSTANT)


class ProofOfWritingRow(SQLModel, table=True):
    """One row that is written again and again, to see whether anything can be written."""

    __tablename__ = "proof_of_writing"

    place: int = kept("Always 1: there is one row.", primary_key=True)
    written_at: datetime = kept("When it was last written.", type_=INSTANT)
