"""Answers kept for repeated requests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, SmallInteger
from sqlmodel import SQLModel

from service.persistence.columns import DOCUMENT, INSTANT, Sensitivity, kept


class AnswerRow(SQLModel, table=True):
    """What was answered to a creating request, for when it is sent again."""

    __tablename__ = "answer"
    __table_args__ = (Index("ix_answer_kept_until", "kept_until"),)

    client: str = kept("Who sent it: the caller the key belongs to.", primary_key=True)
    key: UUID = kept("The sender's Idempotency-Key.", primary_key=True)
    fingerprint: str = kept("Digest of method, path and body.")
    status: int = kept("HTTP status.", type_=SmallInteger)
    headers: dict[str, str] = kept("Headers that go with it.", type_=DOCUMENT)
    body: bytes = kept("The answer, byte for byte.", Sensitivity.sensitive, type_=LargeBinary)
    kept_until: datetime = kept("When it is forgotten.", type_=INSTANT)
