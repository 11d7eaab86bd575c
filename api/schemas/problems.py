"""The shape of every refusal on the wire: a problem document (RFC 9457)."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.fields import WireOut
from api.schemas.words import EXAMPLE_ID

CODE_PATTERN = r"^[a-z][a-z0-9_]{1,63}$"


class Fault(WireOut):
    """One fault in what was asked; it never repeats what was sent."""

    pointer: Annotated[
        str,
        Field(
            max_length=1024,
            description=(
                "Where the fault is: a JSON pointer into the body (`/children/0/sex`, empty for "
                "the whole body), or `query:name`, `header:name`. Names that the contract does "
                "not know are never repeated: the pointer then ends at what holds them."
            ),
            examples=["/children/0/sex"],
        ),
    ]
    message: Annotated[
        str,
        Field(
            max_length=2000,
            description="What to do, in a sentence.",
            examples=["Send one of: female, male, not_known."],
        ),
    ]
    code: Annotated[
        str,
        Field(
            max_length=64,
            pattern=CODE_PATTERN,
            description="The kind of fault, stable, for programs.",
            examples=["not_in_list"],
        ),
    ]


class ProblemDocument(BaseModel):
    """Why a request was refused, and what to do about it (RFC 9457)."""

    model_config = ConfigDict(frozen=True, title="Problem")

    type: Annotated[
        str,
        Field(
            max_length=200,
            json_schema_extra={"format": "uri-reference"},
            description="The page that explains this code; this service answers at it.",
            examples=["/problems/not_found"],
        ),
    ]
    title: Annotated[
        str,
        Field(
            max_length=200,
            description="The kind of problem, in a few words, the same each time.",
            examples=["Not found"],
        ),
    ]
    status: Annotated[
        int,
        Field(ge=400, le=599, description="The HTTP status, repeated.", examples=[404]),
    ]
    detail: Annotated[
        str,
        Field(
            max_length=2000,
            description="What is the matter this time and what to do, in a sentence or two.",
            examples=["There is no such contact, or you may not see it."],
        ),
    ]
    instance: Annotated[
        str,
        Field(
            max_length=128,
            json_schema_extra={"format": "uri-reference"},
            description="This one occurrence, named by the request's id.",
            examples=["urn:uuid:01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"],
        ),
    ]
    code: Annotated[
        str,
        Field(
            max_length=64,
            pattern=CODE_PATTERN,
            description="The kind of problem, stable, for programs.",
            examples=["not_found"],
        ),
    ]
    request_id: Annotated[
        str,
        Field(
            max_length=64,
            description="The request's id, also in the `X-Request-ID` header: quote it when asking "
            "for help.",
            examples=[EXAMPLE_ID],
        ),
    ]
    errors: Annotated[
        list[Fault] | None,
        Field(
            max_length=100,
            description="Each fault on its own, where there are several things to put right. At "
            "most 100 are named.",
            examples=[
                [
                    {
                        "pointer": "/children/0/sex",
                        "message": "Send one of: female, male, not_known.",
                        "code": "not_in_list",
                    }
                ]
            ],
        ),
    ] = None
    state: Annotated[
        str | None,
        Field(
            max_length=100,
            description=(
                "The state in which the thing is now, when that is why it was refused: a word of "
                "the list of its `state`. A flag is `acknowledged` or `cleared`, a suspension "
                "`in_force` or `lifted`; a child is held by `early_help` or `social_care`."
            ),
            examples=["decided"],
        ),
    ] = None
    allowed: Annotated[
        list[Annotated[str, Field(max_length=100)]] | None,
        Field(
            max_length=100,
            description=(
                "The actions possible in that state, each an operation's own name or a word of "
                "docs/states.md, which says by which operation it is asked for."
            ),
            examples=[["sign_off", "return"]],
        ),
    ] = None
