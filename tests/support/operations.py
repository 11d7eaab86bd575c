"""The operations of the contract as requests: path, headers and body from their own examples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

import httpx

from tests.support.published import published

Json = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One documented operation, and what its documentation gives as an example."""

    method: str
    path: str
    name: str
    document: Json = field(repr=False)
    body: Any = field(repr=False)

    @property
    def file(self) -> str | None:
        """The media type of its body, when that is a file and no JSON."""
        content = self.document.get("requestBody", {}).get("content", {})
        return next((name for name in content if name != "application/json"), None)

    @property
    def ids(self) -> list[str]:
        """The names in its path, in order."""
        return [one["name"] for one in self.document.get("parameters", ()) if one["in"] == "path"]

    def example_of(self, name: str) -> str:
        """The documented example of a parameter."""
        [found] = [one for one in self.document["parameters"] if one["name"] == name]
        return str(found["example"])

    async def send(
        self,
        client: httpx.AsyncClient,
        headers: Mapping[str, str],
        values: Mapping[str, object] | None = None,
        *,
        version: int = 1,
        body: Any = None,
    ) -> httpx.Response:
        """Sends the example, with these values in its path, a new key and this version."""
        path = self.path
        for name in self.ids:
            path = path.replace(f"{{{name}}}", str((values or {}).get(name, self.example_of(name))))
        sent: dict[str, str] = {}
        query: dict[str, Any] = {}
        for parameter in self.document.get("parameters", ()):
            if parameter["in"] == "query" and parameter.get("required"):
                query[parameter["name"]] = parameter["example"]
            if parameter["name"] == "If-Match":
                sent["If-Match"] = f'"{version}"'
            if parameter["name"] == "Idempotency-Key":
                sent["Idempotency-Key"] = str(uuid4())
        if self.file is not None and isinstance(body or self.body, str):
            sent["Content-Type"] = self.file
            return await client.request(
                self.method.upper(),
                path,
                params=query or None,
                content=self.body if body is None else body,
                headers={**sent, **headers},
            )
        return await client.request(
            self.method.upper(),
            path,
            params=query or None,
            json=self.body if body is None else body,
            headers={**sent, **headers},
        )


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation of the contract."""
    found: list[Operation] = []
    document = published()
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                content = operation.get("requestBody", {}).get("content", {})
                told = next(iter(content.values()), {})
                example = told.get("example")
                if example is None and told.get("examples"):
                    example = next(iter(told["examples"].values()))["value"]
                name = operation["operationId"]
                found.append(Operation(method, path, name, operation, example))
    return tuple(found)
