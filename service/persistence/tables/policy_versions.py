"""The policies that were ever in force."""

from datetime import datetime

from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, kept


class PolicyVersionRow(SQLModel, table=True):
    """Every policy that was ever in force, word for word."""

    __tablename__ = "policy_version"

    version: str = kept("Version, as the file names it.", primary_key=True)
    digest: str = kept("SHA-256 of the file.")
    text: str = kept("The file.")
    first_used_at: datetime = kept("When it first came into force here.", type_=INSTANT)
