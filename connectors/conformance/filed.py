"""The questions about daily files, and about what many partners tell in no other way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from connectors.conformance.rig import START, Rig, Talk, need
from connectors.exchange import Marker
from connectors.files import EmptyDay
from connectors.port import Capability, Unreadable
from contracts.messages import AnyTold, BuyBackTold, RepaymentTold, WaiverTold

_BOUGHT_BACK, _FORGIVEN = 1_000_088, 1_000_089
"""Amounts by which a tester chooses the life of a loan, in fen."""
_DAYS = 500
_DAY = timedelta(days=1)


class Filed(Rig):
    """Capability by capability; one the dialect lacks is reported as not supported."""

    def test_buy_back_is_told_once(self, talk: Talk) -> None:
        """The whole claim is bought, with what the borrower has paid it is the loan, and nothing is left."""
        need(talk.connector, Capability.APPLY, Capability.DRAWDOWN, Capability.BUY_BACK)
        facts = _life(talk, _BOUGHT_BACK)
        (bought,) = [fact for fact in facts if isinstance(fact, BuyBackTold)]
        paid = sum(fact.principal_fen for fact in facts if isinstance(fact, RepaymentTold))
        (loan,) = talk.simulator.books()
        assert bought.loan_no == loan.loan_no
        assert bought.principal_fen + paid == loan.principal_fen
        assert bought.interest_fen > 0
        assert loan.outstanding_fen == 0

    def test_waiver_is_told_once(self, talk: Talk) -> None:
        """What is forgiven is told with its term, and is no money received."""
        need(talk.connector, Capability.APPLY, Capability.DRAWDOWN, Capability.WAIVER)
        facts = _life(talk, _FORGIVEN)
        (waived,) = [fact for fact in facts if isinstance(fact, WaiverTold)]
        assert (waived.period, waived.principal_fen) == (1, 0)
        assert waived.interest_fen > 0
        received = [fact for fact in facts if isinstance(fact, RepaymentTold)]
        assert [fact.interest_fen for fact in received if fact.period == waived.period] == [0]

    def test_daily_file_of_an_empty_day_tells_nothing(self, talk: Talk) -> None:
        """An empty day has its files and they say nothing, or by agreement it has none."""
        need(talk.connector, Capability.DAILY_FILE)
        marker = Marker(talk.connector.file_marker)
        talk.simulator.files(now=talk.now)
        talk.now = START.replace(day=START.day + 1, hour=23)
        files = talk.simulator.files(now=talk.now)
        names = [name for name, _ in files]
        contents = [item for item in files if not marker.is_marker(item[0])]
        assert all(marker.of(name) in names for name, _ in contents)
        layouts = getattr(talk.connector, "layouts", {}).values()
        told_by_nothing = [one.expected and one.expected.empty is EmptyDay.NOTHING for one in layouts]
        assert contents or (told_by_nothing and all(told_by_nothing))
        for name, content in contents:
            assert talk.connector.read_file(name, content, now=talk.now) == ()

    def test_daily_file_restated_tells_the_whole_day(self, talk: Talk) -> None:
        """A file that comes again under its name tells what it told before, alike, and what was missing."""
        need(talk.connector, Capability.APPLY, Capability.DRAWDOWN, Capability.DAILY_FILE)
        asks = [talk.drawing(serial, amount_fen=_COMPENSATED) for serial in (1, 2)]
        restate = getattr(talk.simulator, "restate", None)
        assert restate is not None, "a partner with files can be told to restate one"
        restate()
        for ask in asks:
            talk.ask(ask)
        told: dict[str, list[dict[str, AnyTold]]] = {}
        for name, content in _files(talk):
            facts = talk.connector.read_file(name, content, now=talk.now)
            told.setdefault(name, []).append({fact.event_id: fact for fact in facts})
        again = [versions for versions in told.values() if len(versions) > 1]
        assert again, "the switch was on, and no file came again"
        for first, *later in again:
            assert first.items() <= later[-1].items()
        assert any(len(first) < len(later[-1]) for first, *later in again)

    def test_daily_file_damaged_is_unreadable(self, talk: Talk) -> None:
        """Bytes that are no text of the file's encoding, and a name of no file of theirs, tell nothing."""
        need(talk.connector, Capability.APPLY, Capability.DRAWDOWN, Capability.DAILY_FILE)
        talk.ask(talk.drawing(amount_fen=_COMPENSATED))
        name, content = next(_files(talk))
        for bad in ((name, content + b"\xff\xff"), (name + ".bak", content), (f"../{name}", content)):
            with pytest.raises(Unreadable):
                talk.connector.read_file(*bad, now=talk.now)


_COMPENSATED = 1_000_084
"""Every partner with files tells a term that the guarantor paid, or a repayment, in one."""


def _life(talk: Talk, amount_fen: int) -> list[AnyTold]:
    talk.ask(talk.drawing(amount_fen=amount_fen))
    return list(talk.later(days=_DAYS))


def _files(talk: Talk) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the whole life of what was asked for, without markers."""
    marker = Marker(talk.connector.file_marker)
    while (due := talk.simulator.next_due()) is not None:
        talk.now = max(talk.now, due)
        yield from (file for file in talk.simulator.files(now=talk.now) if not marker.is_marker(file[0]))
    # What is owed of the last day comes with the files after it.
    talk.now += _DAY
    yield from (file for file in talk.simulator.files(now=talk.now) if not marker.is_marker(file[0]))
