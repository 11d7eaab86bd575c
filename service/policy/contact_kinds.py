"""[[contact_kind]]: the path of each kind of contact that is no concern."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Annotated, TypeAlias

from pydantic import Field

from service.domain.contact_kinds import (
    DECIDED_KINDS,
    ENDED_CLOCK,
    KIND_CLOCKS,
    KINDS_ON_A_PATH,
    VISIT_CLOCKS,
    Children,
    ContactKind,
    KindRules,
    Repeat,
)
from service.policy.values import (
    NUMBER,
    TEXT,
    Identifier,
    Key,
    Name,
    YesOrNo,
    chosen,
    list_of_tables,
    one_of,
    some_of,
    texts,
    unknown,
    words,
)
from service.policy.written import Fault, Wanted, Written

_AT_RECEIPT = tuple(one for one in KIND_CLOCKS if one not in VISIT_CLOCKS)
_Coded: TypeAlias = Annotated[
    dict[Key, Annotated[str, words(300)]], Wanted("a table of codes, each with its words")
]
_Texts: TypeAlias = Annotated[tuple[str, ...], texts()]


class RepeatTable(Written):
    """A step that is taken again: by which clock, and from which month on."""

    step: Identifier
    clock: Annotated[str, one_of(lambda: VISIT_CLOCKS), TEXT]
    from_month: Annotated[int, Field(ge=0, le=240), NUMBER]


class ContactKindTable(Written):
    """The path of one kind of contact."""

    kind: Annotated[ContactKind, chosen(ContactKind, KINDS_ON_A_PATH), TEXT]
    title: Name
    children: Annotated[Children, chosen(Children), TEXT]
    adult: YesOrNo
    clocks: Annotated[frozenset[str], some_of(lambda: _AT_RECEIPT), Wanted("a list of clocks")]
    steps: _Coded = Field(default_factory=dict)
    before_ending: _Texts = ()
    endings: _Coded = Field(default_factory=dict)
    passed_on: _Texts = ()
    prompts: _Coded = Field(default_factory=dict)
    by_manager: YesOrNo
    tells_referrer: YesOrNo
    repeats: Annotated[tuple[RepeatTable, ...], list_of_tables()] = ()

    @property
    def known_as(self) -> str:
        """Its kind."""
        return self.peek("kind")

    def own_faults(self) -> Iterator[Fault]:
        """What the path says against itself."""
        if self.reads("kind", "endings"):
            decided = self.kind in DECIDED_KINDS
            if decided and self.endings:
                told = "is for kinds that are not decided: the children of this one are; remove it."
                yield Fault(told, "endings")
            elif not decided and not self.endings:
                yield Fault("is missing; a contact of this kind could never end.", "endings")
        if not self.reads("steps"):
            return
        for key, codes in (("before_ending", self.steps), ("passed_on", self.endings)):
            for one in getattr(self, key) if self.reads(key, "endings") else ():
                if reason := unknown(one, codes):
                    yield Fault(reason, key)
        if self.reads("clocks", "kind"):
            yield from self._faults_of_clocks()
        for number, one in enumerate(self.repeats if self.reads("repeats") else (), start=1):
            if one.reads("step") and (reason := unknown(one.step, self.steps)):
                yield Fault(reason, f"repeats number {number} step")

    def _faults_of_clocks(self) -> Iterator[Fault]:
        for clock in sorted(self.clocks):
            if clock == ENDED_CLOCK and self.kind in DECIDED_KINDS:
                yield Fault(f"{clock} would never stop: this kind is decided.", "clocks")
            elif clock != ENDED_CLOCK and clock not in self.steps:
                told = f"{clock} would never stop before the end: add the step of that name."
                yield Fault(told, "clocks")

    @property
    def rules(self) -> KindRules:
        """The path, for the domain."""
        return KindRules(
            kind=self.kind,
            title=self.title,
            children=self.children,
            adult=self.adult,
            clocks=tuple(one for one in KIND_CLOCKS if one in self.clocks),
            steps=MappingProxyType(self.steps),
            before_ending=self.before_ending,
            endings=MappingProxyType(self.endings),
            passed_on=self.passed_on,
            prompts=MappingProxyType(self.prompts),
            by_manager=self.by_manager,
            tells_referrer=self.tells_referrer,
            repeats=tuple(one.made(Repeat) for one in self.repeats),
        )


def faults_of_kinds(tables: Sequence[ContactKindTable]) -> Iterator[Fault]:
    """Kinds that have no path, and such as have two."""
    given = [one.kind for one in tables if one.reads("kind")]
    if len(given) == len(tables):
        for kind in (one for one in ContactKind if one is not ContactKind.concern):
            if kind not in given:
                told = f"{kind.value} is missing; a contact of this kind would have no path."
                yield Fault(told, "contact_kind")
    for twice in dict.fromkeys(given):
        if given.count(twice) > 1:
            told = f'the kind "{twice.value}" is given twice; it has one path.'
            yield Fault(told, "contact_kind")
