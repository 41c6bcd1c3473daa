"""The reference as OpenAPI 3.1, made from the table of calls and the shapes that they use."""

import re
from collections.abc import Iterable, Mapping

import msgspec

import skybatch
from skybatch.api.errors import PROBLEM, STATUS, Problem
from skybatch.api.operation import JSON, Answer, Operation, Parameter, Schema, Shape

_REF = "#/components/schemas/{name}"
_ID = re.compile(r"\{(\w+)\}")


def document(operations: Iterable[Operation]) -> Mapping[str, object]:
    """The whole document (OpenAPI 3.1.0, https://spec.openapis.org/oas/v3.1.0)."""
    calls = tuple(operations)
    shapes = list(dict.fromkeys(_shapes(calls)))
    schemas, components = msgspec.json.schema_components(
        shapes, ref_template=_REF, schema_hook=_any
    )
    by_shape: dict[Shape, Schema] = dict(zip(shapes, schemas, strict=True))
    paths: dict[str, dict[str, object]] = {}
    for call in calls:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, by_shape)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "skybatch",
            "version": skybatch.__version__,
            "description": "Batches of company websites, crawled politely: who they are, and how "
            "to reach them, each value with its proof.",
        },
        "tags": [{"name": group} for group in dict.fromkeys(call.group for call in calls)],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {"Problem": _problem(by_shape[Problem])},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _any(_kind: type) -> dict[str, object]:
    """A member of type `object`."""
    return {"description": "Any JSON"}


def _shapes(calls: Iterable[Operation]) -> Iterable[type]:
    yield Problem
    for call in calls:
        for answer in call.answers:
            for alternatives in answer.content.values():
                yield from filter(None, alternatives)


def _operation(call: Operation, by_shape: Mapping[Shape, Schema]) -> Mapping[str, object]:
    told: dict[str, object] = {
        "operationId": _id_of(call),
        "tags": [call.group],
        "summary": call.summary,
        "parameters": [*map(_id, _ID.findall(call.path)), *map(_parameter, call.parameters)],
        "responses": {
            **{str(answer.status): _answer(answer, by_shape) for answer in call.answers},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if call.detail:
        told["description"] = call.detail
    if call.is_open:
        told["security"] = []
    if call.body is not None:
        content = {kind: {"schema": schema} for kind, schema in call.body.items()}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _id_of(call: Operation) -> str:
    """Unique, and readable: `get_batch_status`."""
    words = [part for part in call.path.split("/") if part not in ("", "api", "v3")]
    kept = [word for word in words if word != "batch_page_scraper"]
    return "_".join((call.method.lower(), *(_ID.sub(r"\1", word) for word in kept)))


def _id(name: str) -> Mapping[str, object]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    }


def _parameter(each: Parameter) -> Mapping[str, object]:
    told = {"name": each.name, "in": each.place, "description": each.meaning}
    kind = each.schema["type"]
    kinds = kind if isinstance(kind, list) else [kind]
    if "object" in kinds:
        return {**told, "content": {JSON: {"schema": each.schema}}}
    if "array" in kinds:
        return {**told, "schema": each.schema, "style": "form", "explode": each.is_repeated}
    return {**told, "schema": each.schema}


def _answer(answer: Answer, by_shape: Mapping[Shape, Schema]) -> Mapping[str, object]:
    told: dict[str, object] = {"description": answer.meaning}
    if answer.content:
        told["content"] = {
            kind: {"schema": _alternatives(shapes, by_shape)}
            for kind, shapes in answer.content.items()
        }
    return told


def _alternatives(shapes: tuple[Shape, ...], by_shape: Mapping[Shape, Schema]) -> Schema:
    schemas = [{"type": "string"} if shape is None else by_shape[shape] for shape in shapes]
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _problem(schema: Schema) -> Mapping[str, object]:
    codes = ", ".join(f"`{code}` ({status})" for code, status in STATUS.items())
    return {
        "description": "What went wrong (RFC 9457), every fault at once. `type` is "
        f"`urn:skybatch:problem:` and one of {codes}.",
        "content": {PROBLEM: {"schema": schema}},
    }
