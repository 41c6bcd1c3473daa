"""The sites that every storm spares, and the figures of the long run."""

import pytest

from tests.weather.figures import LONG, PAGE, Figures
from tests.weather.scene import open_sites


@pytest.fixture(scope="package")
def sites():
    site = open_sites()
    yield site
    site.stop()


@pytest.fixture(scope="session")
def figures(request):
    counted = Figures()
    yield counted
    if LONG:
        failed = request.session.testsfailed
        counted.write(PAGE, f"Tests that failed: {failed}.")
