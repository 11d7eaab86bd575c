"""What was measured, as figures and as a table."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any

TARGETS = (
    ("post", "postgresql", "floor", 1 / 3, "posts a third of the floor on PostgreSQL"),
    ("post", "postgresql", "peer", 3.0, "posts three times the peer on PostgreSQL"),
    ("post", "sqlite", "floor", 1 / 5, "posts a fifth of the floor on SQLite"),
)
MOST_GROWTH = 1.3
CHECK = "check of the impossible"
"""It looks at everything on file, and so it grows with it."""
MOST_MEMORY_MB = 150
MOST_TIMES_THE_STACK = 1.5
"""Of a processor, beside a bare route that does the same."""


@dataclass(slots=True)
class Results:
    """Every figure of every round: by database, contacts on file, what was asked, and by whom."""

    figures: dict[tuple[str, int, str], dict[str, list[float]]] = field(default_factory=dict)
    memories: dict[tuple[str, int], float] = field(default_factory=dict)
    machine: str = ""
    measured_at: str = ""

    def add(self, kind: str, contacts: int, what: str, series: str, figure: float) -> None:
        """Keeps one figure."""
        self.figures.setdefault((kind, contacts, what), {}).setdefault(series, []).append(figure)

    def memory(self, kind: str, contacts: int, megabytes: float) -> None:
        """Keeps what the API process held at the end."""
        self.memories[kind, contacts] = megabytes

    def ratios(self, key: tuple[str, int, str], series: str) -> list[float]:
        """The service's figure by that of another, round by round."""
        found = self.figures[key]
        return [
            ours / theirs
            for ours, theirs in zip(found["service"], found.get(series, []), strict=False)
        ]

    def times_the_stack(self, key: tuple[str, int, str]) -> list[float]:
        """The service's processor time by that of the bare stack, round by round."""
        found = self.figures[key]
        ours, bare = found.get("processor_us", []), found.get("stack_processor_us", [])
        return [one / other for one, other in zip(ours, bare, strict=True)]

    def growth(self, kind: str, what: str) -> list[float]:
        """How many times worse it is with the most contacts on file than with the fewest."""
        sizes = sorted(size for name, size, asked in self.figures if (name, asked) == (kind, what))
        few = self.figures[kind, sizes[0], what]["service"]
        many = self.figures[kind, sizes[-1], what]["service"]
        return [one / other for one, other in zip(few, many, strict=False)]

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "measured_at": self.measured_at,
            "machine": self.machine,
            "figures": [
                {"database": kind, "contacts": contacts, "what": what, "rounds": rounds}
                for (kind, contacts, what), rounds in self.figures.items()
            ],
            "memory_mb": [
                {"database": kind, "contacts": contacts, "megabytes": round(held, 1)}
                for (kind, contacts), held in self.memories.items()
            ],
        }


def _number(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 20 else f"{figure:.1f}"


def _ratio(ratios: list[float]) -> str:
    if not ratios:
        return ""
    return f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def _both(results: Results, key: tuple[str, int, str], series: str) -> str:
    found = results.figures[key].get(series)
    if not found:
        return ""
    return f"{_number(median(found))}: {_ratio(results.ratios(key, series))}"


def as_markdown(results: Results) -> str:
    """The tables: a second is what each figure counts in; a ratio has its least and its most."""
    lines = [f"Measured {results.measured_at} on {results.machine}.", ""]
    for kind in dict.fromkeys(key[0] for key in results.figures):
        lines += [
            f"### {'PostgreSQL' if kind == 'postgresql' else 'SQLite'}",
            "",
            "| asked | on file | service, a second | p50 / p99 ms | floor: ratio "
            "| stack floor: ratio | plain floor: ratio | without the strip: ratio | peer: ratio "
            "| processor µs | times the stack's |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        for key in (key for key in results.figures if key[0] == kind):
            found = results.figures[key]
            times = (
                ""
                if "p50_ms" not in found
                else (f"{median(found['p50_ms']):.0f} / {median(found['p99_ms']):.0f}")
            )
            spent = found.get("processor_us")
            lines.append(
                f"| {key[2]} | {key[1]:,} | {_number(median(found['service']))} | {times} "
                f"| {_both(results, key, 'floor')} | {_both(results, key, 'stack floor')} "
                f"| {_both(results, key, 'plain floor')} "
                f"| {_both(results, key, 'without the strip')} "
                f"| {_both(results, key, 'peer')} | {_number(median(spent)) if spent else ''} "
                f"| {_ratio(results.times_the_stack(key))} |"
            )
        lines.append("")
    return "\n".join([*lines, *_verdicts(results), ""])


def _verdicts(results: Results) -> list[str]:
    """What was to be reached, and whether it was."""
    lines = ["| to be reached | measured | |", "| --- | --- | --- |"]

    def judge(what: str, measured: str, reached: bool) -> None:
        lines.append(f"| {what} | {measured} | {'yes' if reached else '**no**'} |")

    for asked, kind, series, least, words in TARGETS:
        for key in (key for key in results.figures if key[0] == kind and key[2] == asked):
            ratios = results.ratios(key, series)
            if ratios:
                judge(f"{words}, {key[1]:,} on file", _ratio(ratios), median(ratios) >= least)
    for key in results.figures:
        times = results.times_the_stack(key)
        if times:
            judge(
                f"{key[2]} on {key[0]}: at most {MOST_TIMES_THE_STACK} times the stack's "
                f"processor, {key[1]:,} on file",
                _ratio(times),
                median(times) <= MOST_TIMES_THE_STACK,
            )
    for kind, what in dict.fromkeys((key[0], key[2]) for key in results.figures):
        if what == CHECK:
            continue
        growth = results.growth(kind, what)
        judge(
            f"{what} on {kind}: at most {MOST_GROWTH} times worse with the most on file",
            _ratio(growth),
            median(growth) <= MOST_GROWTH,
        )
    for (kind, contacts), held in results.memories.items():
        judge(
            f"API process under {MOST_MEMORY_MB} MB, {kind}, {contacts:,} on file",
            f"{held:.0f} MB",
            held < MOST_MEMORY_MB,
        )
    return lines
