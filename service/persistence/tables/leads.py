"""Who leads among the workers, and the sign of life that the leader gives."""

from sqlalchemy import BigInteger
from sqlmodel import SQLModel

from service.persistence.columns import kept


class LeadRow(SQLModel, table=True):
    """The lead: one row, which passes from worker to worker."""

    __tablename__ = "lead"

    name: str = kept("What is led: the workers.", primary_key=True)
    epoch: int = kept(
        "How often the lead has been taken: who holds an older one leads no more.", type_=BigInteger
    )
    holder: str = kept("Which worker process leads; empty when it gave the lead up.")
    beat: int = kept(
        "Grows while the leader lives; that it does, and not what it is, counts.", type_=BigInteger
    )
    locked: bool = kept("Whether the leader holds the lock too, which ends with its process.")
