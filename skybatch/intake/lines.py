"""Turns a streamed body into lines of text, whatever its encoding and line ends."""

import codecs
import io
import re

from skybatch.errors import Fault, Invalid

MAX_LINE = 65_536  # characters; a domain and its columns are far shorter

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_END = re.compile("\r\n|\r|\n")
_HEAD = 4  # bytes that tell the encoding


def line_fault(line: int, code: str, detail: str) -> Fault:
    """A fault of a streamed body; `line` counts from 1, as editors do."""
    return Fault(f"/lines/{line}", code, f"line {line} {detail}")


class Lines:
    """Bytes in pieces of any size in, whole lines out; holds the last, unfinished line only."""

    def __init__(self) -> None:
        self._head = b""
        self._encoding = ""
        self._decoder: io.IncrementalNewlineDecoder | None = None
        self._rest = ""
        self._count = 0  # lines given out

    def feed(self, chunk: bytes, *, is_last: bool = False) -> list[str]:
        """The lines that this piece completes, each with its `\\n`; the very last may lack it.

        `\\r\\n` and `\\r` become `\\n`. Raises Invalid, naming the line, for bytes that are no
        text and for a line of over 65,536 characters.
        """
        if self._decoder is None:
            self._head += chunk
            if len(self._head) < _HEAD and not is_last:
                return []
            chunk = self._open()
        lines = self._split(self._rest + self._decode(chunk, is_last=is_last), is_last=is_last)
        for number, line in enumerate((*lines, self._rest), self._count + 1):
            if len(line) > MAX_LINE:
                fault = line_fault(number, "too_long", f"has over {MAX_LINE:,} characters")
                raise Invalid((fault,))
        self._count += len(lines)
        return lines

    def _open(self) -> bytes:
        """Choose the encoding; returns what is to be decoded first."""
        head, self._head = self._head, b""
        self._encoding, begin = _encoding(head)
        decoder = codecs.getincrementaldecoder(self._encoding)("strict")
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        return head[begin:]

    def _decode(self, chunk: bytes, *, is_last: bool) -> str:
        if self._decoder is None:
            raise RuntimeError("nothing was opened")
        try:
            return self._decoder.decode(chunk, final=is_last)
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(self._encoding)
            line = self._count + 1 + len(_LINE_END.findall(good))
            detail = f"is not {self._encoding.upper()} text"
            raise Invalid((line_fault(line, "bad_encoding", detail),)) from error

    def _split(self, text: str, *, is_last: bool) -> list[str]:
        lines = io.StringIO(text, newline="\n").readlines()
        unfinished = bool(lines) and not lines[-1].endswith("\n") and not is_last
        self._rest = lines.pop() if unfinished else ""
        return lines


def _encoding(head: bytes) -> tuple[str, int]:
    """The encoding that the first bytes show, and where the text begins."""
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name, len(bom)
    even, odd = head[0:_HEAD:2], head[1:_HEAD:2]
    if odd and not any(odd) and all(even):
        return "utf-16-le", 0
    if odd and not any(even) and all(odd):
        return "utf-16-be", 0
    return "utf-8", 0
