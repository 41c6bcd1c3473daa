"""The doors of the dashboard: files for everybody, a link once, and a word where it is not."""

import json

import pytest

from skybatch import access
from skybatch.access import Links
from skybatch.api.context import CONTEXT
from skybatch.web import assets
from tests.api.conftest import TOKEN


async def sign_in(api, code):
    body = json.dumps({"code": code}).encode()
    headers = {"Content-Type": "application/json"}
    return await api.request("POST", "/sign-in", prefix="", data=body, headers=headers)


async def test_a_code_is_the_token_once(api):
    code = api.app[CONTEXT].links.new()
    first, second = await sign_in(api, code), await sign_in(api, code)
    assert (first.status, first.json) == (200, {"token": TOKEN})
    assert second.status == 401
    assert (await sign_in(api, "")).status == 401
    assert (await sign_in(api, "x" * 2_000)).status == 413


def test_a_code_is_no_token_after_its_time(monkeypatch):
    links = Links(lambda: "token")
    assert links.exchange(links.new()) == "token"
    monkeypatch.setattr(access, "_CODE_SECONDS", -1.0)
    assert links.exchange(links.new()) is None


async def test_without_its_libraries_the_page_says_how_to_get_them(api, monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "_VENDOR", tmp_path / "vendor")
    answer = await api.request("GET", "/", prefix="")
    assert answer.status == 503
    assert b"make setup" in answer.body
    assert (await api.get("/batch")).status == 200


@pytest.mark.parametrize("path", ["/assets/..%2f..%2fassets.py", "/assets/%00", "/assets/none.js"])
async def test_nothing_but_its_files_is_given(api, path):
    assert (await api.request("GET", path, prefix="")).status in (400, 404)
