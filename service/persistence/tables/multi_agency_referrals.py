"""How often each caller has had a multi-agency referral checked."""

from datetime import datetime
from uuid import UUID

from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, kept


class ValidationCountRow(SQLModel, table=True):
    """The checks of one caller since an instant, for as long as they are counted together."""

    __tablename__ = "validation_count"

    account_id: UUID = kept("The caller.", primary_key=True, foreign_key="account.id")
    since: datetime = kept("From when they are counted.", type_=INSTANT)
    made: int = kept("How many there were since then.")
