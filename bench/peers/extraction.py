"""Our extraction, for peers that take any."""

from skybatch.extract.reading import read
from skybatch.model.facts import RawPage, Reading


def reading(url: str, body: bytes, content_type: str | None) -> Reading:
    """What a page says, and where it leads; its body as it is without a content coding."""
    return read(
        RawPage(
            url=url,
            body=body,
            content_type=content_type,
            content_encoding=None,
            language=None,
            was_cut=False,
            max_bytes=3 * 1024 * 1024,
        )
    )
