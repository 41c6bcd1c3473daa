"""Server-Sent Events as the HTML Standard reads them (9.2.6), with no code of skybatch."""

import json
from dataclasses import dataclass, field


@dataclass
class Message:
    type: str
    data: str
    last_id: str

    @property
    def json(self):
        return json.loads(self.data)


@dataclass
class SseReader:
    """Fed with bytes as they come, cut anywhere."""

    messages: list[Message] = field(default_factory=list)
    comments: int = 0
    retry_ms: list[int] = field(default_factory=list)
    last_id: str = ""
    _id: str = ""
    _rest: bytes = b""
    _type: str = ""
    _data: list[str] = field(default_factory=list)

    def feed(self, chunk: bytes) -> list[Message]:
        """The messages that are whole now."""
        before = len(self.messages)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            assert b"\r" not in line
            self._line(line.decode())
        return self.messages[before:]

    def _line(self, line: str) -> None:
        if not line:
            self.last_id = self._id  # only now: of what was half read nothing counts
            if self._data:
                self.messages.append(Message(self._type, "\n".join(self._data), self.last_id))
            self._type, self._data = "", []
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "":
                self.comments += 1
            case "event":
                self._type = value
            case "data":
                self._data.append(value)
            case "id":
                self._id = value
            case "retry":
                self.retry_ms.append(int(value))
            case _:
                raise AssertionError(f"no such field: {line!r}")

    def cut_off(self) -> None:
        """The connection has ended."""
        self._rest, self._id, self._type, self._data = b"", self.last_id, "", []

    @property
    def ids(self) -> list[int]:
        """Of all messages that have one of their own."""
        return [message.json["id"] for message in self.messages if message.json["id"] is not None]
