"""The last good keys of each identity provider, for a process that starts while it is away."""

from datetime import datetime

from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, kept


class IssuerKeysRow(SQLModel, table=True):
    """What an identity provider published last, under a seal of the service's own."""

    __tablename__ = "issuer_keys"

    issuer: str = kept("The exact `iss` of its tokens.", primary_key=True)
    key_set: str = kept("The public keys, as they were published.")
    read_at: datetime = kept("When they were read.", type_=INSTANT)
    seal: str = kept("Keyed digest of the three, by the service's secret.")
