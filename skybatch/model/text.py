"""Text of unknown origin, made fit to be stored and sent."""

LONGEST = 20_000  # characters of a stack that are kept at each end


def storable(text: str) -> str:
    """What UTF-8 can carry, and its beginning and its end when it is long."""
    if len(text) > 2 * LONGEST:
        cut = len(text) - 2 * LONGEST
        text = f"{text[:LONGEST]}\n[{cut} characters left out]\n{text[-LONGEST:]}"
    return text.encode("utf-8", "replace").decode()
