"""The benchmark runs, whole and short, on every change: it must not rot."""

import json
from pathlib import Path

import pytest

from tests.benchmarks import isolation
from tests.benchmarks.__main__ import PATHS, main

QUICK = ["--quick", "--seconds", "0.2", "--connections", "2", "--rows", "60"]


# What grows from one size to the next is reckoned after either database in the same way.
@pytest.mark.parametrize(
    ("kind", "sizes"), [("sqlite", [900]), ("postgresql", [800, 900])], ids=["sqlite", "postgresql"]
)
def test_a_short_run_measures_everything_beside_its_floor(
    kind: str, sizes: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [*QUICK, "--contacts", *map(str, sizes), "--databases", kind]
    assert main([*given, "--folder", str(tmp_path)]) == 0
    assert "to be reached" in capsys.readouterr().out
    (kept,) = (tmp_path / "results").glob("*.json")
    told = json.loads(kept.read_text())
    measured = {
        (figure["what"], figure["contacts"]): figure["rounds"] for figure in told["figures"]
    }
    asked = (
        "post",
        "queue",
        "get",
        "step-up queue",
        "step-down queue",
        "strategy queue",
        "agenda, 100 of 200",
        "import of notifications, rows",
        "sweep, nothing due",
        "sweep, 1,000 due",
        "check of the impossible",
        "family of four decided in one act",
    )
    assert set(measured) == {(what, size) for what in asked for size in sizes}
    for rounds in measured.values():
        assert rounds["service"][0] > 0
        assert rounds.get("floor", rounds.get("plain floor"))[0] > 0
    for (what, _), rounds in measured.items():
        if what in PATHS:
            assert rounds["stack floor"][0] > 0
            assert rounds["stack_processor_us"][0] > 0
    assert all(measured["post", size]["without the strip"][0] > 0 for size in sizes)
    assert all(0 < held["megabytes"] < 1000 for held in told["memory_mb"])


def test_a_short_flood_is_measured_beside_one_who_asks_as_usual(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What came of it is not judged here: so short, on a machine that is busy, it says nothing."""
    given = ["--databases", "sqlite", "--rounds", "1", "--seconds", "0.5", "--connections", "20"]
    assert isolation.main(given) in (0, 1)
    line = capsys.readouterr().out.splitlines()[-1]
    _, kind, *figures, _ = (cell.strip() for cell in line.split("|"))
    assert kind == "sqlite"
    assert len(figures) == 6
    assert all(float(figure) > 0 for figure in figures)
