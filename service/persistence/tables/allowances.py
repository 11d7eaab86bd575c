"""What callers have left of what they may ask, as the processes tell each other."""

from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import SQLModel

from service.persistence.columns import kept


class AllowanceRow(SQLModel, table=True):
    """What one caller had left of one allowance when a process last told of it."""

    __tablename__ = "allowance"
    __table_args__ = (Index("ix_allowance_at_ms", "at_ms"),)

    holder: UUID = kept(
        "The person's account, or a digest that stands for a partner's client.", primary_key=True
    )
    name: str = kept("Which allowance.", primary_key=True)
    left_parts: int = kept(
        "What was left, in parts of a request; below nought a debt.", type_=BigInteger
    )
    at_ms: int = kept("When, in milliseconds since 1970.", type_=BigInteger)
