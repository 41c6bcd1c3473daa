"""The parameters and bodies of a submission, from the checks that it is held against."""

from collections.abc import Mapping

from skybatch.api.operation import CSV, JSON, NDJSON, TEXT, Parameter, Schema, flag, word
from skybatch.intake.submission import CHECKS, MEANINGS
from skybatch.model.options import CHECKS as OPTION_CHECKS
from skybatch.model.options import MEANINGS as OPTION_MEANINGS

_ONLY = "Of a streamed list: "
_DOMAINS = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "string"},
    "description": "Domains, URLs or e-mail addresses, one company each",
}


def _described(name: str, schemas: Mapping[str, Schema], meanings: Mapping[str, str]) -> Schema:
    return {**schemas[name], "description": meanings[name]}


_MEMBERS = {name: check.schema for name, check in CHECKS.items()}
_OPTIONS = {name: check.schema for name, check in OPTION_CHECKS.items()}
OPTIONS: Schema = {
    "type": "object",
    "additionalProperties": False,
    "description": "How domains are crawled; what is not given is as in the configuration",
    "properties": {name: _described(name, _OPTIONS, OPTION_MEANINGS) for name in _OPTIONS},
}
_STREAM: Schema = {"type": "string", "description": "A domain a line, or a table with a column"}
SUBMISSION_BODY: Mapping[str, Schema] = {
    JSON: {
        "type": "object",
        "required": ["domains"],
        "additionalProperties": False,
        "properties": {
            "domains": _DOMAINS,
            **{name: _described(name, _MEMBERS, MEANINGS) for name in _MEMBERS},
            "options": OPTIONS,
        },
    },
    CSV: _STREAM,
    TEXT: _STREAM,
    NDJSON: _STREAM,
}
SCAN_BODY: Mapping[str, Schema] = {
    JSON: {
        "type": "object",
        "required": ["base_url"],
        "additionalProperties": False,
        "properties": {
            "base_url": {"type": "string", "description": "The domain, or its start page"},
            "max_pages": _described("max_pages", _MEMBERS, MEANINGS),
        },
    }
}
OF_A_LIST = (
    flag("dry_run", "Only tell what the batch would be; nothing is stored"),
    word("column", f"{_ONLY}the column that holds the domains"),
    *(Parameter(name, _ONLY + MEANINGS[name], schema) for name, schema in _MEMBERS.items()),
    *(
        Parameter(
            f"options.{name}",
            _ONLY + OPTION_MEANINGS[name],
            schema,
            is_repeated=schema["type"] == "array",
        )
        for name, schema in _OPTIONS.items()
    ),
)
