"""Who has called, and who may not call any more."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, Sensitivity, kept, partial_index


class AccountRow(SQLModel, table=True):
    """Somebody who has called: issuer and subject together."""

    __tablename__ = "account"
    __table_args__ = (Index("ux_account_identity", "issuer", "subject", unique=True),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    issuer: str = kept("Issuer of the token.")
    subject: str = kept("Subject at that issuer.")
    name: str = kept("Name as the issuer last gave it.", Sensitivity.personal)
    client_id: str | None = kept("Client system.")
    organisation_id: str | None = kept("Organisation of a partner.")
    team_id: str | None = kept("Team of a member of staff.")
    first_seen_at: datetime = kept("When first seen.", type_=INSTANT)
    role_names: str | None = kept("Roles that the newest token named, a space between.")
    roles_since: datetime | None = kept("Since when seen with these roles.", type_=INSTANT)
    team_since: datetime | None = kept("When first seen in another team.", type_=INSTANT)
    signed_in_at: datetime | None = kept("When the newest token was made.", type_=INSTANT)


class SuspensionRow(SQLModel, table=True):
    """Access taken away although tokens are still valid."""

    __tablename__ = "suspension"
    __table_args__ = (
        partial_index(
            "ux_suspension_in_force", "kind", "target", unique=True, where="lifted_at IS NULL"
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    kind: str = kept("account, client or organisation.")
    target: str = kept("Which one.")
    reason: str = kept("Why.", Sensitivity.sensitive)
    suspended_at: datetime = kept("Since when.", type_=INSTANT)
    suspended_by: UUID = kept("By whom.", foreign_key="account.id")
    lifted_at: datetime | None = kept("Until when.", type_=INSTANT)
    lifted_by: UUID | None = kept("Lifted by whom.", foreign_key="account.id")
    lifted_because: str | None = kept("Lifted why.", Sensitivity.sensitive)
    version: int = kept("Grows with each change; the ETag.")
