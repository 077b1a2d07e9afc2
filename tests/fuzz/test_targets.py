"""Every fuzz target holds on its seeds, on what former searches kept, and on damaged versions of both."""

from __future__ import annotations

import importlib.util

import pytest

from tests.fuzz.corpus import FOLDER, LONGEST, MOST, kept
from tests.fuzz.targets import TARGETS
from tests.signing.mutations import COUNT, mutants


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_kept_inputs(name: str) -> None:
    target = TARGETS[name]
    for one in [b"", *target.seeds, *kept(name)]:
        target.run(one)
    assert len(target.seeds) > 1


@pytest.mark.parametrize("name", TARGETS)
def test_mutants_of_seeds(name: str) -> None:
    target = TARGETS[name]
    inputs = [one for one in [*target.seeds, *kept(name)] if one]
    for at, one in enumerate(inputs):
        for mutant in mutants(one, seed=at, count=COUNT // len(inputs) + 1):
            target.run(mutant)


def test_the_corpus_is_small_and_belongs_to_targets() -> None:
    for path in FOLDER.iterdir():
        inputs = kept(path.stem)
        assert path.stem in TARGETS
        assert len(inputs) <= MOST
        assert all(len(one) <= LONGEST for one in inputs)


def test_the_guided_search_is_possible_or_said_to_be_skipped() -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed: it wants Python >= 3.12 and loanhub[fuzz]")
    from tests.fuzz.run import _searched

    assert _searched("form", seconds=2, keep=False, guided=True)
