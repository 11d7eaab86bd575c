"""The contract that is made from the routes: complete, closed, the same each time."""

import json

from fastapi import APIRouter, FastAPI
from httpx import AsyncClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from pydantic import BaseModel
from starlette.responses import Response

from api.contract import contract_text, openapi
from api.errors import MEDIA_TYPE, kinds_of_problem
from api.manners import install_manners
from api.routing import FrontDoorRoute
from tests.api.manners.conftest import KEY
from tests.api.manners.toys import toy_shop
from tests.support.contract_lint import lint


def test_the_contract_is_valid_complete_and_the_same_each_time() -> None:
    app = toy_shop()[0]
    document = openapi(app)
    validate(document)
    assert lint(document) == []
    assert contract_text(app) == contract_text(toy_shop()[0])
    assert document["openapi"] == "3.1.0"
    assert document["info"]["license"]["name"] == "MIT"
    assert document["info"]["contact"]["email"]
    assert document["servers"]


def test_bounds_and_formats_survive_the_strict_types() -> None:
    schemas = openapi(toy_shop()[0])["components"]["schemas"]
    told = schemas["ToyCreate"]["properties"]
    assert schemas["ToyCreate"]["additionalProperties"] is False
    assert told["name"]["minLength"] == 1
    assert told["name"]["maxLength"] == 40
    assert told["name"]["pattern"]
    assert told["size"]["anyOf"][0] == {"type": "integer", "minimum": 1, "maximum": 1000}
    assert told["made_at"]["anyOf"][0]["format"] == "date-time"
    assert told["bought_on"]["anyOf"][0]["format"] == "date"
    assert schemas["Wheel"]["properties"]["spokes"]["minimum"] == 0
    assert "HTTPValidationError" not in schemas


def test_refusals_are_problem_documents_and_nothing_else() -> None:
    document = openapi(toy_shop()[0])
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for status, response in operation["responses"].items():
                if "$ref" in response:
                    response = document["components"]["responses"][status]
                if status >= "400":
                    assert set(response["content"]) == {MEDIA_TYPE}, (path, method, status)
                assert "X-Request-ID" in response["headers"], (path, method, status)
    problem = document["components"]["schemas"]["Problem"]
    assert problem["properties"]["code"]["enum"] == list(kinds_of_problem())


def test_what_follows_from_an_operation_is_documented() -> None:
    paths = openapi(toy_shop()[0])["paths"]
    amended = paths["/v1/toys/{toy_id}"]["patch"]
    assert {"200", "400", "401", "403", "404", "406", "409", "412", "413", "415", "422", "428"} < (
        set(amended["responses"])
    )
    [if_match] = [one for one in amended["parameters"] if one["name"] == "If-Match"]
    assert if_match["required"] is True
    assert if_match["schema"]["type"] == "string"
    assert "ETag" in amended["responses"]["200"]["headers"]
    made = paths["/v1/toys"]["post"]["responses"]["201"]["headers"]
    assert {
        "Location",
        "ETag",
        "X-Request-ID",
        "Idempotent-Replayed",
        "RateLimit",
        "RateLimit-Policy",
    } == set(made)
    assert "Link" in paths["/v1/toys"]["get"]["responses"]["200"]["headers"]
    assert "304" in paths["/v1/toys/{toy_id}"]["get"]["responses"]
    assert paths["/v1/toys/{toy_id}"]["patch"]["operationId"] == "amend_toy"
    played = paths["/v1/toys/{toy_id}/play"]["post"]["responses"]["409"]
    assert set(played["content"][MEDIA_TYPE]["examples"]) == {"toy_broken"}


async def test_examples_are_accepted_by_the_schema_and_by_the_server(anna: AsyncClient) -> None:
    document = json.loads((await anna.get("/openapi.json")).text)
    content = document["paths"]["/v1/toys"]["post"]["requestBody"]["content"]["application/json"]
    schema = {**content["schema"], "components": document["components"]}
    Draft202012Validator(schema).validate(content["example"])
    answer = await anna.post("/v1/toys", json=content["example"], headers=KEY)
    assert answer.status_code == 201, answer.text


def test_the_lint_says_what_is_missing() -> None:
    class Careless(BaseModel):
        someThing: str  # noqa: N815  # the name is the fault that is looked for
        number: int
        many: list[str]

    app = FastAPI(openapi_url=None)
    install_manners(app)
    router = APIRouter(route_class=FrontDoorRoute)

    @router.post("/Bad_path")
    async def careless(body: Careless, q: int = 1) -> Response:
        return Response()

    app.include_router(router)
    told = "\n".join(lint(openapi(app)))
    for expected in (
        "/Bad_path: paths are kebab-case",
        "has no description",
        "has no tags",
        "Careless.someThing: is not snake_case",
        "Careless.someThing: has no description",
        "Careless.someThing: has no example",
        "Careless.someThing: its text has no bound",
        "Careless.number: its number has no lower bound",
        "Careless.many: its list has no bound",
        "parameter q has no description",
        "parameter q: its number has no upper bound",
    ):
        assert expected in told, expected
