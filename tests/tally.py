"""Counts the shared vectors that were run and those that gave the expected result, and prints them per file.

A test marked `vectors(file)` that reads it counts as one; a test that loops over a file takes the fixture
`tally` and counts each case with `with tally(file, name):`. The counts travel in the reports, so parallel
runs add up too. `pytest -m vectors` runs them all.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

Tally = Callable[[str, object], AbstractContextManager[None]]
PROPERTY = "vectors"
# Only a test that reads the file through one of these counts; its neighbours in the module do not.
_READERS = {"vector", "vectors", "case"}
RUN, PASSED = 0, 1
_COUNTS = pytest.StashKey[dict[str, list[int]]]()


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark and start at nothing."""
    config.addinivalue_line("markers", "vectors(file): the test runs vectors of this shared file")
    config.stash[_COUNTS] = {}
    config.pluginmanager.register(_Counter(config.stash[_COUNTS]), "vector-counter")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what counts by itself, so that `-m vectors` finds it."""
    for item in items:
        if "tally" in getattr(item, "fixturenames", ()):
            item.add_marker(PROPERTY)


class _Counter:
    def __init__(self, counts: dict[str, list[int]]) -> None:
        self._counts = counts

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up what a test says at its end."""
        if report.when == "teardown":
            for name, value in report.user_properties:
                if name == PROPERTY:
                    file, run, passed = str(value).split("|")
                    counts = self._counts.setdefault(file, [0, 0])
                    counts[RUN] += int(run)
                    counts[PASSED] += int(passed)


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Count one vector: run when the block is entered, passed when it is left without an error.

    A vector that fails does not keep the others from being run; the test fails at its end.
    """
    counts: dict[str, list[int]] = {}
    failures: list[str] = []

    @contextmanager
    def count(file: str, name: object) -> Iterator[None]:
        found = counts.setdefault(file, [0, 0])
        found[RUN] += 1
        try:
            yield
        except (Exception, pytest.fail.Exception) as error:
            failures.append(f"{file} {name}: {type(error).__name__} {error}")
        else:
            found[PASSED] += 1

    yield count
    for file, (run, passed) in counts.items():
        request.node.user_properties.append((PROPERTY, f"{file}|{run}|{passed}"))
    if failures:
        pytest.fail("\n".join(failures), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A marked test that reads the file is one vector."""
    report = yield
    mark = item.get_closest_marker(PROPERTY)
    used = set(getattr(item, "fixturenames", ()))
    if mark is not None and call.when == "call" and not report.skipped and used & _READERS:
        item.user_properties.append((PROPERTY, f"{mark.args[0]}|1|{int(report.passed)}"))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, when vectors were run."""
    counts = config.stash[_COUNTS]
    if not counts:
        return
    terminalreporter.section("shared vectors: run, passed")
    for file, (run, passed) in sorted(counts.items()):
        terminalreporter.line(f"{file:52} {run:6} {passed:6}{'' if run == passed else '  FAILED'}")
