"""The interactive documentation: all of it from here, and no script written into the page."""

import asyncio
import re

from httpx import AsyncClient

from api.app import contract_app
from api.contract import contract_text
from tests.support.effort import effort


async def test_the_page_and_everything_it_names_are_served_from_here(nobody: AsyncClient) -> None:
    page = await nobody.get("/documentation", headers={"Accept": "text/html"})
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in page.text
    assert not re.search(r"<script(?![^>]*src=)|<style| style=| on[a-z]+=", page.text)
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(named) >= 6
    for path in named:
        answer = await nobody.get(path)
        assert answer.status_code == 200, path
        assert answer.content


async def test_assets_are_kept_by_the_browser_and_checked_by_etag(nobody: AsyncClient) -> None:
    path = "/documentation/assets/swagger-ui-bundle.js"
    first = await nobody.get(path)
    assert first.headers["cache-control"].startswith("public")
    assert first.headers["content-type"].startswith("text/javascript")
    again = await nobody.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


async def test_nothing_but_the_named_assets_is_served(nobody: AsyncClient) -> None:
    for name in ("README.md", "..%2fdocumentation.py", "%2e%2e/x", "swagger-ui"):
        assert (await nobody.get(f"/documentation/assets/{name}")).status_code == 404


async def test_docs_leads_to_the_documentation(nobody: AsyncClient) -> None:
    answer = await nobody.get("/docs", headers={"Accept": "text/html"})
    assert answer.status_code == 308
    assert answer.headers["location"] == "/documentation"


async def test_the_contract_is_read_with_an_etag(nobody: AsyncClient) -> None:
    answer = await nobody.get("/openapi.json")
    assert answer.json()["openapi"] == "3.1.0"
    held = {"If-None-Match": answer.headers["etag"]}
    assert (await nobody.get("/openapi.json", headers=held)).status_code == 304


async def test_nobody_waits_while_the_contract_is_written(nobody: AsyncClient) -> None:
    """Counted in the lines of ours that the event loop runs: to write it takes very many."""
    await nobody.get("/documentation")
    with effort() as spent:
        first, *others = await asyncio.gather(*(nobody.get("/openapi.json") for _ in range(3)))
    assert first.status_code == 200
    assert {one.headers["etag"] for one in others} == {first.headers["etag"]}
    assert spent.lines < 2_000
    with effort() as to_write:
        contract_text(contract_app())
    assert to_write.lines > 20_000
