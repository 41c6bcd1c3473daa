"""The mark of the page being read, and the last words, over the death of their process."""

import signal
import subprocess
import sys
import textwrap

import pytest

from skybatch.model.recovery import Suspect
from skybatch.recorder.crash import LastWords
from skybatch.recorder.mark import Mark

PAGE = Suspect("job-1", 3, "http://shop.example/p\u00e4ge")


@pytest.fixture
def mark(tmp_path):
    mark = Mark(tmp_path)
    yield mark
    mark.close()


def left_in(folder):
    mark = Mark(folder)
    try:
        return mark.left()
    finally:
        mark.close()


def test_there_is_a_mark_only_while_a_page_is_read(mark, tmp_path):
    assert left_in(tmp_path) is None
    with mark.around(PAGE):
        assert left_in(tmp_path) == PAGE
    assert left_in(tmp_path) is None


def test_a_page_that_raises_takes_its_mark_along(mark, tmp_path):
    with pytest.raises(ZeroDivisionError), mark.around(PAGE):
        raise ZeroDivisionError
    assert left_in(tmp_path) is None


def test_a_short_mark_over_a_long_one_is_read_whole(mark, tmp_path):
    with mark.around(Suspect("job-1", 1, "http://shop.example/" + "x" * 2_000)):
        pass
    with mark.around(PAGE):
        assert left_in(tmp_path) == PAGE


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_the_mark_outlives_its_process(tmp_path, number):
    program = f"""
        import os
        from pathlib import Path
        from skybatch.model.recovery import Suspect
        from skybatch.recorder.crash import LastWords
        from skybatch.recorder.mark import Mark
        words = LastWords(Path({str(tmp_path)!r}))
        def read_a_page():
            os.kill(os.getpid(), {int(number)})
        with Mark(Path({str(tmp_path)!r})).around(Suspect("job-1", 3, "http://shop.example/")):
            read_a_page()
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert ended.returncode == -number
    assert left_in(tmp_path) == Suspect("job-1", 3, "http://shop.example/")
    for _ in range(2):  # the second start finds them too, when the first could not tell them
        words = LastWords(tmp_path)
        words.close()
        heard = "in read_a_page" in words.left()
        assert heard == (number == signal.SIGSEGV), "nobody hears a kill -9"
    words.told()
    assert words.left() == ""
