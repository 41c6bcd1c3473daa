"""The reference, held against what the API really answers."""

import re
from functools import cache

import msgspec
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from skybatch.api.openapi import document
from skybatch.api.operations import OPERATIONS

_PROBLEM = "application/problem+json"
_LARGE = 200_000  # bytes of an answer that are not looked through


@cache
def reference():
    """The document as everybody gets it."""
    return msgspec.json.decode(msgspec.json.encode(document(OPERATIONS)))


def check(method: str, path: str, status: int, content_type: str, body: bytes) -> None:
    """Raise ValidationError or AssertionError when an answer is none that the reference knows."""
    call = _call(method, path)
    if call is None or len(body) > _LARGE:
        return
    if content_type == _PROBLEM:
        _validator("#/components/schemas/Problem").validate(msgspec.json.decode(body))
        return
    operation = reference()["paths"][call[0]][call[1]]
    assert str(status) in operation["responses"], f"{method} {path} answers {status}"
    content = operation["responses"][str(status)].get("content", {})
    if not body:
        return
    assert content_type in content, f"{method} {path} answers {content_type}"
    pointer = "/".join(
        part.replace("~", "~0").replace("/", "~1")
        for part in ("paths", *call, "responses", str(status), "content", content_type, "schema")
    )
    validator = _validator(f"#/{pointer}")
    if content_type == "application/json":
        validator.validate(msgspec.json.decode(body))
    elif content_type == "application/x-ndjson":
        for line in body.splitlines():
            validator.validate(msgspec.json.decode(line))


@cache
def _registry() -> Registry:
    return Registry().with_resource("urn:api", Resource(reference(), DRAFT202012))


@cache
def _validator(pointer: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"urn:api{pointer}"}, registry=_registry())


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), path)
        for path in reference()["paths"]
    ]


def _call(method: str, path: str) -> tuple[str, str] | None:
    """Path and method as the reference names them."""
    for pattern, template in _templates():
        if pattern.fullmatch(path) and method.lower() in reference()["paths"][template]:
            return template, method.lower()
    return None
