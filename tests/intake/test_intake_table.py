"""Streamed lists: every spelling of a CSV, plain text and NDJSON, cut into pieces anywhere."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.errors import Fault, Invalid
from skybatch.intake.table import SLICE_BYTES, SLICE_ROWS, read_table
from skybatch.model.batch import Rejected
from skybatch.model.target import Entry

CSV, PLAIN, NDJSON = "text/csv", "text/plain", "application/x-ndjson"
SIZES = (1, 2, 3, 7, 100_000)  # bytes of a piece


async def pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for begin in range(0, len(body), size):
        yield body[begin : begin + size]


async def read(body: bytes | str, media_type: str = CSV, *, size: int = 100_000, **rest):
    raw = body.encode() if isinstance(body, str) else body
    slices = read_table(pieces(raw, size), media_type, **rest)
    return [entry async for entries in slices for entry in entries]


async def faults_of(body: bytes | str, media_type: str = CSV, **rest) -> tuple[Fault, ...]:
    with pytest.raises(Invalid) as caught:
        await read(body, media_type, **rest)
    return caught.value.faults


PLAIN_TEXT = "company,domain,note\nÄ GmbH,a.com,1\nB,b.com,\n"
EXPECTED = [
    Entry(0, "a.com", (("company", "Ä GmbH"), ("note", "1"))),
    Entry(1, "b.com", (("company", "B"), ("note", ""))),
]
SPELLINGS = {
    "plain": PLAIN_TEXT.encode(),
    "without final line end": PLAIN_TEXT.rstrip("\n").encode(),
    "CRLF": PLAIN_TEXT.replace("\n", "\r\n").encode(),
    "CR": PLAIN_TEXT.replace("\n", "\r").encode(),
    "semicolon": PLAIN_TEXT.replace(",", ";").encode(),
    "tab": PLAIN_TEXT.replace(",", "\t").encode(),
    "UTF-8 with BOM": PLAIN_TEXT.encode("utf-8-sig"),
    "UTF-16 with BOM": PLAIN_TEXT.encode("utf-16"),
    "UTF-16 big-endian with BOM": b"\xfe\xff" + PLAIN_TEXT.encode("utf-16-be"),
    "UTF-16 without BOM": PLAIN_TEXT.encode("utf-16-le"),
    "UTF-16 big-endian without BOM": PLAIN_TEXT.encode("utf-16-be"),
    "UTF-16 with CRLF": PLAIN_TEXT.replace("\n", "\r\n").encode("utf-16"),
    "everything quoted": b'"company","domain","note"\n"\xc3\x84 GmbH","a.com","1"\n"B","b.com",""',
    "blank lines": b"\n" + PLAIN_TEXT.replace("\n", "\n\n").encode() + b",,\n \n",
    "spaces in the header": PLAIN_TEXT.replace("domain,", " Domain ,").encode(),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("body", SPELLINGS.values(), ids=SPELLINGS)
async def test_every_spelling_of_a_csv_gives_the_same_entries(body, size):
    assert await read(body, size=size) == EXPECTED


@pytest.mark.parametrize("size", SIZES)
async def test_a_quoted_cell_may_hold_delimiters_quotes_and_line_ends(size):
    body = 'note;domain\n"a; ""b""\r\nc";a.com\n"\n\n";b.com\n'
    assert await read(body, size=size) == [
        Entry(0, "a.com", (("note", 'a; "b"\nc'),)),
        Entry(1, "b.com", (("note", "\n\n"),)),
    ]


async def test_delimiters_inside_quotes_do_not_choose_the_delimiter():
    body = '"a,b,c,d";domain\n1;a.com\n'
    assert await read(body) == [Entry(0, "a.com", (("a,b,c,d", "1"),))]


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("domain,url,website,homepage,email", "1"),
        ("email,homepage,website,url,domain", "5"),
        ("x,homepage,WEBSITE", "3"),
        ("x,Homepage,email", "2"),
        ("x,y,E-Mail,Email", "4"),
        ("x,y,z", "1"),
    ],
)
async def test_the_column_is_the_first_known_name_or_else_the_first_one(header, text):
    (entry,) = await read(f"{header}\n1,2,3,4,5\n")
    assert entry.text == text


@pytest.mark.parametrize("column", ["site", "SITE", " site ", "2"])
async def test_a_column_can_be_asked_for_by_name_or_by_number(column):
    body = "domain,site,2nd\nno.example,yes.example,x\n"
    (entry,) = await read(body, column=column)
    assert entry.text == "yes.example"
    assert entry.columns == (("domain", "no.example"), ("2nd", "x"))


async def test_a_name_wins_over_a_number():
    (entry,) = await read("a,2,1\nno.example,no.example,yes.example\n", column="1")
    assert entry.text == "yes.example"


async def test_without_a_header_the_first_line_is_data_and_columns_have_numbers():
    assert await read("a.com,x\nb.com,y\n") == [
        Entry(0, "a.com", (("2", "x"),)),
        Entry(1, "b.com", (("2", "y"),)),
    ]


async def test_without_a_header_a_numbered_column_is_data_from_the_first_line_on():
    entries = await read("17,a.com\n18,b.com\n", column="2")
    assert [entry.text for entry in entries] == ["a.com", "b.com"]


async def test_columns_without_a_name_or_with_the_same_one_stay_apart():
    assert await read("domain,n,,n,2\na.com,1,2,3,4,5\n") == [
        Entry(0, "a.com", (("n", "1"), ("3", "2"), ("n_2", "3"), ("2", "4"), ("6", "5")))
    ]


async def test_a_short_row_has_no_domain_and_is_still_an_entry():
    assert await read("company,domain\nAcme\n") == [Entry(0, "", (("company", "Acme"),))]


@pytest.mark.parametrize(
    ("body", "rest", "pointer", "code"),
    [
        ("", {}, "", "empty"),
        ("domain,x\n", {}, "", "empty"),
        ("\n\n", {}, "", "empty"),
        (",,\na.com,,\n", {}, "/lines/1", "no_column"),
        ("a,b\n1,2\n", {"column": "c"}, "?column", "unknown"),
        ("a,b\n1,2\n", {"column": "3"}, "?column", "unknown"),
        ("a,b\n1,2\n", {"column": "0"}, "?column", "unknown"),
        ("a,b\n1,2\n", {"column": "9" * 5_000}, "?column", "unknown"),
        ('domain,x\na.com,1\nb.com,"2\nc.com,3\n', {}, "/lines/3", "bad_csv"),
        ('domain,x\na.com,"1"2\n', {}, "/lines/2", "bad_csv"),
        ("domain" + ",x" * 1_000 + "\na.com\n", {}, "/lines/1", "too_many_columns"),
        ("domain\na.com\nb.com" + "," * 1_000, {}, "/lines/3", "too_many_columns"),
        (b"domain\na.com\nb\xfc.de\nc.com\n", {}, "/lines/3", "bad_encoding"),
        (b"\xff\xfed\x00\n\x00\x00\xd8a\x00\n\x00", {}, "/lines/2", "bad_encoding"),
        (b"domain\nb\xc3", {}, "/lines/2", "bad_encoding"),
        ("domain\n" + "x" * 70_000, {}, "/lines/2", "too_long"),
        ('domain\n"' + "x\n" * 70_000, {}, "/lines/2", "bad_csv"),
    ],
)
@pytest.mark.parametrize("size", [1_000, 100_000])
async def test_a_csv_that_cannot_be_read_is_a_fault_with_its_place(body, rest, pointer, code, size):
    (fault,) = await faults_of(body, size=size, **rest)
    assert (fault.pointer, fault.code) == (pointer, code)


async def test_a_wanted_column_that_is_not_there_is_answered_with_those_that_are():
    (fault,) = await faults_of("company,site\nx,y\n", column="sites")
    assert fault.detail == (
        "there is no column 'sites', there are 'company', 'site'; did you mean \"site\"?"
    )


@pytest.mark.parametrize("size", SIZES)
async def test_plain_text_has_a_domain_per_line_blank_lines_and_comments(size):
    body = "\ufeff# ours\r\na.com\r\n\r\n  b.com \r\n#c.com\r\nnot a domain"
    entries = await read(body, PLAIN, size=size)
    assert entries == [Entry(0, "a.com"), Entry(1, "b.com"), Entry(2, "not a domain")]


async def test_plain_text_has_no_columns_to_ask_for():
    (fault,) = await faults_of("a.com\n", PLAIN, column="domain")
    assert fault.pointer == "?column"


@pytest.mark.parametrize("size", SIZES)
async def test_ndjson_lines_are_texts_or_objects(size):
    body = (
        '"a.com"\n\n{"n":1,"URL":"b.com","m":null,"o":{"p":[2]}}\r\n'
        '{"domain":"c.com","url":"d.com"}'
    )
    assert await read(body, NDJSON, size=size) == [
        Entry(0, "a.com"),
        Entry(1, "b.com", (("n", "1"), ("m", ""), ("o", '{"p":[2]}'))),
        Entry(2, "c.com", (("url", "d.com"),)),
    ]


async def test_an_ndjson_line_whose_domain_is_no_text_is_rejected():
    entries = await read('5\nnull\n["a.com"]\n{"domain":7,"x":"y"}\n', NDJSON)
    assert all(isinstance(entry, Rejected) for entry in entries)
    assert {entry.code for entry in entries} == {"not_text"}
    assert [entry.entry for entry in entries] == [
        Entry(0, "5"),
        Entry(1, "null"),
        Entry(2, '["a.com"]'),
        Entry(3, "7", (("x", "y"),)),
    ]


async def test_every_broken_ndjson_line_is_named():
    body = '"a.com"\n{"domain":\n{"x":"b.com"}\n"c.com"\n' + "[" * 2_000 + "\nNaN\n"
    faults = await faults_of(body, NDJSON)
    assert [(fault.pointer, fault.code) for fault in faults] == [
        ("/lines/2", "bad_json"),
        ("/lines/3", "no_column"),
        ("/lines/5", "bad_json"),
        ("/lines/6", "bad_json"),
    ]


async def test_the_columns_of_ndjson_are_bounded_over_all_lines():
    lines = [f'{{"domain":"d{number}.example","x{number}":1}}\n' for number in range(1_000)]
    assert len(await read("".join(lines[:999]), NDJSON)) == 999
    (fault,) = await faults_of("".join(lines), NDJSON)
    assert (fault.pointer, fault.code) == ("/lines/1000", "too_many_columns")


async def test_an_ndjson_member_can_be_asked_for():
    body = '{"domain":"no.example","site":"yes.example"}\n'
    (entry,) = await read(body, NDJSON, column="Site")
    assert entry == Entry(0, "yes.example", (("domain", "no.example"),))


@pytest.mark.parametrize("media_type", [CSV, PLAIN])
async def test_one_entry_too_many_is_refused(media_type):
    body = "a.com\nb.com\nc.com\n"
    assert len(await read(body, media_type, limit=3)) == 3
    (fault,) = await faults_of(body, media_type, limit=2)
    assert fault.code == "too_many"


async def test_slices_have_at_most_2000_rows():
    body = b"".join(b"example%d.com\n" % number for number in range(4_500))
    slices = [len(entries) async for entries in read_table(pieces(body, 1 << 20), PLAIN)]
    assert slices == [SLICE_ROWS, SLICE_ROWS, 500]


async def test_what_is_held_is_bounded_by_size_too():
    line = b"example.com," + b"x" * 60_000 + b"\n"
    body = line * 100
    async for entries in read_table(pieces(body, 65_536), CSV):
        held = sum(len(entry.columns[0][1]) for entry in entries)
        assert held <= SLICE_BYTES + 65_536


@given(st.binary(max_size=300), st.sampled_from([CSV, PLAIN, NDJSON]), st.integers(1, 300))
async def test_any_bytes_are_entries_or_faults_however_they_are_cut(body, media_type, size):
    async def outcome(cut: int):
        try:
            return await read(body, media_type, size=cut)
        except Invalid as invalid:
            return invalid.faults

    found = await outcome(1_000)
    assert found
    assert await outcome(size) == found
