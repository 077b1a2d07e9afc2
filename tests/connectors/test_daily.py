"""The nine families of daily files in our words: their samples, what is written is told, and every trap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import daily
from connectors.exchange import Marker
from connectors.files import EmptyDay, Layout, Means, Tells
from connectors.files.library import library, load_family
from connectors.port import Unreadable
from connectors.simulation.books import (
    BoughtBack,
    Compensated,
    Loan,
    Movement,
    Paid,
    Transfer,
    Transferred,
    Waived,
)
from connectors.simulation.filing import Filing
from contracts.messages import AnyTold, DrawdownTold, PlanTold, RepaymentKind
from contracts.programme import RepaymentMethod

DAY = date(2026, 1, 5)
NOON = datetime(2026, 1, 5, 4, tzinfo=UTC)
TOLD: Mapping[str, tuple[str, ...]] = {
    "compensation_20260105.txt": ("compensation 1 83333 1646 0", "compensation 2 166666 3292 190"),
    "bank_loan_create_20260105.txt": ("drawdown disbursed 300000", "drawdown disbursed 600000"),
    "bank_period_create_20260105.txt": ("plan 1", "plan 1"),
    "bank_repay_period_20260105.txt": ("normal 1 83333 1646 0", "partial 2 166666 3292 190"),
    "bank_repay_loan_20260105.txt": ("early None 83333 1646 0", "early None 166666 3292 190"),
    "20260105.open.csv": ("drawdown disbursed 84979", "drawdown failed 169958"),
    "20260105.repay_plan.csv": ("plan 1", "plan 1"),
    "20260105.loan_rate.csv": (),
    "20260105.repay_item.csv": ("normal 1 83333 1646 0", "early None 166666 3292 190"),
    "20260105.reduce.csv": ("waiver 1 83333 1646 0", "waiver 2 166666 3292 169958"),
    "PLAN20260105.txt": ("plan 1", "plan 1"),
    "REPAY20260105.txt": ("normal 1 83333 1646 0", "early None 166666 3292 190"),
    "20260105-claim.txt": ("compensation 1 83333 1646 0", "compensation 2 166666 3292 190"),
    "20260105-buyback.txt": ("buy_back - 83333 1646 0", "buy_back - 166666 3292 190"),
    "20260105-disInterest.txt": ("waiver 1 0 1646 0", "waiver 2 0 3292 0"),
    "JC_repayment_acct_20260105.txt": ("normal 1 83333 1646 0", "early None 166666 3292 190"),
    "zyxfA108_20260105.dat": ("normal None 83333 1646 0", "early None 166666 3292 190"),
    "repay_plan_T2026001_20260105.txt": ("plan 1", "plan 1"),
    "repay_loan_details_T2026001_20260105.txt": ("early None 83333 1646 0", "early None 166666 3292 190"),
    "repay_term_details_T2026001_20260105.txt": ("normal 1 83333 1646 0", "partial 2 166666 3292 190"),
    "exempt_loan_details_T2026001_20260105.txt": ("waiver None 83333 1646 0", "waiver None 166666 3292 190"),
    "exempt_term_details_T2026001_20260105.txt": ("waiver 1 83333 1646 0", "waiver 2 166666 3292 190"),
    "loan_detail_20260105.txt": ("drawdown disbursed 84979", "drawdown disbursed 169958"),
    "repay_plan_20260105.txt": ("plan 1", "plan 1"),
    "repay_loan_detail_20260105.txt": ("early None 83333 1646 0", "early None 166666 3292 190"),
    "repay_instmnt_detail_20260105.txt": ("normal 1 83333 1646 0", "partial 2 166666 3292 190"),
    "instmnt_daily_20260105.txt": (),
}


def samples() -> dict[str, tuple[str, bytes]]:
    """Return family and content of every sample, by its name."""
    folder = files("connectors.files") / "samples"
    return {
        file.name: (family, file.read_bytes()) for family in library() for file in (folder / family).iterdir()
    }


SAMPLES = samples()


def said(fact: AnyTold) -> str:
    if isinstance(fact, DrawdownTold):
        return f"drawdown {fact.outcome} {fact.amount_fen}"
    if isinstance(fact, PlanTold):
        return f"plan {len(fact.terms)}"
    money = [getattr(fact, name) for name in ("principal_fen", "interest_fen", "penalty_fen")]
    return " ".join(map(str, (getattr(fact, "how", fact.kind), getattr(fact, "period", "-"), *money)))


def told(name: str, was: bytes = b"", becomes: bytes = b"") -> tuple[AnyTold, ...]:
    family, content = SAMPLES[name]
    assert not was or was in content
    return daily.read(load_family(family), name, content.replace(was, becomes))


@pytest.mark.parametrize("name", TOLD)
def test_a_sample_in_our_words(name: str) -> None:
    assert tuple(map(said, told(name))) == TOLD[name]


def test_every_sample_is_told() -> None:
    assert SAMPLES.keys() == TOLD.keys()


AMOUNTS = st.integers(0, 10**9)
PARTS = st.tuples(AMOUNTS, AMOUNTS, AMOUNTS)


@st.composite
def movements(draw: st.DrawFn) -> list[Movement]:
    """Return movements of one day, each on a loan of its own."""
    made: list[Movement] = []
    for number in range(draw(st.integers(0, 4))):
        loan = Loan(
            f"L{number:06d}", f"d{number}", "c", 1, Decimal("0.1"), 6, RepaymentMethod.EQUAL_PRINCIPAL
        )
        period, (principal, interest, late) = draw(st.integers(1, 60)), draw(PARTS)
        serial = f"S{number:06d}"
        how = draw(st.sampled_from([*RepaymentKind, Compensated, BoughtBack, Waived]))
        if isinstance(how, RepaymentKind):
            term = None if how is RepaymentKind.EARLY else period
            made.append(Paid(NOON, DAY, loan, serial, how, term, principal, interest, late))
        elif how is BoughtBack:
            made.append(BoughtBack(NOON, DAY, loan, serial, principal, interest, late))
        else:
            made.append(how(NOON, DAY, loan, serial, period, principal, interest, late))
    return made


def filed(family: str, events: list[Movement | Transferred]) -> list[AnyTold]:
    """Return what the files of a day tell that has these events."""
    filing = Filing(load_family(family), ".ok")
    filing.open(NOON)
    for event in events:
        filing.note(event)
    placed = filing.placed(NOON + timedelta(days=1))
    return [
        fact
        for name, content in placed
        if not Marker(".ok").is_marker(name)
        for fact in daily.read(load_family(family), name, content)
    ]


def means_of(event: Movement) -> Means:
    if isinstance(event, Paid):
        return Means(event.how)
    by_type = {Compensated: Means.COMPENSATION, BoughtBack: Means.BUY_BACK, Waived: Means.WAIVER}
    return by_type[type(event)]


@pytest.mark.parametrize("family", library())
@settings(max_examples=30)
@given(events=movements())
def test_what_a_partner_writes_is_what_we_are_told(family: str, events: list[Movement]) -> None:
    """Each event the family has a file for is one fact, with every fen where it was."""
    layouts = load_family(family).values()
    expected = sorted(
        (event.loan.loan_no, getattr(event, "period", None), event.principal_fen, event.interest_fen)
        for event in events
        if any(layout.tells and layout.tells.has(means_of(event)) for layout in layouts)
        # One family has no column for what else is forgiven than interest.
        and not (family == "claims_gbk" and isinstance(event, Waived))
    )
    facts = [
        fact for fact in filed(family, [*events]) if not (family == "claims_gbk" and fact.kind == "waiver")
    ]
    found = sorted(
        (fact.loan_no, getattr(fact, "period", None), fact.principal_fen, fact.interest_fen)  # type: ignore[union-attr]
        for fact in facts
    )
    assert found == expected
    penalties = sum(fact.penalty_fen for fact in facts)  # type: ignore[union-attr]
    assert penalties == sum(
        getattr(event, "penalty_fen", 0)
        for event in events
        if event.loan.loan_no in {loan_no for loan_no, *_ in expected}
    )


@pytest.mark.parametrize("family", ["counted_plus", "titled_csv", "daily_rate"])
def test_a_disbursement_is_told_with_its_whole_plan(family: str) -> None:
    loan = Loan("L1", "draw_1", "C1", 1_000_001, Decimal("0.12"), 6, RepaymentMethod.EQUAL_INSTALMENT)
    loan.transfer, loan.disbursed_on = Transfer.DONE, DAY
    paid, plan = filed(family, [Transferred(NOON, loan)])
    assert isinstance(paid, DrawdownTold)
    assert (paid.subject, paid.loan_no, paid.amount_fen) == ("draw_1", "L1", 1_000_001)
    assert isinstance(plan, PlanTold)
    assert [(t.period, t.due_on, t.principal_fen, t.interest_fen) for t in plan.terms] == [
        (t.period, t.due_on, t.principal_fen, t.interest_fen) for t in loan.terms()
    ]


@pytest.mark.parametrize("family", library())
def test_an_empty_day_tells_nothing_and_has_files_unless_agreed_otherwise(family: str) -> None:
    filing = Filing(load_family(family), ".ok")
    filing.open(NOON)
    names = [name for name, _ in filing.placed(NOON + timedelta(days=1))]
    told_by_files = [one for one in load_family(family).values() if one.expected]
    due = [one for one in told_by_files if one.expected and one.expected.empty is EmptyDay.FILE]
    assert len(names) == 2 * len(due)
    assert filed(family, []) == []


TRAPS = {
    "fen for yuan, and no point": ("compensation_20260105.txt", b"|833.33|", b"|833.333|", "line 1, column"),
    "yuan for fen": ("repay_plan_20260105.txt", b"|83333|", b"|833.33|", "line 2, column prin_amt"),
    "another number of rows": (
        "bank_repay_period_20260105.txt",
        b"|+|2\n",
        b"|+|3\n",
        "the file announces 3",
    ),
    "fewer objects": ("zyxfA108_20260105.dat", b'"sum_bs":2', b'"sum_bs":1', "the file announces 1"),
    "another total": ("20260105-claim.txt", b"|2551.27", b"|2551.28", "the file's total_fen is 255128"),
    "parts that are not the whole": (
        "JC_repayment_acct_20260105.txt",
        b"|849.79|",
        b"|849.78|",
        "row 1: the parts of the money do not add up",
    ),
    "less than its parts": (
        "zyxfA108_20260105.dat",
        b":849.79,",
        b":849.78,",
        "row 1: the parts of the money",
    ),
    "no trailing bar": ("JC_repayment_acct_20260105.txt", b"||\n", b"|\n", "line 1: "),
    "utf-8 for gbk": (
        "20260105-claim.txt",
        "测试甲".encode("gbk"),
        "测试".encode() + b"\xff",
        "the file is not",
    ),
    "another day's name": ("zyxfA108_20260105.dat", b'"20260105"', b'"20260106"', "the day in the header"),
    "a delimiter in a name": ("20260105-claim.txt", "测试甲".encode("gbk"), b"a|b", "line 1: 17 columns"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_seen(trap: str) -> None:
    name, was, becomes, why = TRAPS[trap]
    with pytest.raises(Unreadable) as caught:
        told(name, was, becomes)
    assert caught.value.reason.startswith(why)


def test_a_code_nobody_knows_is_kept_and_the_rest_is_read() -> None:
    name = "JC_repayment_acct_20260105.txt"
    strange, known = told(name, b"|1|01|", b"|1|77|")
    assert (strange.kind, strange.event_id) == ("unclear", "unclear/file/LN20260105001/S20260105001/77")
    assert said(known) == "early None 166666 3292 190"


def test_a_file_without_a_newline_at_its_end_is_whole() -> None:
    name = "compensation_20260105.txt"
    family, content = SAMPLES[name]
    assert daily.read(load_family(family), name, content.rstrip(b"\n")) == told(name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"of": {}},
        {"of": {}, "means": "normal", "by": "x"},
        {"of": {}, "means": "normal", "rest": "penalty_fen"},
        {"of": {}, "means": "normal", "total": "x", "rest": "loan_no"},
    ],
)
def test_what_rows_tell_must_make_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"means|rest"):
        Tells(**wrong)  # type: ignore[arg-type]


def test_what_rows_tell_stands_in_columns_there_are() -> None:
    with pytest.raises(ValueError, match="columns that they have"):
        Layout(name="a", columns=("loan_no",), tells=Tells(of={"serial": ("no",)}, means=Means.NORMAL))  # type: ignore[arg-type]
