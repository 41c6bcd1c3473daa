"""POST /batch: what is stored of good lists, and that nothing is stored of bad ones."""

import asyncio
import gc
import socket
import struct

import pytest

from skybatch.api.context import PREFIX
from skybatch.model.batch import Accepted
from skybatch.model.ids import is_uuid, uuid7
from skybatch.store import staging
from tests.api.conftest import LIMITS, NOTHING, TOKEN, Api
from tests.until import until

MIB = 1 << 20


async def test_a_list_is_a_batch_on_disk_and_the_workers_are_woken(api: Api):
    answer = await api.post(
        "/batch",
        {"domains": ["a.com", "https://b.com/x", "A.COM.", "localhost", 5], "max_pages": 3},
    )
    assert answer.status == 202
    body = answer.json
    batch_id = body["batch_id"]
    assert is_uuid(batch_id)
    assert body == {
        "batch_id": batch_id,
        "status": "pending",
        "status_url": f"{PREFIX}/batch/{batch_id}/status",
        "results_url": f"{PREFIX}/batch/{batch_id}/results",
        "job_count": 2,
        "duplicates": 1,
        "rejected": [
            {
                "index": 3,
                "domain": "localhost",
                "code": "single_label",
                "detail": body["rejected"][0]["detail"],
            },
            {
                "index": 4,
                "domain": "5",
                "code": "not_text",
                "detail": body["rejected"][1]["detail"],
            },
        ],
        "rejected_count": 2,
        "created_at": body["created_at"],
    }
    assert answer.headers["Location"] == body["status_url"]
    assert await api.stored() == {"batches": 1, "jobs": 2, "leftovers": 3, "events": 1}
    assert len(api.wakes) == 1


async def test_a_batch_takes_the_id_that_it_is_given_once(api: Api):
    batch_id = uuid7(1_800_000_000.0)
    body = {"domains": ["a.com"], "batch_id": batch_id.upper()}
    assert (await api.post("/batch", body)).json["batch_id"] == batch_id
    again = await api.post("/batch", body, headers={"Idempotency-Key": "another"})
    assert again.status == 409
    assert again.json["type"].endswith(":conflict")
    assert (await api.stored())["batches"] == 1


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", "# ours\na.com\n\nb.com\r\nA.com\nno domain\n"),
        ("text/csv; charset=utf-8", "domain;n\na.com;1\nb.com;2\na.com;3\nno domain;4\n"),
        ("text/csv", "\ufeffdomain,n\na.com,1\nb.com,2\na.com,3\nno domain,4\n"),
        ("application/x-ndjson", '"a.com"\n{"url":"b.com"}\n"a.com"\n"no domain"\n'),
    ],
)
async def test_a_list_may_be_streamed_with_its_members_in_the_query(api: Api, content_type, body):
    query = {"max_pages": "7", "label": "streamed", "options.scope": "domain"}
    answer = await api.post(
        "/batch", pieces(body.encode()), content_type=content_type, params=query
    )
    assert answer.status == 202, answer.body
    assert (answer.json["job_count"], answer.json["duplicates"]) == (2, 1)
    assert [(line["index"], line["domain"]) for line in answer.json["rejected"]] == [
        (3, "no domain")
    ]
    status = (await api.get(f"/batch/{answer.json['batch_id']}/status")).json
    assert (status["label"], status["total_domains"]) == ("streamed", 2)


async def pieces(body: bytes, size: int = 5):
    for begin in range(0, len(body), size):
        yield body[begin : begin + size]


async def test_a_column_of_a_csv_can_be_asked_for(api: Api):
    answer = await api.post(
        "/batch", "a,b\nx,b.com\n", content_type="text/csv", params={"column": "b"}
    )
    assert answer.json["job_count"] == 1


async def test_a_long_stream_is_one_batch(api: Api):
    body = b"".join(b"example%d.com\n" % number for number in range(LIMITS.stream_domains))
    answer = await api.post("/batch", body, content_type="text/plain")
    assert answer.json["job_count"] == LIMITS.stream_domains
    assert await api.stored() == {
        "batches": 1,
        "jobs": LIMITS.stream_domains,
        "leftovers": 0,
        "events": 1,
    }


async def test_at_most_a_thousand_rejected_lines_are_listed_and_all_are_counted(api: Api):
    answer = await api.post("/batch", {"domains": ["a.com", *["x"] * 1_500]})
    assert answer.status == 202
    assert len(answer.json["rejected"]) == 1_000
    assert answer.json["rejected_count"] == 1_500


@pytest.mark.parametrize("flag", ["1", "true"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", {"domains": ["a.com", "b.com", "a.com/x", "x"]}),
        ("text/plain", "a.com\nb.com\na.com/x\nx\n"),
    ],
)
async def test_a_dry_run_tells_the_same_and_stores_nothing(api: Api, content_type, body, flag):
    answer = await api.post("/batch", body, content_type=content_type, params={"dry_run": flag})
    assert answer.status == 200
    found = answer.json
    assert found["status"] == "dry_run"
    assert (found["job_count"], found["duplicates"], found["rejected_count"]) == (2, 1, 1)
    assert found["rejected"][0]["index"] == 3
    assert "Location" not in answer.headers
    assert await api.stored() == NOTHING
    assert api.wakes == []


# Bad lists. Each is a 4xx that names every fault by its place, and nothing is stored.

DEEP = b"[" * 100_000
BAD_JSON = {
    "no body": b"",
    "half an object": b'{"domains":["a.com"',
    "something behind": b'{"domains":["a.com"]} x',
    "NaN": b'{"domains":["a.com"],"max_pages":NaN}',
    "Infinity": b'{"domains":["a.com"],"max_pages":Infinity}',
    "cut off behind a number beyond ours": b'{"domains":["a.com"],"max_pages":1e400',
    "broken behind a number beyond ours": b'{"domains":[1e400,"a\xff"],"max_pages":1e400,}',
    "lone surrogate": b'{"domains":["a\\ud800.com"]}',
    "lone low surrogate": b'{"domains":["a\\udc00.com"]}',
    "raw NUL": b'{"domains":["a\x00.com"]}',
    "invalid UTF-8": b'{"domains":["a\xff.com"]}',
    "encoded surrogate": b'{"domains":["\xed\xa0\x80.com"]}',
    "UTF-8 BOM": b'\xef\xbb\xbf{"domains":["a.com"]}',
    "UTF-16": '{"domains":["a.com"]}'.encode("utf-16"),
    "deep list": DEEP,
    "deep domains": b'{"domains":' + DEEP,
    "deep object": b'{"a":' * 100_000,
    "single quotes": b"{'domains':['a.com']}",
    "comment": b'{"domains":["a.com"]/* */}',
    "the same member twice": b'{"domains":["a.com"],"domains":["b.com"]}',
    "the same option twice": b'{"domains":["a.com"],"options":{"text":true,"text":false}}',
}


@pytest.mark.parametrize("body", BAD_JSON.values(), ids=BAD_JSON)
async def test_a_body_that_is_not_json_is_a_400(api: Api, body):
    answer = await api.post("/batch", body)
    assert_problem(answer, 400)
    assert await api.stored() == NOTHING


GOOD = ["a.com"]
BAD_BODIES = [
    ([], [("", "invalid")]),
    ("a.com", [("", "invalid")]),
    (None, [("", "invalid")]),
    ({}, [("/domains", "missing")]),
    ({"domains": []}, [("/domains", "empty")]),
    ({"domains": None}, [("/domains", "missing")]),
    ({"domains": "a.com"}, [("/domains", "invalid")]),
    ({"domains": {"a.com": 1}}, [("/domains", "invalid")]),
    ({"domains": ["x"]}, [("/domains/0", "single_label")]),
    (
        {"domains": [5, None, {}, [], True, 1.5]},
        [(f"/domains/{index}", "not_text") for index in range(6)],
    ),
    (
        {
            "domains": [
                "ftp://a.com",
                "https://user:pw@a.com",
                "a" * 300 + ".com",
                "a\x00.com",
                "a%00.com",
                "a b.com",
                "a.com\r\nX: y",
                "_._",
                "",
                "x" * 10_000,
            ]
        },
        [
            ("/domains/0", "bad_scheme"),
            ("/domains/1", "credentials"),
            ("/domains/2", "name_too_long"),
            ("/domains/3", "bad_character"),
            ("/domains/4", "bad_character"),
            ("/domains/5", "bad_character"),
            ("/domains/6", "bad_character"),
            ("/domains/7", "bad_name"),
            ("/domains/8", "empty"),
            ("/domains/9", "too_long"),
        ],
    ),
    *[
        ({"domains": GOOD, "max_pages": value}, [("/max_pages", "invalid")])
        for value in (0, -1, 10**9, 10**23, True, 1.5, "10", None, [], {})
    ],
    ({"domains": GOOD, "max_pages_": 5}, [("/max_pages_", "unknown")]),
    ({"domain": GOOD}, [("/domain", "unknown"), ("/domains", "missing")]),
    (
        {"domains": ["x"], "max_pages": 0, "max_concurrent_jobs": 0, "label": 5, "extra": 1},
        [
            ("/domains/0", "single_label"),
            ("/extra", "unknown"),
            ("/label", "invalid"),
            ("/max_concurrent_jobs", "invalid"),
            ("/max_pages", "invalid"),
        ],
    ),
    (
        {"domains": GOOD, "options": {"scope": "x", "max_dept": 1}},
        [("/options/max_dept", "unknown"), ("/options/scope", "invalid")],
    ),
    ({"domains": GOOD, "metadata": "x" * 20_000}, [("/metadata", "invalid")]),
    ({"domains": GOOD, "webhook_url": "ftp://x"}, [("/webhook_url", "invalid")]),
    ({"domains": GOOD, "batch_id": "1"}, [("/batch_id", "invalid")]),
]


@pytest.mark.parametrize(("body", "faults"), BAD_BODIES, ids=lambda value: repr(value)[:60])
async def test_a_body_with_faults_is_a_422_that_names_every_one_by_its_place(
    api: Api, body, faults
):
    for query in ({}, {"dry_run": "1"}):
        answer = await api.post("/batch", body, params=query)
        assert_problem(answer, 422)
        assert sorted(answer.faults) == faults
        assert await api.stored() == NOTHING


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"domains":["a.com"],"max_pages":%s}', "/max_pages"),
        (b'{"domains":["a.com",%s]}', "/domains/1"),
        (b'{"domains":["a.com"],"options":{"x/y":[],"max_depth":[%s]}}', "/options/max_depth"),
        (b"[%s]", "/0"),
        (b"%s", ""),
    ],
)
@pytest.mark.parametrize("number", [b"9" * 5_000, b"-" + b"9" * 5_000, b"1e400"])
async def test_a_number_that_is_too_large_is_a_fault_at_its_place(api: Api, body, place, number):
    answer = await api.post("/batch", body.replace(b"%s", number))
    assert_problem(answer, 422)
    assert answer.faults == [(place, "out_of_range")]
    assert await api.stored() == NOTHING


async def test_a_parameter_that_is_given_twice_is_a_fault(api: Api):
    both = [("dry_run", "1"), ("dry_run", "0")]
    answer = await api.post("/batch", {"domains": GOOD}, params=both)
    assert answer.faults == [("?dry_run", "invalid")]
    columns = [("column", "a"), ("column", "b")]
    streamed = await api.post("/batch", b"a\na.com\n", content_type="text/csv", params=columns)
    assert streamed.faults == [("?column", "invalid")]
    assert await api.stored() == NOTHING


async def test_an_unknown_member_is_answered_with_the_one_that_was_meant(api: Api):
    answer = await api.post("/batch", {"domains": GOOD, "max_page": 5})
    assert 'did you mean "max_pages"?' in answer.json["errors"][0]["detail"]


async def test_a_hundred_thousand_lines_of_rubbish_are_a_422_with_the_first_thousand(api: Api):
    answer = await api.post("/batch", {"domains": ["rubbish"] * 100_000})
    assert_problem(answer, 422)
    assert len(answer.faults) == 1_000
    assert answer.faults[-1] == ("/domains/999", "single_label")
    await nothing_is_left(api)


async def nothing_is_left(api: Api) -> None:
    """What was staged is deleted slice by slice, behind the answer."""

    async def is_empty() -> bool:
        await api.store.write(staging.discard)
        return await api.stored() == NOTHING

    await until(is_empty)


async def test_parameters_that_nobody_asked_for_are_faults(api: Api):
    answer = await api.post("/batch", {"domains": GOOD}, params={"max_pages": "5", "dry_run": "x"})
    assert_problem(answer, 422)
    assert sorted(answer.faults) == [("?dry_run", "invalid"), ("?max_pages", "unknown")]
    streamed = await api.post(
        "/batch", "a.com\n", content_type="text/plain", params={"max_page": "5", "domains": "x"}
    )
    assert_problem(streamed, 422)
    assert sorted(streamed.faults) == [("?domains", "unknown"), ("?max_page", "unknown")]
    assert await api.stored() == NOTHING


BAD_STREAMS = [
    ("text/plain", b"", {}, [("", "empty")]),
    ("text/plain", b"# nothing\n\n", {}, [("", "empty")]),
    ("text/plain", b"x\ny\n", {}, [("/domains/0", "single_label"), ("/domains/1", "single_label")]),
    ("text/plain", b"a.com\nb\xff.com\n", {}, [("/lines/2", "bad_encoding")]),
    ("text/plain", b"a.com\n", {"column": "x"}, [("?column", "unknown")]),
    ("text/plain", b"a.com\n" * 5_001, {}, [("", "too_many")]),
    ("text/csv", b",,,\na.com\n", {}, [("/lines/1", "no_column")]),
    ("text/csv", b"a,b\na.com,b.com\n", {"column": "c"}, [("?column", "unknown")]),
    ("text/csv", b'domain\n"a.com\nb.com\n', {}, [("/lines/2", "bad_csv")]),
    ("text/csv", b"a.com\n", {"max_pages": "0"}, [("?max_pages", "invalid")]),
    ("text/csv", b"a.com\n", {"max_page": "1"}, [("?max_page", "unknown")]),
    (
        "application/x-ndjson",
        b'"a.com"\n{\nNaN\n',
        {},
        [("/lines/2", "bad_json"), ("/lines/3", "bad_json")],
    ),
    ("application/x-ndjson", b"5\n", {}, [("/domains/0", "not_text")]),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "body", "query", "faults"), BAD_STREAMS)
@pytest.mark.parametrize("dry", [{}, {"dry_run": "1"}])
async def test_a_stream_with_faults_is_a_422_and_leaves_nothing(
    api: Api, content_type, body, query, faults, dry
):
    answer = await api.post(
        "/batch", pieces(body, 4_000), content_type=content_type, params={**query, **dry}
    )
    assert_problem(answer, 422)
    assert sorted(answer.faults) == faults
    await nothing_is_left(api)


async def test_a_broken_line_far_behind_good_ones_leaves_nothing(api: Api):
    body = b"".join(b"example%d.com\n" % number for number in range(4_500)) + b"\xff\n"
    answer = await api.post("/batch", body, content_type="text/plain")
    assert answer.faults == [("/lines/4501", "bad_encoding")]
    await nothing_is_left(api)


@pytest.mark.parametrize("declared", [True, False])
async def test_a_json_body_over_the_limit_is_a_413(api: Api, declared):
    body = b'{"domains":["' + b"x" * LIMITS.json_bytes + b'"]}'
    answer = await api.post("/batch", body if declared else pieces(body, 65_536))
    assert_problem(answer, 413)
    assert await api.stored() == NOTHING


@pytest.mark.parametrize(
    "content_type", ["text/html", "application/xml", "multipart/form-data; boundary=x", "x", ""]
)
async def test_another_content_type_is_a_415(api: Api, content_type):
    assert_problem(await api.post("/batch", b"a.com\n", content_type=content_type), 415)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x"])
@pytest.mark.parametrize("content_type", ["application/json", "text/csv"])
async def test_a_compressed_body_is_a_415(api: Api, content_type, encoding):
    answer = await api.post(
        "/batch", b"\x1f\x8b", content_type=content_type, headers={"Content-Encoding": encoding}
    )
    assert_problem(answer, 415)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
async def test_a_body_that_stops_coming_is_a_408_and_leaves_nothing(api: Api, content_type):
    never = asyncio.Event()

    async def stuck():
        yield b'{"domains":["a.com",\n' if content_type == "application/json" else b"a.com\nb.c"
        await never.wait()

    answer = await api.post("/batch", stuck(), content_type=content_type)
    assert_problem(answer, 408)
    await nothing_is_left(api)


def assert_problem(answer, status: int) -> None:
    """RFC 9457, in our words."""
    assert answer.status == status, answer.body[:500]
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json
    assert body["status"] == status
    assert body["type"]
    assert body["title"]
    assert body["detail"]
    assert is_uuid(body["request_id"])
    assert answer.headers["X-Request-Id"] == body["request_id"]


async def test_a_list_that_a_reset_breaks_off_is_not_held(api: Api):
    """Its lines, its error and the stream held each other until old garbage was looked for."""
    gc.collect()
    gc.disable()
    try:
        before = lines_held()
        for _ in range(3):
            await break_off(api)
        await until(lambda: lines_held() == before)
    finally:
        gc.enable()


def lines_held() -> int:
    return sum(isinstance(held, Accepted) for held in gc.get_objects())


async def break_off(api: Api) -> None:
    """Send the first 2,500 of 5,000 lines, of which 2,000 are judged, and a reset."""
    host, port = api.url.removeprefix("http://").split(":")
    lines = "".join(f"host{number:04}.example\n" for number in range(5_000)).encode()
    head = (
        f"POST {PREFIX}/batch HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {len(lines)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + lines[: len(lines) // 2])
        await until(lambda: lines_held() >= 2_000)
        # SO_LINGER of zero seconds: close() sends a reset, and no end of the body.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
