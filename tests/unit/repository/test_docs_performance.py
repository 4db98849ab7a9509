"""docs/performance.md and its plots against the figures that `make bench` has kept."""

import pytest

from hack.bench import page
from hack.bench.results import Results

RESULTS = Results.read(page.RESULTS)


def test_the_tables_are_those_of_the_results() -> None:
    text = page.PAGE.read_text()
    assert page.page(text, RESULTS) == text, "run `python -m hack.bench.page`"


@pytest.mark.parametrize("name", page.PLOTS)
def test_a_plot_is_that_of_the_results(name: str) -> None:
    drawn = page.plots(RESULTS)[name]
    assert drawn == (page.FOLDER / name).read_text(), "run `python -m hack.bench.page`"


@pytest.mark.parametrize("name", page.PLOTS)
def test_the_page_shows_a_plot(name: str) -> None:
    assert f"]({page.FOLDER.name}/{name})" in page.PAGE.read_text()
