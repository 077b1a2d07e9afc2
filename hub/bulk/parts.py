"""An agreement as columns: one for each part a clause gives a party of a kind of row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import narwhals as nw

from contracts.agreement import (
    RECEIVED,
    Agreement,
    Base,
    CapitalSplit,
    CostFirst,
    Residual,
    RiskReserve,
    ShareOfReceived,
    ShareOnDisbursement,
)
from contracts.money import ratio, whole_weights
from hub.bulk.rows import AMOUNTS, TAKES_BACK, RowKind
from hub.bulk.whole import Columns, Room, divide, least, lit, mirrored, most, progress, split
from hub.domain.sharing import LineKind
from hub.domain.sharing.share import COMPENSATION, RECOVERY


@dataclass(frozen=True, slots=True)
class Output:
    """What a column is: the counterparty owes the party this part of the base, by the clause."""

    kind: LineKind
    clause: str
    party: str
    counterparty: str
    base: Base


@dataclass(slots=True)
class Parts:
    """The parts of one kind of row, in the order in which `share` would list their lines.

    A part is the column `part_N` of output N.
    """

    agreement: Agreement
    kind: RowKind
    room: Room
    outputs: list[Output] = field(default_factory=list)
    columns: Columns = field(default_factory=Columns)

    def give(self, output: Output, part: nw.Expr) -> nw.Expr:
        """Add a part; returns its column, for what comes after."""
        self.outputs.append(output)
        return self.columns.keep(part, f"part_{len(self.outputs) - 1}")


def parts(agreement: Agreement, kind: RowKind, room: Room | None = None) -> Parts:
    """Return the parts of a kind of row under an agreement.

    Raises TooLarge when a clause's numbers could leave the range in which all engines are exact.
    """
    made = Parts(agreement, kind, room or Room())
    _KINDS[kind](made)
    return made


def _disbursed(made: Parts) -> None:
    terms, amount = made.agreement, nw.col("principal_fen")
    clause = terms.capital_split
    weights = whole_weights(terms.weights)
    made.room.check(made.room.amount_fen * sum(weights), f"{clause.id}: amount x weights")
    for share, part in zip(terms.capital, split(amount, weights, clause.remainder), strict=True):
        made.give(Output(LineKind.CONTRIBUTION, clause.id, share.party, terms.partner, Base.DISBURSED), part)
    for other in terms.by_pot[Base.DISBURSED]:
        if isinstance(other, ShareOnDisbursement):
            output = Output(LineKind.UPFRONT, other.id, other.receiver, other.payer, Base.DISBURSED)
        elif isinstance(other, RiskReserve):
            output = Output(LineKind.RESERVE_HELD, other.id, other.holder, other.payer, Base.DISBURSED)
        else:
            continue
        top, bottom = ratio(other.fraction)
        made.room.check(2 * made.room.amount_fen * top + bottom, f"{other.id}: amount x fraction")
        made.give(output, divide(amount * top, bottom, other.rounding))


def _received(made: Parts) -> None:
    _returned(made)
    for base in RECEIVED[1:]:
        _pot(made, base)


def _returned(made: Parts) -> None:
    """Principal goes back by cumulative rounding; nobody pays in."""
    terms = made.agreement
    funders = range(len(terms.capital))
    principal = nw.col("principal_fen")
    clause = terms.capital_split.id
    outputs = [
        Output(LineKind.RETURN, clause, share.party, terms.partner, Base.PRINCIPAL) for share in terms.capital
    ]
    if len(outputs) == 1:
        made.give(outputs[0], principal)
        return
    made.room.check(3 * made.room.amount_fen**2, f"{clause}: capital x returned")
    back = [nw.col(f"back_{place}") for place in funders]
    done = principal
    for before in back:
        done = done + before
    targets = progress(made.columns, [nw.col(f"put_{place}") for place in funders], made.columns.keep(done))
    if len(outputs) == 2:  # what one does not get is the other's
        first = made.give(outputs[0], least(most(targets[0] - back[0], lit(0)), principal))
        made.give(outputs[1], principal - first)
        return
    owed = [made.columns.keep(target - before) for target, before in zip(targets, back, strict=True)]
    # A funder a fen ahead after a partial refund waits; the others bear it, from the last.
    short = lit(0)
    for part in owed:
        short = short + most(lit(0) - part, lit(0))
    lifted: list[nw.Expr] = []
    for place in reversed(funders):
        part = most(owed[place], lit(0))
        cut = least(part, short)
        lifted.append(part - cut)
        short = made.columns.keep(short - cut)
    moved = nw.col("principal_fen") > 0
    for output, part in zip(outputs, reversed(lifted), strict=True):
        made.give(output, nw.when(moved).then(part).otherwise(lit(0)))


def _pot(made: Parts, base: Base) -> None:
    """The clauses of a pot take their parts in order; the last takes the rest."""
    amount = nw.col(f"{base}_fen")
    left = amount
    for clause in made.agreement.by_pot[base]:
        if isinstance(clause, CapitalSplit):
            _by_capital(made, clause.id, base, left)
        elif isinstance(clause, CostFirst):
            left = left - made.give(_share(made, clause.id, clause.party, base), _cost(made, clause, left))
        elif isinstance(clause, ShareOfReceived):
            part = _fraction(made, clause, amount, left)
            left = left - made.give(_share(made, clause.id, clause.party, base), part)
        elif isinstance(clause, Residual):
            made.give(_share(made, clause.id, clause.party, base), left)


def _cost(made: Parts, clause: CostFirst, left: nw.Expr) -> nw.Expr:
    top, bottom = ratio(clause.rate)
    largest = 2 * top * made.room.amount_fen * made.room.days
    made.room.check(largest + bottom * clause.day_count, f"{clause.id}: rate x balance x days")
    exact = nw.col("opening_fen") * nw.col("days") * top
    due = divide(exact, bottom * clause.day_count, clause.rounding) - nw.col(f"taken_{clause.id}")
    return least(most(due, lit(0)), left)


def _fraction(made: Parts, clause: ShareOfReceived, amount: nw.Expr, left: nw.Expr) -> nw.Expr:
    top, bottom = ratio(clause.fraction)
    made.room.check(2 * made.room.amount_fen * top + bottom, f"{clause.id}: amount x fraction")
    due = divide(amount * top, bottom, clause.rounding)
    if clause.least_fen:
        due = most(due, nw.when(amount > 0).then(lit(clause.least_fen)).otherwise(lit(0)))
    if clause.most_fen is not None:
        due = least(due, lit(clause.most_fen))
    return least(due, left)


def _by_capital(made: Parts, clause: str, base: Base, amount: nw.Expr) -> None:
    terms = made.agreement
    weights = whole_weights(terms.weights)
    made.room.check(made.room.amount_fen * sum(weights), f"{clause}: amount x weights")
    for share, part in zip(terms.capital, split(amount, weights, terms.capital_split.remainder), strict=True):
        made.give(_share(made, clause, share.party, base), part)


def _compensated(made: Parts) -> None:
    """The funders are made whole; the guarantor has claims, and draws on the reserves."""
    terms = made.agreement
    guarantor = terms.stands_in
    if guarantor is None:
        return
    _returned(made)
    for base in (Base.INTEREST, Base.PENALTY):
        _by_capital(made, COMPENSATION, base, nw.col(f"{base}_fen"))
    pots = (Base.PRINCIPAL, Base.INTEREST, Base.PENALTY)
    left = lit(0)
    for base in pots:
        output = Output(LineKind.CLAIM, COMPENSATION, guarantor, terms.partner, base)
        left = left + made.give(output, nw.col(f"{base}_fen"))
    for clause in terms.by_pot[Base.DISBURSED]:
        if isinstance(clause, RiskReserve):
            output = Output(LineKind.RESERVE_DRAWN, clause.id, guarantor, clause.holder, Base.DISBURSED)
            left = left - made.give(output, least(left, nw.col(f"held_{clause.id}")))


def _recovered(made: Parts) -> None:
    """All is the guarantor's: first what it paid, then what has accrued since."""
    terms = made.agreement
    guarantor = terms.stands_in
    if guarantor is None:
        return
    for base, name in zip(RECEIVED, AMOUNTS, strict=True):
        met = made.give(
            Output(LineKind.RECOVERY, RECOVERY, guarantor, terms.partner, base),
            least(nw.col(name), nw.col(f"claim_{base}")),
        )
        made.give(_share(made, RECOVERY, guarantor, base), nw.col(name) - met)


def _refunded(made: Parts) -> None:
    """Each pot's lines give back what is refunded between them, in proportion to all refunded so far."""
    outputs = parts(made.agreement, TAKES_BACK[made.kind], made.room).outputs
    for base, name in zip(RECEIVED, AMOUNTS, strict=True):
        places = [place for place, output in enumerate(outputs) if output.base is base]
        if places:
            _mirror(made, outputs, places, nw.col(name))
    _in_order(made, outputs)


def _cancelled(made: Parts) -> None:
    """Capital and reserves are mirrored, and shares on disbursement still within their window."""
    outputs = parts(made.agreement, RowKind.DISBURSED, made.room).outputs
    capital = [place for place, output in enumerate(outputs) if output.kind is LineKind.CONTRIBUTION]
    paid, back = _mirror(made, outputs, capital, nw.col("principal_fen"))
    windows = {
        clause.id: clause.refund_window_days
        for clause in made.agreement.clauses
        if isinstance(clause, ShareOnDisbursement)
    }
    for place, output in enumerate(outputs):
        if place in capital:
            continue
        target = divide(nw.col(f"was_{place}") * back, most(paid, lit(1)))
        part = lit(0) - (target - nw.col(f"gone_{place}"))
        if output.kind is LineKind.UPFRONT:
            part = nw.when(nw.col("days") <= windows[output.clause]).then(part).otherwise(lit(0))
        made.columns.keep(part, f"mirror_{place}")
    _in_order(made, outputs)


def _mirror(
    made: Parts, outputs: list[Output], places: list[int], amount: nw.Expr
) -> tuple[nw.Expr, nw.Expr]:
    """Take an amount back from the lines at `places`; returns what they were, and what is now back of it."""
    paid, gone = lit(0), lit(0)
    for place in places:
        paid = paid + nw.col(f"was_{place}")
        gone = gone + nw.col(f"gone_{place}")
    whole, back = made.columns.keep(paid), made.columns.keep(gone + amount)
    targets = mirrored(made.columns, [nw.col(f"was_{place}") for place in places], back, whole)
    for place, target in zip(places, targets, strict=True):
        part = nw.when(amount > 0).then(nw.col(f"gone_{place}") - target).otherwise(lit(0))
        made.columns.keep(part, f"mirror_{place}")
    return whole, back


def _in_order(made: Parts, outputs: list[Output]) -> None:
    for place, output in enumerate(outputs):
        made.give(output, nw.col(f"mirror_{place}"))


def _share(made: Parts, clause: str, party: str, base: Base) -> Output:
    return Output(LineKind.SHARE, clause, party, made.agreement.partner, base)


_KINDS: Mapping[RowKind, Callable[[Parts], None]] = {
    RowKind.DISBURSED: _disbursed,
    RowKind.RECEIVED: _received,
    RowKind.COMPENSATED: _compensated,
    RowKind.RECOVERED: _recovered,
    RowKind.REFUNDED: _refunded,
    RowKind.RECOVERY_REFUNDED: _refunded,
    RowKind.CANCELLED: _cancelled,
}
