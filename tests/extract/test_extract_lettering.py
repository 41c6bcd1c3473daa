"""Texts as they are searched."""

from hypothesis import given
from hypothesis import strategies as st

from skybatch.extract.lettering import lower_spaced


@given(st.text() | st.text(st.characters(max_codepoint=255)))
def test_lower_case_with_single_spaces_is_what_str_makes_of_it(text):
    assert lower_spaced(text) == " ".join(text.lower().split())
