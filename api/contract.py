"""The published contract: OpenAPI 3.1 made complete from the routes, and written out."""

import inspect
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic.json_schema import models_json_schema

from api.errors import (
    MEDIA_TYPE,
    BodyMalformed,
    BodyTooLarge,
    EncodingNotSupported,
    HeaderMalformed,
    InternalError,
    MediaTypeNotSupported,
    NotAcceptable,
    NotAuthenticated,
    PreconditionMissing,
    TooManyAtOnce,
    Unavailable,
    UrlTooLong,
    kinds_of_problem,
    status_of,
)
from api.schemas.problems import ProblemDocument
from service.domain.errors import (
    Conflict,
    FrontDoorError,
    Invalid,
    NotAllowed,
    NotFound,
    Stale,
    TooManyRequests,
)

Json = dict[str, Any]
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_REQUEST_ID: Final = "01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"

DESCRIPTION: Final = """\
The children's services front door: contacts, decisions, sign-off, referrals, early help, and the
clocks that run on them.

**Errors** are problem documents (RFC 9457): act on `code`, show `detail`, quote `request_id`.
**Changes** name the version they change: send the `ETag` of your reading in `If-Match`.
**Creations** carry an `Idempotency-Key`, a UUID of yours: the same request sent again is done once.
**Lists** are read by page: follow `next` until it is null.
**Allowances**: each person and each client of a partner may ask so often; `RateLimit` says what is
left, a 429 when to ask again. Contacts, multi-agency referrals and police notifications have a
reserve besides.
Unknown fields and query parameters are refused; new fields may be added to answers, so ignore what
you do not know. Instants are RFC 3339 with an offset, and come back in UTC."""

CONTACT: Final = {
    "name": "Children's services systems team",
    "url": "https://frontdoor.example.gov.uk",
    "email": "frontdoor@example.gov.uk",
}
"""Whom callers ask, until the authority says otherwise."""

_WHY: Final[dict[int, str]] = {
    400: "The request cannot be read, or a header has the wrong form.",
    401: "No token, or one that is not accepted.",
    403: "The caller may not do this.",
    404: "There is no such thing, or the caller may not know that there is.",
    406: "The caller does not accept what this is answered in.",
    409: "Not possible in the state in which the thing is; `allowed` says what is.",
    412: "Changed by someone else since it was read; `ETag` is the current version.",
    413: "The body is too large; the connection is closed.",
    414: "The path and its query are too long; the connection is closed.",
    415: "The body is not declared as what is read here, or said to be encoded.",
    422: "The request breaks a rule; `errors` names each fault.",
    428: "If-Match is missing.",
    429: "Too many requests; `Retry-After` says how long to wait.",
    500: "Something went wrong here.",
    503: "Not available just now; `Retry-After` says when to try again.",
}
_USUAL: Final[dict[int, type[FrontDoorError]]] = {
    400: HeaderMalformed,
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    406: NotAcceptable,
    409: Conflict,
    412: Stale,
    413: BodyTooLarge,
    414: UrlTooLong,
    415: MediaTypeNotSupported,
    422: Invalid,
    428: PreconditionMissing,
    429: TooManyRequests,
    500: InternalError,
    503: Unavailable,
}
_ALSO: Final = ((400, BodyMalformed), (415, EncodingNotSupported), (429, TooManyAtOnce))
_HEADERS: Final[dict[str, Json]] = {
    "X-Request-ID": {
        "description": "The request's id: the caller's own when it sent one, ours otherwise.",
        "schema": {"type": "string", "maxLength": 64, "pattern": "^[A-Za-z0-9._-]{1,64}$"},
        "example": _REQUEST_ID,
    },
    "ETag": {
        "description": "The version of what is answered; send it in If-Match to change it.",
        "schema": {"type": "string", "maxLength": 66},
        "example": '"3"',
    },
    "Location": {
        "description": "The path of what was made.",
        "schema": {"type": "string", "format": "uri-reference", "maxLength": 256},
        "example": "/v1/contacts/01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11",
    },
    "Link": {
        "description": 'The next page, as `<path>; rel="next"`; absent on the last.',
        "schema": {"type": "string", "maxLength": 2100},
        "example": '</v1/contacts?limit=50&cursor=W1tbInQiXV0.c2lnbmF0dXJl>; rel="next"',
    },
    "Retry-After": {
        "description": "How many seconds to wait.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 86400},
        "example": 5,
    },
    "RateLimit-Policy": {
        "description": (
            "Which of the caller's allowances this request was taken from: so many requests (`q`) "
            "in so many seconds (`w`)."
        ),
        "schema": {"type": "string", "maxLength": 100},
        "example": '"requests";q=1200;w=60',
    },
    "RateLimit": {
        "description": (
            "How many requests are left of it (`r`), and in how many seconds it is whole again "
            "(`t`); with none left, when there is one."
        ),
        "schema": {"type": "string", "maxLength": 100},
        "example": '"requests";r=1187;t=1',
    },
    "Idempotent-Replayed": {
        "description": "`true` when this is the answer given before to the same key.",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
    "WWW-Authenticate": {
        "description": "How to sign in.",
        "schema": {"type": "string", "maxLength": 200},
        "example": "Bearer",
    },
}

_OF_ALLOWANCES: Final = ("RateLimit-Policy", "RateLimit")


def _example(kind: type[FrontDoorError], status: int) -> Json:
    value: Json = {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": status,
        "detail": " ".join(inspect.cleandoc(kind.__doc__ or kind.title).split("\n\n")[0].split()),
        "instance": f"urn:uuid:{_REQUEST_ID}",
        "code": kind.code,
        "request_id": _REQUEST_ID,
    }
    return {"summary": kind.title, "value": value}


def _response(status: int, kinds: list[type[FrontDoorError]]) -> Json:
    headers = ["X-Request-ID"]
    if status in (429, 503):
        headers.append("Retry-After")
    if status == 429:
        headers += _OF_ALLOWANCES
    if status == 401:
        headers.append("WWW-Authenticate")
    if status == 412:
        headers.append("ETag")
    return {
        "description": _WHY.get(status, kinds[0].title),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {
                    kind.code: _example(kind, status)
                    for kind in sorted(kinds, key=lambda kind: kind.code)
                },
            }
        },
    }


def problems(*kinds: type[FrontDoorError]) -> dict[int | str, Json]:
    """The refusals of an operation of its own, for `responses=` of a route.

    Those that follow from what an operation is (a body, a version, a key, a path with an id) and
    those that any may give are added by `openapi` and need not be named.
    """
    by_status: dict[int, list[type[FrontDoorError]]] = {}
    for kind in kinds:
        by_status.setdefault(status_of(kind), []).append(kind)
    return {status: _response(status, of) for status, of in sorted(by_status.items())}


def refusals_that_follow(operation: Json) -> set[int]:
    """The statuses that follow from what an operation is."""
    found = {400, 406, 429, 500, 503}
    if operation.get("security") != []:
        found |= {401, 403}
    if "requestBody" in operation:
        found |= {413, 415, 422}
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        if parameter["in"] == "path":
            found.add(404)
        elif parameter["in"] == "query":
            found |= {414, 422}
        elif name == "If-Match":
            found |= {409, 412, 428}
        elif name == "Idempotency-Key":
            found |= {409, 422}
    return found


def openapi(
    app: FastAPI, *, version: str = "0.4.0", contact: Mapping[str, str] | None = None
) -> Json:
    """The contract of an application: complete, and the same bytes each time."""
    document = get_openapi(
        title="Front Door",
        version=version,
        openapi_version="3.1.0",
        summary="The children's services front door (MASH) as a REST service",
        description=DESCRIPTION,
        routes=app.routes,
        tags=app.openapi_tags,
        license_info={"name": "MIT", "url": "https://opensource.org/license/mit"},
        servers=[{"url": "/", "description": "Where this contract was read"}],
    )
    document["info"]["contact"] = dict(contact or CONTACT)
    document.setdefault("components", {})
    schemas: Json = document["components"].setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _, told = models_json_schema(
        [(ProblemDocument, "serialization")], ref_template="#/components/schemas/{model}"
    )
    schemas.update(told["$defs"])
    schemas["Problem"] = schemas.pop("ProblemDocument")
    schemas["Problem"]["properties"]["code"]["enum"] = list(kinds_of_problem())
    names = {
        (method.lower(), context.path_format): context.name
        for context in iter_route_contexts(app.routes)
        for method in context.methods or ()
    }
    tags: dict[str, None] = {}
    paths: Json = {}
    for path, item in sorted(document.get("paths", {}).items()):
        paths[path] = {}
        for method in _METHODS:
            if method in item:
                operation = item[method]
                operation["operationId"] = names[method, path]
                _complete(operation, method, schemas)
                tags.update(dict.fromkeys(operation.get("tags", ())))
                paths[path][method] = operation
    document["paths"] = paths
    known = {tag["name"]: tag for tag in document.get("tags") or ()}
    document["tags"] = [
        known.get(tag, {"name": tag, "description": f"{tag.replace('-', ' ').capitalize()}."})
        for tag in sorted({*tags, *known})
    ]
    for schema in schemas.values():
        _fill_examples(schema, schemas)
    document["components"] = {
        "headers": _HEADERS,
        "responses": {str(status): _response(status, [kind]) for status, kind in _USUAL.items()},
        "schemas": dict(sorted(schemas.items())),
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "An access token from one of the authority's identity providers.",
            }
        },
    }
    for status, kind in _ALSO:
        told_of = document["components"]["responses"][str(status)]["content"][MEDIA_TYPE]
        told_of["examples"][kind.code] = _example(kind, status)
    document["security"] = [{"bearer": []}]
    order = ("openapi", "info", "servers", "security", "tags", "paths", "components")
    return _renamed({name: document[name] for name in order})


_LIST_OF: Final = re.compile(r"Page_(?:Union_)?(\w+?)_+")


def _model_name(name: str) -> str:
    """A schema's name as a generated client has it for a class: that of a list says of what."""
    found = _LIST_OF.fullmatch(name)
    return name if found is None else f"PageOf{found[1].partition('__')[0]}"


def _renamed(document: Json) -> Json:
    """The contract with every schema under one name, which is its title too."""
    names = {name: _model_name(name) for name in document["components"]["schemas"]}
    if len(set(names.values())) < len(names):
        raise ValueError("Two schemas of the contract would have one name: rename a class.")

    def rename(part: Any) -> Any:
        if isinstance(part, list):
            return [rename(one) for one in part]
        if not isinstance(part, dict):
            return part
        found = {key: rename(value) for key, value in part.items()}
        reference = found.get("$ref")
        if isinstance(reference, str):
            place, _, name = reference.rpartition("/")
            found["$ref"] = f"{place}/{names.get(name, name)}"
        return found

    renamed: Json = rename(document)
    schemas = renamed["components"]["schemas"]
    renamed["components"]["schemas"] = dict(
        sorted((names[name], {**one, "title": names[name]}) for name, one in schemas.items())
    )
    return renamed


def _complete(operation: Json, method: str, schemas: Json) -> None:
    summary = operation.get("summary", "")
    if summary.istitle():
        operation["summary"] = summary.capitalize()
    for parameter in operation.get("parameters", ()):
        _complete_parameter(parameter)
    body = operation.get("requestBody", {}).get("content", {})
    for content in body.values():
        if not {"example", "examples"} & content.keys():
            content["example"] = example_of(content.get("schema", {}), schemas)
    responses: Json = operation.get("responses", {})
    default = responses.get("422", {}).get("content", {})
    if "application/json" in default:
        del responses["422"]
    for follows in refusals_that_follow(operation):
        responses.setdefault(str(follows), {"$ref": f"#/components/responses/{follows}"})
    for status, response in responses.items():
        if status.startswith("2"):
            _complete_success(operation, method, int(status), response, schemas)
    if (
        method == "get"
        and operation.get("security") != []
        and "Link" not in responses.get("200", {}).get("headers", {})
    ):
        responses.setdefault(
            "304",
            {
                "description": "The caller holds the current version (If-None-Match).",
                "headers": {
                    name: {"$ref": f"#/components/headers/{name}"}
                    for name in ("X-Request-ID", "ETag")
                },
            },
        )
    operation["responses"] = dict(sorted(responses.items()))


def _complete_parameter(parameter: Json) -> None:
    schema: Json = parameter.get("schema", {})
    branches = schema.pop("anyOf", None)
    if branches is not None:
        present = [branch for branch in branches if branch.get("type") != "null"]
        if len(present) == 1:
            schema = {**present[0], **schema}
        else:
            schema["anyOf"] = present
    schema.pop("title", None)
    if schema.get("default", "") is None:
        del schema["default"]
    if "description" not in parameter and "description" in schema:
        parameter["description"] = schema["description"]
    schema.pop("description", None)
    parameter["schema"] = schema
    if parameter["in"] == "header" and parameter["name"] in ("If-Match", "Idempotency-Key"):
        parameter["required"] = True
    examples = schema.pop("examples", None)
    if examples and "example" not in parameter and "examples" not in parameter:
        parameter["example"] = examples[0]


def _complete_success(
    operation: Json, method: str, status: int, response: Json, schemas: Json
) -> None:
    names = ["X-Request-ID"]
    content = response.get("content", {})
    schema = resolved(content.get("application/json", {}).get("schema", {}), schemas)
    is_page = {"items", "next"} <= schema.get("properties", {}).keys()
    sent = {parameter["name"] for parameter in operation.get("parameters", ())}
    if is_page and method == "get":
        names.append("Link")
    elif operation.get("security") != [] and (method == "get" or status == 201):
        names.append("ETag")
    if "If-Match" in sent and "ETag" not in names:
        names.append("ETag")
    if status in (201, 202):
        names.append("Location")
    if "Idempotency-Key" in sent:
        names.append("Idempotent-Replayed")
    if operation.get("security") != []:
        names += _OF_ALLOWANCES
    headers = response.setdefault("headers", {})
    for name in names:
        headers.setdefault(name, {"$ref": f"#/components/headers/{name}"})
    if response.get("description") in (None, "", "Successful Response"):
        response["description"] = {
            201: "Made, and answered in full.",
            202: "Taken on.",
            204: "Done.",
        }.get(status, "The answer.")
    for told in content.values():
        if told.get("schema") and not {"example", "examples"} & told.keys():
            told["example"] = example_of(told["schema"], schemas)


def resolved(schema: Json, schemas: Json) -> Json:
    """A schema itself, where it only names another one."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema


def example_of(schema: Json, schemas: Json, depth: int = 0) -> Any:
    """An example of what a schema describes, put together from those of its parts."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(resolved(schema, schemas), schemas, depth + 1)
    for word in ("const", "default"):
        if schema.get(word) not in (None, []):
            return schema[word]
    if "enum" in schema:
        return schema["enum"][0]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            present = [one for one in schema[word] if one.get("type") != "null"]
            return example_of(present[0], schemas, depth + 1) if present else None
    if depth > 12:
        return None
    if "properties" in schema:
        return {
            name: example_of(told, schemas, depth + 1)
            for name, told in schema["properties"].items()
        }
    if schema.get("type") == "array":
        return [example_of(schema.get("items", {}), schemas, depth + 1)]
    return None


def _fill_examples(schema: Json, schemas: Json) -> None:
    for told in schema.get("properties", {}).values():
        if not told.get("examples"):
            example = example_of(told, schemas)
            if example not in (None, [None]):
                told["examples"] = [example]


def contract_text(app: FastAPI, **about: Any) -> str:
    """The contract as it is written out."""
    return json.dumps(openapi(app, **about), indent=2, ensure_ascii=False) + "\n"


def write_contract(app: FastAPI, path: Path, **about: Any) -> None:
    """Write the contract to a file."""
    path.write_text(contract_text(app, **about), encoding="utf-8")
