"""Who has called, and who may not call any more."""

from sqlalchemy import Index

from service.domain.accounts import Account, Suspension
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

AccountRow = table_for(
    Account,
    "account",
    Index("ux_account_identity", "issuer", "subject", unique=True),
)


SuspensionRow = table_for(
    Suspension,
    "suspension",
    partial_index(
        "ux_suspension_in_force", "kind", "target", unique=True, where="lifted_at IS NULL"
    ),
    points_to={
        "suspended_by": "account.id",
        "lifted_by": "account.id",
    },
)
