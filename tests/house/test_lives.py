"""What has states moves in one place: nobody else changes a state, keeps a line or refuses late."""

import ast
from collections.abc import Iterator
from pathlib import Path

from service.domain.states import StateTable
from service.domain_services.lives import Moves
from tests.support.sources import named, product_modules

MINE = "service/domain_services/lives.py"
ABOVE = ("service/domain_services/", "service/usecases/")
REPOSITORIES = "service/persistence/repositories/"


def _own_lives(path: str, source: str) -> Iterator[str]:
    """Where a rule moves something by itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            names = {word.arg for word in node.keywords}
            if called.endswith(".change") and "state" in names:
                yield f"{path}:{node.lineno} changes a state by itself: use Moves.move"
            if called.endswith("Step") and "action" in names:
                yield f"{path}:{node.lineno} writes a line of history by itself: use keep_step"
        if isinstance(node, ast.Dict) and any(
            isinstance(key, ast.Constant) and key.value == "state" for key in node.keys
        ):
            yield f"{path}:{node.lineno} gathers a state to be written: use Moves.move"
        if isinstance(node, ast.Compare) and ast.unparse(node).endswith(".version != version"):
            yield f"{path}:{node.lineno} refuses who comes second by itself: use refuse_stale"


def _own_gets(path: str, source: str) -> Iterator[str]:
    """Where a repository gets one of its things by itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "one_seen":
            yield f"{path}:{node.lineno} gets one by itself: use Things"


def _found(below: tuple[str, ...], look: object, but: tuple[str, ...]) -> list[str]:
    assert callable(look)
    return [
        fault
        for path in product_modules()
        if named(path).startswith(below) and named(path) not in but
        for fault in look(named(path), path.read_text(encoding="utf-8"))
    ]


def test_no_rule_moves_a_thing_by_itself() -> None:
    assert _found(ABOVE, _own_lives, (MINE,)) == []


def test_no_repository_gets_a_thing_by_itself() -> None:
    # Of a child who is not there more is said than that.
    but = (f"{REPOSITORIES}things.py", f"{REPOSITORIES}people.py")
    assert _found((REPOSITORIES,), _own_gets, but) == []


def test_every_state_table_is_one_of_the_domain_and_its_moves_are_made_once() -> None:
    """Two ways to move one noun would be two lives of it."""
    made: dict[str, list[str]] = {}
    for path in product_modules():
        if not named(path).startswith("service/domain_services/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == Moves.__name__:
                made.setdefault(ast.unparse(node.args[0]), []).append(named(path))
    assert len(made) >= 10
    assert {table: places for table, places in made.items() if len(places) > 1} == {}
    assert StateTable.__name__ not in made


def test_what_moves_a_thing_by_itself_is_found() -> None:
    for source in (
        "work.change(Transfer, one.id, one.version, state=state, note=None)",
        "changed = {'state': state}",
        "work.add(TransferStep(id=new_id(), action=action))",
        "if one.version != version: ...",
    ):
        assert len(list(_own_lives("x.py", source))) == 1, source
    assert list(_own_lives("x.py", "work.change(Referral, one.id, one.version, basis=basis)")) == []
    assert len(list(_own_gets("x.py", "ask.first(one_seen(who, Flag, seen), id=id_)"))) == 1


def test_the_sources_are_there() -> None:
    assert (Path(__file__).parents[2] / MINE).is_file()
