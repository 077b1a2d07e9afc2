"""Every dialect is measured at both its moments, against the cryptography of the very message."""

from __future__ import annotations

import pytest

from benchmarks.connectors import HALF, cases, recorded, scene
from benchmarks.measure import measure
from connectors import registry
from signing import protection, signature


@pytest.mark.parametrize("dialect", registry.names())
def test_a_dialect_has_both_figures_and_its_cryptography_can_be_called_again(dialect: str) -> None:
    found = list(cases(dialect))
    assert [case.name.partition(":")[0] for case in found] == [dialect] * 2
    for case in found:
        case.ours()
        if callable(case.floor):
            case.floor()


def test_the_share_of_cryptography_is_between_nothing_and_all() -> None:
    ask, callback = cases("sorted_form")
    figure = measure(ask, seconds=0.05, rounds=1)
    assert ask.goal == HALF
    assert figure.ratio is not None
    assert 0 < figure.ratio < 1.2
    assert callback.goal is None  # an RSA signature is merely verified


def test_the_signing_package_is_left_as_it_was() -> None:
    engines, encrypt = dict(signature._BY_VALUE), protection.encrypt
    with recorded() as calls:
        scene("sorted_form").write()
    assert calls
    assert engines == signature._BY_VALUE
    assert protection.encrypt is encrypt
