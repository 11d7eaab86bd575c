"""England's code lists (referral source, ethnicity, need ...), read from the files in `codes`."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

_FOLDER = Path(__file__).parent / "codes"


@dataclass(frozen=True, slots=True)
class CodeList:
    """A national code list, in its published order. `code in codes`, `codes.label(code)`."""

    name: str
    labels: Mapping[str, str]

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and code in self.labels

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def label(self, code: str) -> str:
        """What the code stands for, in the published words. KeyError when it is not in the list."""
        return self.labels[code]


@dataclass(frozen=True, slots=True)
class CodeLists:
    """Every code list that the service knows. `annex_a` words a referral source for Annex A."""

    referral_source: CodeList
    sex: CodeList
    ethnicity: CodeList
    disability: CodeList
    primary_need: CodeList
    closure_reason: CodeList
    assessment_factor: CodeList
    category_of_abuse: CodeList
    annex_a: CodeList


@cache
def england() -> CodeLists:
    """The code lists of England, read once."""
    return CodeLists(
        referral_source=_read("referral_source"),
        sex=_read("sex"),
        ethnicity=_read("ethnicity"),
        disability=_read("disability"),
        primary_need=_read("primary_need"),
        closure_reason=_read("closure_reason"),
        assessment_factor=_read("assessment_factor"),
        category_of_abuse=_read("category_of_abuse"),
        annex_a=_read("referral_source", name="annex_a", column="annex_a"),
    )


def _read(file: str, *, name: str | None = None, column: str = "label") -> CodeList:
    with (_FOLDER / f"{file}.csv").open(encoding="utf-8", newline="") as lines:
        labels = {row["code"]: row[column] for row in csv.DictReader(lines)}
    return CodeList(name or file, MappingProxyType(labels))
