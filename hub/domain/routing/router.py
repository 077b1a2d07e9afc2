"""Programmes compiled once for many decisions, each the same as the straightforward one.

For every check that depends on the case only through a key, the programmes that pass are one integer, a bit
each, remembered by key. What may fund a case is then the conjunction of a score of integers, whatever the
number of programmes; the state of the day and the price are looked at for those that are left. Nothing here
decides by itself: what is remembered are the verdicts of `filters`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final, TypeVar

from contracts.programme import Programme
from hub.domain.calendar import shanghai
from hub.domain.reasons import Reason
from hub.domain.routing import filters
from hub.domain.routing.case import NO_USE, Moment, QuotaUse, RoutingCase
from hub.domain.routing.costing import Tariff, millionths, priced, tariff, volume_steps
from hub.domain.routing.decide import NO_PRICES, assembled, too_dear
from hub.domain.routing.ranking import Rank, bid, rank, ranked
from hub.domain.routing.record import Candidate, Decision, Refusal
from hub.domain.schedule import outstanding_fen_months

KEYS_MAX: Final = 512
"""Verdicts and tariffs remembered of one kind; beyond it they are forgotten and found again."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The best programme without the record: what it costs in fen, and its bid."""

    programme: Programme
    cost_fen: int
    bid_fen: int


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one check says of all programmes: those that pass, a bit each, and why not of the others."""

    passing: int
    reasons: tuple[tuple[int, Reason], ...]


_Compiled = tuple[filters.Refuse, filters.Key, dict[Hashable, _Verdict]]


class Router:
    """A fixed list of programme versions, compiled. Not changed by use, but for what it remembers."""

    def __init__(self, programmes: Sequence[Programme]) -> None:
        self.programmes = tuple(programmes)
        self._all = (1 << len(self.programmes)) - 1
        self._checks: list[_Compiled] = [(c.refuse, c.key(self.programmes), {}) for c in filters.FIXED]
        self._asked = [filters.asked(programme) for programme in self.programmes]
        self._headroom = [programme.margin_min * 1_000_000 for programme in self.programmes]
        self._steps = [volume_steps(programme) for programme in self.programmes]
        self._tariffs: list[dict[tuple[int, str | None, int], Tariff]] = [{} for _ in self.programmes]
        self._months: dict[tuple[int, Decimal, int, str], int] = {}

    def choose(
        self,
        case: RoutingCase,
        usage: Mapping[str, QuotaUse],
        *,
        now: datetime,
        prices: Mapping[str, Decimal] = NO_PRICES,
    ) -> Choice | None:
        """Return what `decide` would choose, without saying why; see `decide`."""
        here = shanghai(now)
        day, hour = here.date(), here.time()
        base = self._base(case)
        room = case.annual_rate * 1_000_000
        left = self._passing(case, day, hour)
        best: Rank | None = None
        found: Choice | None = None
        while left:
            lowest = left & -left
            at = lowest.bit_length() - 1
            left ^= lowest
            programme = self.programmes[at]
            use = usage.get(programme.id, NO_USE)
            moment = Moment(day, hour, use)
            if any(refuse(case, programme, moment) is not None for refuse in self._asked[at]):
                continue
            fen = self._tariff(at, case, use).total(base, case.amount_fen)
            if room - millionths(fen, base) < self._headroom[at]:
                continue
            worth = bid(programme, case, prices)
            place = rank(programme, fen + worth)
            if best is None or place < best:
                best, found = place, Choice(programme, fen, worth)
        return found

    def decide(
        self,
        case: RoutingCase,
        usage: Mapping[str, QuotaUse],
        *,
        now: datetime,
        prices: Mapping[str, Decimal] = NO_PRICES,
    ) -> Decision:
        """Return the whole record: what `route` returns for the same arguments, and raises."""
        here = shanghai(now)
        day, hour = here.date(), here.time()
        base = self._base(case)
        told: list[list[Reason]] = [[] for _ in self.programmes]
        for check in self._checks:
            for at, why in self._verdict(check, case, day, hour).reasons:
                told[at].append(why)
        allowed: list[tuple[Rank, Candidate]] = []
        refused: list[Refusal] = []
        for at, programme in enumerate(self.programmes):
            use = usage.get(programme.id, NO_USE)
            moment = Moment(day, hour, use)
            reasons = told[at]
            for refuse in self._asked[at]:
                if (unfit := refuse(case, programme, moment)) is not None:
                    reasons.append(unfit)
            if not reasons:
                cost = priced(self._tariff(at, case, use), base, case.amount_fen)
                dear = too_dear(case, programme, cost)
                if dear is None:
                    allowed.append(ranked(programme, cost, case, prices))
                    continue
                reasons.append(dear)
            refused.append(Refusal(programme.id, programme.version, programme.partner, tuple(reasons)))
        return assembled(case, self.programmes, usage, now, prices, allowed, refused)

    def _base(self, case: RoutingCase) -> int:
        key = (case.amount_fen, case.annual_rate, case.term_months, case.method)
        base = self._months.get(key)
        if base is None:
            base = outstanding_fen_months(*key)
            _remember(self._months, key, base)
        return base

    def _passing(self, case: RoutingCase, day: date, hour: time) -> int:
        left = self._all
        for check in self._checks:
            left &= self._verdict(check, case, day, hour).passing
            if not left:
                return 0
        return left

    def _verdict(self, check: _Compiled, case: RoutingCase, day: date, hour: time) -> _Verdict:
        refuse, key_of, known = check
        key = key_of(case, day, hour)
        verdict = known.get(key)
        if verdict is None:
            moment = Moment(day, hour, NO_USE)
            told = [(at, refuse(case, programme, moment)) for at, programme in enumerate(self.programmes)]
            reasons = tuple((at, why) for at, why in told if why is not None)
            verdict = _Verdict(self._all & ~sum(1 << at for at, _ in reasons), reasons)
            _remember(known, key, verdict)
        return verdict

    def _tariff(self, at: int, case: RoutingCase, use: QuotaUse) -> Tariff:
        steps = self._steps[at]
        key = (case.term_months, case.tier, bisect_right(steps, use.monthly_fen) if steps else 0)
        charged = self._tariffs[at].get(key)
        if charged is None:
            charged = tariff(self.programmes[at], case.term_months, case.tier, use.monthly_fen)
            _remember(self._tariffs[at], key, charged)
        return charged


_K = TypeVar("_K")
_V = TypeVar("_V")


def _remember(memory: dict[_K, _V], key: _K, value: _V) -> None:
    if len(memory) >= KEYS_MAX:
        memory.clear()
    memory[key] = value
