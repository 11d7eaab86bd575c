"""The types of the wire alone: parameters of a query, pages, cursors, and what goes out."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from types import UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    Self,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from service.domain.kept_as_told import LONGEST
from service.made_functions import function_of
from service.strict.fields import Whole, Wire
from service.strict.findings import finding

_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]{0,18})")


def _true_or_false(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise finding("wrong_type", "Send true or false.")


FlagParameter = Annotated[bool, Field(examples=[True]), BeforeValidator(_true_or_false)]
"""True or false in a query: those two words."""


def _digits(value: object) -> object:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise finding("wrong_type", "Send a whole number.")


class WholeParameter(Whole):
    """A whole number within bounds in a query: digits, and a minus sign where one may be."""

    def __iter__(self) -> Iterator[Any]:
        yield Field(ge=self.least, le=self.most)
        yield BeforeValidator(_digits)


Limit = Annotated[
    int,
    WholeParameter(1, 100),
    Field(description="How many items a page holds, at most.", examples=[50]),
]
"""How long a page may be."""

CursorText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=512,
        pattern=r"^[A-Za-z0-9._~-]+$",
        description="The place to go on from, as given by the page before.",
        examples=["W1tbInQiLCIyMDI2LTEwLTIzVDE2OjAwOjAwKzAwOjAwIl1dXQ.signature"],
    ),
]
"""A cursor as it travels."""


KeptAsTold = Annotated[
    dict[
        Annotated[str, Field(max_length=64)],
        Annotated[str, Field(max_length=LONGEST * 2)],
    ]
    | None,
    Field(
        description=(
            "What could not be read, by the name of the fact, as it was told: ask, and put it "
            "right. Null when everything could be read."
        ),
        examples=[None],
    ),
]
"""What could not be read of somebody or something, as it is seen."""

NotShown = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(
        max_length=20,
        description=(
            "Names of the fields here of which something is kept from you, or all of it. What is "
            "null or missing there is hidden: never read it as none, no or nought. Empty where "
            "you are shown all there is."
        ),
        examples=[[]],
    ),
]
"""How an object says that something in it is hidden: the one way, wherever anything is."""


class QueryPart(Wire):
    """A part of what a query says, by the names that the domain has for it; the wire's are aliases.

    Others say the rest: that a name is known at all is looked at for the whole query.
    """

    model_config = ConfigDict(extra="ignore")


# What a wire object is made of, each put in its own place: pydantic's four.
_put_values: Final = BaseModel.__dict__["__dict__"].__set__
_put_fields_set: Final = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_put_extra: Final = BaseModel.__dict__["__pydantic_extra__"].__set__
_put_private: Final = BaseModel.__dict__["__pydantic_private__"].__set__
# Nobody asks which fields were set of what was not read, and nothing is added to what is frozen.
_NONE_SET: Final[set[str]] = set()
Made = TypeVar("Made", bound=BaseModel)


def made_of(kind: type[Made], values: dict[str, Any]) -> Made:
    """A wire object of values that are right already, as the domain's are: nothing is checked.

    `values` holds every field, in order, and nothing else, and is its own from then on. What
    pydantic's `model_construct` does, without going through the fields one by one.
    """
    made: Made = object.__new__(kind)
    _put_values(made, values)
    _put_fields_set(made, _NONE_SET)
    _put_extra(made, None)
    _put_private(made, None)
    return made


class WireOut(BaseModel):
    """What goes out. New fields may be added within a version, so callers ignore unknown ones.

    Instants must be in UTC already (as the database and `Instant` give them).
    """

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        hide_input_in_errors=True,
        json_schema_serialization_defaults_required=True,
    )

    @classmethod
    def made_of(cls, values: dict[str, Any]) -> Self:
        """An object of values that are right already, as the domain's are: see `made_of`."""
        return made_of(cls, values)

    @classmethod
    def of(cls, record: Any, *_args: Any, **_kwargs: Any) -> Self:
        """An object of the domain as it goes out. A class that shows more says its own `of`.

        What was kept as a document is read as one: an earlier release may have said less in it.
        """
        return cls.model_validate(record) if type(record) is dict else cls.taken_from(record)

    @classmethod
    def taken_from(cls, record: object, **beside: Any) -> Self:
        """An object whose fields are given `beside` the record, and else are the record's by name.

        A part that is an object of the wire itself is made, by its own `of`, of what is in its
        place, in a list as by itself.
        """
        return made_of(cls, _taking(cls, tuple(beside))(record, beside))


@cache
def _taking(
    kind: type[WireOut], beside: tuple[str, ...]
) -> Callable[[object, Mapping[str, Any]], dict[str, Any]]:
    """What gives every field of an object its value, from a record and what is beside it."""
    if not kind.model_fields.keys() >= set(beside):
        raise TypeError(f"{kind.__name__} has no such field.")
    known: dict[str, object] = {}
    entries = []
    for name, field in kind.model_fields.items():
        value = f"beside[{name!r}]" if name in beside else f"record.{name}"
        part = _part(field.annotation)
        if part is not None:
            known[f"part_of_{name}"] = part
            value = f"part_of_{name}({value})"
        entries.append(f"{name!r}: {value},")
    return function_of("record, beside", ["return {", *entries, "}"], known)


def _part(annotation: Any) -> Callable[[Any], Any] | None:
    """What turns a value of a field into what goes out, None where it goes out as it is."""
    if get_origin(annotation) is Annotated:
        return _part(get_args(annotation)[0])
    if get_origin(annotation) is list:
        inner = _part(get_args(annotation)[0])
        return list if inner is None else partial(_list_of, inner)
    if get_origin(annotation) in (Union, UnionType):
        found = [part for one in get_args(annotation) if (part := _part(one)) is not None]
        return partial(_or_none, found[0]) if len(found) == 1 else None
    if isinstance(annotation, type) and issubclass(annotation, WireOut):
        return partial(_shown, annotation)
    return None


_KIND_OF_WIRE_OBJECTS: Final = type(BaseModel)


def _shown(kind: type[WireOut], value: Any) -> Any:
    # The type of the type: asking a model whether something is one of it goes a long way round.
    return value if isinstance(type(value), _KIND_OF_WIRE_OBJECTS) else kind.of(value)


def _list_of(part: Callable[[Any], Any], values: Any) -> list[Any]:
    return [part(one) for one in values]


def _or_none(part: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else part(value)


Item = TypeVar("Item", bound=BaseModel)


class Page(WireOut, Generic[Item]):
    """One page of a list; for the contract. `api.replies.page` makes the answer."""

    items: Annotated[
        list[Item],
        Field(max_length=100, description="What the list holds, in its order."),
    ]
    next: Annotated[
        str | None,
        Field(
            max_length=2048,
            description=(
                "Where the next page is; null on the last one. After a GET, the path to ask for "
                "(also in `Link`); after a search by POST, the `cursor` to send with the same "
                "body."
            ),
            examples=["/v1/contacts?limit=50&cursor=W1tbInQiXV0.c2lnbmF0dXJl"],
        ),
    ]
