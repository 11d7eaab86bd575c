"""Answers kept for repeated requests."""

from sqlalchemy import Index, SmallInteger

from service.domain.answers import KeptAnswer
from service.persistence.record_tables import table_for

AnswerRow = table_for(
    KeptAnswer,
    "answer",
    Index("ix_answer_kept_until", "kept_until"),
    primary_key=("client", "key"),
    types={"status": SmallInteger},
)
