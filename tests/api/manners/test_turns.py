"""Turns: nobody takes up a process, and what is urgent waits behind nothing of its sender's."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from api.turns import Turn, Turns
from tests.support.patience import PATIENCE


def turns(*, at_once: int = 1, together: int | None = None, most: int = 100) -> Turns:
    return Turns(at_once, None if together is None else asyncio.Semaphore(together), most)


class Floor:
    """Who is worked on, and in which order they began; each until it is told to end."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.inside: set[str] = set()
        self.begins: dict[str, asyncio.Event] = {}
        self.ends: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def come(self, name: str, turn: Turn) -> None:
        """A request comes."""
        self.begins[name], self.ends[name] = asyncio.Event(), asyncio.Event()
        self.tasks[name] = asyncio.ensure_future(self._work(name, turn))

    async def _work(self, name: str, turn: Turn) -> None:
        async with turn:
            self.began.append(name)
            self.inside.add(name)
            self.begins[name].set()
            await self.ends[name].wait()
            self.inside.discard(name)

    async def end(self, name: str) -> None:
        """It is done; whoever is next begins, unless they stand back."""
        self.ends[name].set()
        await self.tasks[name]
        await settle()


async def settle() -> None:
    """Lets everything happen that can without waiting."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_caller_has_one_turn_at_a_time_and_another_does_not_wait_for_it() -> None:
    floor, ours = Floor(), turns()
    for number in range(3):
        floor.come(f"A{number}", ours.of("A", "read", urgent=False))
    floor.come("B", ours.of("B", "read", urgent=False))
    await settle()
    assert floor.inside == {"A0", "B"}
    await floor.end("B")
    await floor.end("A0")
    assert floor.inside == {"A1"}
    await floor.end("A1")
    await floor.end("A2")
    assert floor.began == ["A0", "B", "A1", "A2"]
    assert ours.here == 0


async def test_readings_changes_and_urgent_posts_of_a_caller_do_not_wait_for_each_other() -> None:
    floor, ours = Floor(), turns()
    for kind in ("read", "change", "urgent"):
        for number in range(2):
            floor.come(f"{kind}{number}", ours.of("A", kind, urgent=kind == "urgent"))
    await settle()
    assert floor.inside == {"read0", "change0", "urgent0"}
    for name in ("read0", "change0", "urgent0", "read1", "change1", "urgent1"):
        await floor.end(name)


async def test_one_that_had_to_wait_stands_back_for_those_that_had_not() -> None:
    floor, ours = Floor(), turns()
    floor.come("A0", ours.of("A", "read", urgent=False))
    floor.come("A1", ours.of("A", "read", urgent=False))
    await settle()
    floor.come("B", ours.of("B", "read", urgent=False))
    await settle()
    await floor.end("A0")
    assert floor.inside == {"B"}
    await floor.end("B")
    assert floor.inside == {"A1"}
    await floor.end("A1")


async def test_nobody_stands_back_for_ever() -> None:
    floor, ours = Floor(), turns()
    floor.come("B", ours.of("B", "read", urgent=False))
    floor.come("A0", ours.of("A", "read", urgent=False))
    floor.come("A1", ours.of("A", "read", urgent=False))
    await settle()
    await floor.end("A0")
    await floor.begins["A1"].wait()
    assert "B" in floor.inside
    for name in ("A1", "B"):
        await floor.end(name)


async def test_some_of_what_a_process_has_is_left_to_urgent_posts() -> None:
    floor, ours = Floor(), turns(together=2)
    for who in ("A", "B", "C"):
        floor.come(who, ours.of(who, "read", urgent=False))
    floor.come("urgent", ours.of("D", "urgent", urgent=True))
    await settle()
    assert floor.inside == {"A", "B", "urgent"}
    await floor.end("A")
    assert "C" in floor.inside
    for name in ("B", "C", "urgent"):
        await floor.end(name)


@pytest.mark.parametrize("waits_for", ["lane", "together"])
async def test_one_that_goes_while_it_waits_leaves_its_place_to_the_next(waits_for: str) -> None:
    floor, ours = Floor(), turns(together=1)
    first, gone, after = ("A", "A", "A") if waits_for == "lane" else ("A", "B", "C")
    floor.come("first", ours.of(first, "read", urgent=False))
    floor.come("gone", ours.of(gone, "read", urgent=False))
    floor.come("after", ours.of(after, "read", urgent=False))
    await settle()
    assert floor.inside == {"first"}
    floor.tasks["gone"].cancel()
    await settle()
    await floor.end("first")
    await floor.begins["after"].wait()
    await floor.end("after")
    assert ours.here == 0
    assert floor.began == ["first", "after"]


async def test_while_a_body_arrives_others_of_the_same_caller_go_first() -> None:
    ours = turns()
    turn = ours.of("A", "change", urgent=False)
    floor = Floor()
    async with turn:
        async with turn.aside():
            floor.come("other", ours.of("A", "change", urgent=False))
            await settle()
            assert floor.inside == {"other"}
            await floor.end("other")
        floor.come("later", ours.of("A", "change", urgent=False))
        await settle()
        assert floor.inside == set()
    await settle()
    assert floor.inside == {"later"}
    await floor.end("later")
    assert ours.here == 0


async def test_a_body_that_never_arrives_leaves_no_turn_behind() -> None:
    ours = turns()
    with pytest.raises(ConnectionError):
        async with ours.of("A", "change", urgent=False) as turn, turn.aside():
            raise ConnectionError
    assert ours.here == 0
    async with asyncio.timeout(PATIENCE), ours.of("A", "change", urgent=False):
        assert ours.here == 1


async def test_one_caller_does_not_take_up_all_the_room_there_is() -> None:
    ours = turns(most=2)
    async with AsyncExitStack() as inside:
        for kind in ("read", "change"):
            assert ours.has_room_for("A")
            await inside.enter_async_context(ours.of("A", kind, urgent=False))
        assert not ours.has_room_for("A")
        assert ours.has_room_for("B")
    assert ours.has_room_for("A")
