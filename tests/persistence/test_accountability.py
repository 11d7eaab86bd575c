"""For every open child exactly one case answers: the database itself refuses anything else."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from service.domain.accountabilities import Accountability
from service.domain.accounts import Account
from service.domain.contacts import Child, Contact
from service.domain.decisions import Decision
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.people import Person
from service.domain.referrals import Referral
from service.persistence.engines import Database
from service.persistence.failures import AlreadyThere
from service.persistence.ids import new_id
from service.persistence.records import table_of
from tests.persistence.conftest import NOW, Bench
from tests.support.records import one_of_each

ACCOUNTABILITY, REFERRAL, EPISODE = (
    table_of(kind) for kind in (Accountability, Referral, EarlyHelpEpisode)
)
# What each database says of a row that points at nothing.
REFUSED = r"FOREIGN KEY constraint failed|violates foreign key constraint"
NOT_TWO_CASES = r"ck_accountability_one_case"


@dataclass
class Children:
    """Two children, nobody's yet, and a decision for each on which a case may rest."""

    database: Database
    first: Person
    second: Person
    cases: dict[Any, dict[str, Any]]

    def referral(self, child: Person, **changes: Any) -> Referral:
        """A referral of a child, open unless said otherwise."""
        return self._case(Referral, child, changes)

    def episode(self, child: Person, **changes: Any) -> EarlyHelpEpisode:
        """An early help episode of a child, open unless said otherwise."""
        return self._case(EarlyHelpEpisode, child, changes)

    def _case(self, kind: type, child: Person, changes: dict[str, Any]) -> Any:
        sample = next(one for one in one_of_each(full=False) if type(one) is kind)
        id_ = new_id()
        return replace(sample, id=id_, reference=str(id_), **self.cases[child.id], **changes)

    async def at_once(self, *statements: Any) -> None:
        """Carries out statements in one transaction."""
        async with self.database.writing() as connection:
            for statement in statements:
                await connection.execute(statement)
            await connection.commit()

    async def answering(self) -> list[Any]:
        """The whole of accountability."""
        async with self.database.reading() as connection:
            return list((await connection.execute(select(ACCOUNTABILITY))).all())


def kept(record: Any) -> Any:
    return insert(table_of(type(record))).values(
        **{name: getattr(record, name) for name in record.__slots__}
    )


def answers(child: Person, case: Referral | EarlyHelpEpisode) -> Any:
    name = "referral_id" if isinstance(case, Referral) else "early_help_episode_id"
    return insert(ACCOUNTABILITY).values(person_id=child.id, since=NOW, **{name: case.id})


@pytest.fixture
async def children(bench: Bench) -> Children:
    sample = {type(one): one for one in one_of_each(full=False)}
    people = [
        replace(sample[Person], id=new_id(), nhs_number=None, unique_pupil_number=None)
        for _ in range(2)
    ]
    rows: list[Any] = [sample[Account], sample[Contact], *people]
    cases = {}
    for person in people:
        child = replace(sample[Child], id=new_id(), person_id=person.id)
        decision = replace(sample[Decision], id=new_id(), child_id=child.id, person_id=person.id)
        rows += [child, decision]
        cases[person.id] = {
            "contact_id": sample[Contact].id,
            "child_id": child.id,
            "person_id": person.id,
            "decision_id": decision.id,
        }
    async with bench.work() as work:
        work.add(*rows)
        await work.commit()
    return Children(bench.database, people[0], people[1], cases)


Change = Callable[[Children], Awaitable[None]]


async def without_accountability(children: Children) -> None:
    await children.at_once(kept(children.referral(children.first)))


async def an_episode_without_accountability(children: Children) -> None:
    await children.at_once(kept(children.episode(children.first)))


async def of_a_closed_case(children: Children) -> None:
    closed = children.referral(children.first, closed_at=NOW)
    await children.at_once(kept(closed), answers(children.first, closed))


async def of_a_case_that_closes(children: Children) -> None:
    episode = children.episode(children.first)
    await children.at_once(kept(episode), answers(children.first, episode))
    await children.at_once(update(EPISODE).where(EPISODE.c.id == episode.id).values(closed_at=NOW))


async def of_another_childs_case(children: Children) -> None:
    one, other = children.referral(children.first), children.referral(children.second)
    await children.at_once(kept(other), answers(children.second, other))
    await children.at_once(
        kept(one),
        delete(ACCOUNTABILITY),
        update(REFERRAL).where(REFERRAL.c.id == other.id).values(closed_at=NOW),
        answers(children.first, other),
    )


async def of_no_case_at_all(children: Children) -> None:
    await children.at_once(
        insert(ACCOUNTABILITY).values(person_id=children.first.id, referral_id=new_id(), since=NOW)
    )


async def taken_away_while_the_case_is_open(children: Children) -> None:
    referral = children.referral(children.first)
    await children.at_once(kept(referral), answers(children.first, referral))
    await children.at_once(delete(ACCOUNTABILITY))


async def a_case_opened_again_by_hand(children: Children) -> None:
    await children.at_once(kept(children.episode(children.first, closed_at=NOW)))
    await children.at_once(update(EPISODE).values(closed_at=None))


async def a_case_taken_away_that_answers(children: Children) -> None:
    referral = children.referral(children.first)
    await children.at_once(kept(referral), answers(children.first, referral))
    await children.at_once(delete(REFERRAL))


@pytest.mark.parametrize(
    "change",
    [
        without_accountability,
        an_episode_without_accountability,
        of_a_closed_case,
        of_a_case_that_closes,
        of_another_childs_case,
        of_no_case_at_all,
        taken_away_while_the_case_is_open,
        a_case_opened_again_by_hand,
        a_case_taken_away_that_answers,
    ],
    ids=lambda change: change.__name__,
)
async def test_the_database_refuses_a_child_that_nobody_answers_for(
    children: Children, change: Change
) -> None:
    with pytest.raises(Exception, match=REFUSED):
        await change(children)


async def test_the_database_refuses_a_second_open_case_of_one_kind(children: Children) -> None:
    for make in (children.referral, children.episode):
        one, other = make(children.first), make(children.first)
        with pytest.raises(AlreadyThere):
            await children.at_once(kept(one), answers(children.first, one), kept(other))
        assert await children.answering() == []


async def test_the_database_refuses_that_two_cases_answer_for_one_child(
    children: Children,
) -> None:
    referral, episode = children.referral(children.first), children.episode(children.first)
    both = insert(ACCOUNTABILITY).values(
        person_id=children.first.id,
        referral_id=referral.id,
        early_help_episode_id=episode.id,
        since=NOW,
    )
    neither = insert(ACCOUNTABILITY).values(person_id=children.first.id, since=NOW)
    for statement in (both, neither):
        with pytest.raises(Exception, match=NOT_TWO_CASES):
            await children.at_once(kept(referral), kept(episode), statement)
    with pytest.raises(AlreadyThere):
        await children.at_once(
            kept(referral),
            kept(episode),
            answers(children.first, referral),
            answers(children.first, episode),
        )
    assert await children.answering() == []


async def test_the_database_refuses_that_one_case_answers_for_two_children(
    children: Children,
) -> None:
    referral = children.referral(children.first)
    with pytest.raises(AlreadyThere):
        await children.at_once(
            kept(referral), answers(children.first, referral), answers(children.second, referral)
        )
    episode, other = children.episode(children.first), children.episode(children.second)
    await children.at_once(
        kept(episode),
        kept(other),
        answers(children.first, episode),
        answers(children.second, other),
    )
    with pytest.raises(AlreadyThere):
        await children.at_once(
            update(ACCOUNTABILITY)
            .where(ACCOUNTABILITY.c.person_id == children.first.id)
            .values(early_help_episode_id=other.id)
        )


async def test_within_one_transaction_everything_may_move_and_its_end_is_what_counts(
    children: Children,
) -> None:
    referral, episode = children.referral(children.first), children.episode(children.first)
    # Opened before anybody answers; handed over by way of nobody; closed while it still answers.
    await children.at_once(kept(referral), answers(children.first, referral))
    await children.at_once(delete(ACCOUNTABILITY), kept(episode), answers(children.first, episode))
    [(person_id, referral_id, episode_id, _)] = await children.answering()
    assert (person_id, referral_id, episode_id) == (children.first.id, None, episode.id)
    await children.at_once(
        update(REFERRAL).values(closed_at=NOW),
        update(EPISODE).values(closed_at=NOW),
        delete(ACCOUNTABILITY),
    )
    assert await children.answering() == []
    again = children.referral(children.second)
    await children.at_once(answers(children.second, again), kept(again))
    assert len(await children.answering()) == 1


async def test_what_is_refused_leaves_nothing_behind(children: Children) -> None:
    with pytest.raises(Exception, match=REFUSED):
        await without_accountability(children)
    async with children.database.reading() as connection:
        found = await connection.execute(text("SELECT count(*) FROM referral"))
        assert found.scalar_one() == 0
    # Nor a transaction that nobody ends, in which the next one would stand.
    referral = children.referral(children.first)
    await children.at_once(kept(referral), answers(children.first, referral))
    assert len(await children.answering()) == 1
