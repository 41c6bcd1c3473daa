"""Where texts stand in a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.extract.sightings import Sought

FILLING = tuple(f"filling-{number}" for number in range(100))  # too many for a look beforehand


@pytest.mark.parametrize("more", [(), FILLING])
@given(
    st.lists(st.text("ab<ä", min_size=1, max_size=3), min_size=1, max_size=8),
    st.text("ab<ä", max_size=40),
)
def test_each_text_is_seen_wherever_it_stands(more, texts, page):
    source = page.encode()
    expected = {
        (text, at)
        for text in texts
        for at in range(len(source))
        if source.startswith(text.encode(), at)
    }
    assert set(Sought((*texts, *more)).sightings(source)) == expected


@pytest.mark.parametrize("shift", range(-7, 3))
def test_what_stands_where_a_piece_of_the_source_ends_is_seen_once(shift):
    source = b"x" * (64 * 1024 + shift) + b"needle" + b"x" * 70_000
    sought = Sought(("needle", "eed"))
    assert sorted(sought.sightings(source)) == [
        ("eed", 64 * 1024 + shift + 1),
        ("needle", 64 * 1024 + shift),
    ]
    assert Sought(("needle", "other")).among(source) == {"needle"}
