"""Whether the demonstration year is a service that a manager believes: its figures, beside others.

What is expected stands in `expectations.toml`, each with its source. The measures are read through
the same use-case as over HTTP; what no measure tells is read from the raw record.
"""

import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from statistics import median
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, ConfigDict

from frontdoor.demonstration.years import YEAR
from frontdoor.faults import Told
from service.bootstrap import Asking, House
from service.domain.access import Caller, Role
from service.domain.calendar import london_midnight
from service.domain.deadlines import Rating
from service.domain.decisions import Outcome, StatutoryBasis
from service.domain.measures import MeasureReading, Period
from service.persistence.repositories import practice
from service.persistence.repositories.practice import SignedDecision
from service.usecases.measures import read_measure

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(hours=24)
_TENTH: Final = Decimal("0.1")


class _Expected(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str


class _Series(_Expected):
    published: tuple[Decimal, ...]
    within: Decimal = Decimal(0)


class _Range(_Expected):
    least: Decimal
    most: Decimal


class _Practice(_Range):
    says: str


class _Expectations(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    series: dict[str, _Series]
    measures: dict[str, _Range]
    practice: dict[str, _Practice]


EXPECTED: Final = _Expectations.model_validate(
    tomllib.loads(files("frontdoor.demonstration").joinpath("expectations.toml").read_text("utf-8"))
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the year, what is expected of it, by whom, and whether it is so."""

    what: str
    reads: str
    expected: str
    source: str
    holds: bool


class NothingToCheck(Told):
    """There is no demonstration year in this database."""


async def check(house: House) -> list[Figure]:
    """Every figure that is expected of the demonstration year. Raises NothingToCheck."""
    issuer = house.development_issuer
    if issuer is None:
        raise NothingToCheck(
            "The figures are read as somebody of the demonstration data, and they are made by the "
            "development issuer. Set FRONTDOOR_ENVIRONMENT=development and "
            "FRONTDOOR_DEVELOPMENT_ISSUER=true."
        )
    manager = await house.caller(issuer.mint(Role.mash_manager))

    async def all_of_them(ask: Asking) -> list[Figure]:
        figures = [await _series(ask, house, manager, code) for code in EXPECTED.series]
        figures += [await _measure(ask, house, manager, code) for code in EXPECTED.measures]
        return [*figures, *await _practice(ask)]

    return await house.ask_at_length(all_of_them)


async def _read(ask: Asking, house: House, manager: Caller, code: str) -> MeasureReading:
    return await read_measure(
        ask,
        manager,
        code,
        now=house.clock(),
        from_on=date(YEAR, 1, 1),
        to_on=date(YEAR + 1, 1, 1),
    )


async def _series(ask: Asking, house: House, manager: Caller, code: str) -> Figure:
    """A published series: every month reads as published."""
    expected = EXPECTED.series[code]
    reading = await _read(ask, house, manager, code)
    months = [point.value for point in reading.points]
    if None in months:
        raise NothingToCheck(
            f"There is no demonstration year of {YEAR} in this database. Load one first: "
            "frontdoor demo"
        )
    return Figure(
        f"{code} {reading.measure.title}",
        " ".join(str(value) for value in months),
        " ".join(str(value) for value in expected.published),
        expected.source,
        all(
            value is not None and abs(value - published) <= expected.within
            for value, published in zip(months, expected.published, strict=True)
        ),
    )


async def _measure(ask: Asking, house: House, manager: Caller, code: str) -> Figure:
    reading = await _read(ask, house, manager, code)
    return _figure(
        f"{reading.measure.title}, per cent", reading.total.value, EXPECTED.measures[code]
    )


def _figure(what: str, value: Decimal | None, expected: _Range) -> Figure:
    holds = value is not None and expected.least <= value <= expected.most
    span = f"{expected.least} to {expected.most}"
    if expected.least == expected.most:
        span = str(expected.least)
    return Figure(what, "none" if value is None else str(value), span, expected.source, holds)


async def _practice(ask: Asking) -> list[Figure]:
    """What no measure tells of the year."""
    begins_at, ends_at = (london_midnight(date(one, 1, 1)) for one in (YEAR, YEAR + 1))
    year = Period(str(YEAR), begins_at, ends_at)
    took: dict[str | None, list[timedelta]] = defaultdict(list)
    for one in await practice.decided(ask, year):
        took[one.rating].append(one.took)
    signed = await practice.signed_decisions(ask, year)
    closed = await practice.closed_referrals(ask, year)
    found: dict[str, Decimal | None] = {
        name: tells(signed) for name, tells in _OF_DECISIONS.items()
    }
    red, green = (_hours(took[rating]) for rating in (Rating.red, Rating.green))
    found["hours_red"] = red
    found["green_to_red"] = None if not red or green is None else (green / red).quantize(_TENTH)
    found["closed_after_assessment"] = _share(closed.assessed, closed.closed)
    found["in_danger"] = Decimal(await practice.told_in_danger(ask, year))
    found["high_risk"] = Decimal(await practice.told_of_high_risk(ask, year))
    return [
        _figure(expected.says, found[name], expected)
        for name, expected in EXPECTED.practice.items()
    ]


def _hours(took: Sequence[timedelta]) -> Decimal | None:
    return Decimal(median(one / _HOUR for one in took)).quantize(_TENTH) if took else None


def _share(some: int, of: int) -> Decimal | None:
    return Decimal(some * 100 / of).quantize(_TENTH) if of else None


def _grave(signed: Sequence[SignedDecision]) -> list[timedelta]:
    """How long the decisions for section 47 took."""
    return [one.took for one in signed if one.basis is StatutoryBasis.section_47]


def _over_a_day(signed: Sequence[SignedDecision]) -> Decimal | None:
    grave = _grave(signed)
    return _share(sum(took > _DAY for took in grave), len(grave))


def _families(signed: Sequence[SignedDecision]) -> list[list[SignedDecision]]:
    """The decisions of each contact that is about several children."""
    families: dict[str, list[SignedDecision]] = defaultdict(list)
    for one in signed:
        families[one.contact_id].append(one)
    return [family for family in families.values() if len(family) > 1]


def _together(signed: Sequence[SignedDecision]) -> Decimal | None:
    families = _families(signed)
    one_act = sum(len({(one.drafted, one.signed) for one in family}) == 1 for family in families)
    return _share(one_act, len(families))


def _left(signed: Sequence[SignedDecision]) -> Decimal:
    return Decimal(
        sum(
            any(one.basis is StatutoryBasis.section_47 for one in family)
            and any(one.outcome is Outcome.no_further_action for one in family)
            for family in _families(signed)
        )
    )


def _by_the_same(signed: Sequence[SignedDecision]) -> Decimal:
    return Decimal(sum(one.drafted[1] == one.signed[1] for one in signed))


_OF_DECISIONS: Final[Mapping[str, Callable[[Sequence[SignedDecision]], Decimal | None]]] = (
    MappingProxyType(
        {
            "hours_section_47": lambda signed: _hours(_grave(signed)),
            "section_47_over_a_day": _over_a_day,
            "siblings_together": _together,
            "siblings_left": _left,
            "signed_by_the_same": _by_the_same,
        }
    )
)
