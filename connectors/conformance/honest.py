"""The questions about an honest partner: one round trip per capability, and one identity per fact."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from connectors.conformance.errands import Errands
from connectors.conformance.filed import Filed
from connectors.conformance.orders import Orders
from connectors.conformance.rig import START, Talk, application, drawdown, need
from connectors.port import Capability, Verdict
from contracts.messages import (
    AnyTold,
    CompensationTold,
    CreditOutcome,
    CreditTold,
    DrawdownOutcome,
    DrawdownTold,
    PlanTold,
    QueryCredit,
    QueryDrawdown,
    QueryPlan,
    RefundKind,
    RefundTold,
    RepaymentKind,
    RepaymentTold,
)


class HonestPartner(Errands, Filed, Orders):
    """Capability by capability; one the dialect lacks is reported as not supported."""

    def test_apply_is_taken_once(self, talk: Talk) -> None:
        """The same request again, or the application under a new number, is taken and changes nothing."""
        need(talk.connector, Capability.APPLY)
        ask = application(1)
        assert talk.ask(ask, "R1") == ()
        assert talk.ask(ask, "R1") == ()
        assert talk.ask(ask, "R2") == ()
        decisions = [fact for fact in talk.later() if isinstance(fact, CreditTold)]
        assert [fact.subject for fact in decisions] == [ask.subject]

    def test_apply_is_written_from_its_arguments(self, talk: Talk) -> None:
        """Nothing but time and randomness, which are handed in, may vary: the form of the message never does.

        The bytes themselves may: RSA-OAEP draws its randomness inside the library.
        """
        need(talk.connector, Capability.APPLY)
        first, again = (
            talk.connector.write(application(1), request_no="R1", now=START, random=bytes) for _ in range(2)
        )
        assert (first.method, first.path) == (again.method, again.path)
        # Decoded: a signature's plus sign is longer in a form than its other characters.
        assert len(unquote_to_bytes(first.body)) == len(unquote_to_bytes(again.body))
        assert set(first.headers) == set(again.headers)

    def test_apply_is_approved(self, talk: Talk) -> None:
        """By whatever way it comes, an approval names the limit, the rate asked for and how long it holds."""
        need(talk.connector, Capability.APPLY)
        ask = application(1)
        told = talk.decided(ask)
        assert (told.subject, told.outcome) == (ask.subject, CreditOutcome.APPROVED)
        assert (told.limit_fen, told.annual_rate) == (ask.amount_fen, ask.annual_rate)
        assert told.valid_until is not None
        assert told.valid_until > START.date()

    def test_apply_is_declined(self, talk: Talk) -> None:
        """A decline says why."""
        need(talk.connector, Capability.APPLY)
        told = talk.decided(application(2, declined=True))
        assert told.outcome is CreditOutcome.DECLINED
        assert told.reason

    def test_credit_query(self, talk: Talk) -> None:
        """Unknown before it was sent, pending before the decision, and then the same fact as by callback."""
        need(talk.connector, Capability.CREDIT_QUERY)
        ask = application(1)
        query = QueryCredit(subject=ask.subject)
        assert _outcomes(talk.ask(query)) == [CreditOutcome.NOT_FOUND]
        talk.ask(ask)
        assert _outcomes(talk.ask(query)) in ([], [CreditOutcome.PENDING])
        by_callback = next(fact for fact in talk.later() if isinstance(fact, CreditTold))
        (by_query,) = talk.ask(query)
        assert isinstance(by_query, CreditTold)
        assert by_query.event_id == by_callback.event_id
        assert (by_query.credit_no, by_query.limit_fen) == (by_callback.credit_no, by_callback.limit_fen)

    def test_drawdown_is_paid_once(self, talk: Talk) -> None:
        """Sent twice and under two numbers, paid once, for the amount and to the number asked."""
        need(talk.connector, Capability.APPLY, Capability.DRAWDOWN)
        ask = talk.drawing()
        assert talk.ask(ask, "D1") == talk.ask(ask, "D1") == talk.ask(ask, "D2") == ()
        paid = [fact for fact in talk.later(days=3) if isinstance(fact, DrawdownTold)]
        assert [(fact.subject, fact.outcome, fact.amount_fen) for fact in paid] == [
            (ask.subject, DrawdownOutcome.DISBURSED, ask.amount_fen)
        ]
        assert [loan.principal_fen for loan in talk.simulator.books()] == [ask.amount_fen]

    def test_drawdown_query(self, talk: Talk) -> None:
        """Unknown, pending, and then the same fact as by callback or file."""
        need(talk.connector, Capability.DRAWDOWN, Capability.DRAWDOWN_QUERY)
        ask = talk.drawing()
        query = QueryDrawdown(subject=ask.subject, credit_no=ask.credit_no)
        assert _outcomes(talk.ask(query)) == [DrawdownOutcome.NOT_FOUND]
        talk.ask(ask)
        assert _outcomes(talk.ask(query)) in ([], [DrawdownOutcome.PENDING])
        told = next(fact for fact in talk.later() if isinstance(fact, DrawdownTold))
        asked = talk.ask(query)[0]
        assert isinstance(asked, DrawdownTold)
        assert asked.event_id == told.event_id
        assert (asked.loan_no, asked.amount_fen, asked.disbursed_on) == (
            told.loan_no,
            told.amount_fen,
            told.disbursed_on,
        )

    def test_plan_repays_the_principal(self, talk: Talk) -> None:
        """By whatever way it comes, the plan's principal is the loan's, and its days go forward."""
        need(talk.connector, Capability.APPLY, Capability.DRAWDOWN)
        assert talk.ask(talk.drawing()) == ()
        facts = list(talk.later(days=3))
        told = next(fact for fact in facts if isinstance(fact, DrawdownTold))
        plan = next(fact for fact in facts if isinstance(fact, PlanTold))
        assert plan.loan_no == told.loan_no
        assert sum(term.principal_fen for term in plan.terms) == told.amount_fen
        days = [term.due_on for term in plan.terms]
        assert days == sorted(set(days))

    def test_plan_query(self, talk: Talk) -> None:
        """The plan when asked is the plan as told."""
        need(talk.connector, Capability.PLAN_QUERY)
        assert talk.ask(talk.drawing()) == ()
        told = next(fact for fact in list(talk.later(days=3)) if isinstance(fact, PlanTold))
        assert talk.ask(QueryPlan(subject="loan_1", loan_no=told.loan_no)) == (told,)

    def test_movements_agree_with_the_partners_books(self, talk: Talk) -> None:
        """Every kind of movement is told, each once, and together they are what the partner's books say."""
        need(talk.connector, Capability.APPLY, Capability.DRAWDOWN)
        asks = [application(serial) for serial in range(1, 251)]
        for ask in asks:
            talk.ask(ask)
        facts = list(talk.later(days=1))
        by_subject = {ask.subject: ask for ask in asks}
        for fact in list(facts):
            if isinstance(fact, CreditTold) and fact.credit_no is not None:
                talk.ask(drawdown(by_subject[fact.subject], fact.credit_no))
        facts += talk.later()
        assert len({fact.event_id for fact in facts}) == len(facts)
        seen = {fact.how for fact in facts if isinstance(fact, RepaymentTold)}
        assert seen == set(RepaymentKind)
        assert {fact.what for fact in facts if isinstance(fact, RefundTold)} == set(RefundKind)
        assert any(isinstance(fact, CompensationTold) for fact in facts)
        for loan in talk.simulator.books():
            assert loan.outstanding_fen == _outstanding(loan.loan_no, facts)
            assert loan.outstanding_fen == 0

    def test_callback_is_sent_until_it_is_received(self, talk: Talk) -> None:
        """A busy answer brings the same message again, under the same number and with the same facts."""
        need(talk.connector, Capability.APPLY, Capability.CREDIT_CALLBACK)
        talk.ask(application(1))
        talk.now = talk.simulator.next_due() or talk.now
        first = talk.hear(Verdict.BUSY)
        again = talk.hear(Verdict.REFUSED)
        assert first == again == talk.hear(Verdict.RECEIVED)
        assert talk.simulator.callbacks(now=talk.now) == []


def _outcomes(facts: tuple[object, ...]) -> list[object]:
    return [fact.outcome for fact in facts if isinstance(fact, CreditTold | DrawdownTold)]


def _outstanding(loan_no: str, facts: Sequence[AnyTold]) -> int:
    """Return what the facts leave outstanding on a loan, in fen."""
    left = 0
    for fact in facts:
        match fact:
            case DrawdownTold(loan_no=number, amount_fen=int(amount)) if number == loan_no:
                left += amount
            case RepaymentTold(loan_no=number, how=how) if number == loan_no:
                left -= fact.principal_fen if how is not RepaymentKind.AFTER_COMPENSATION else 0
            case CompensationTold(loan_no=number) if number == loan_no:
                left -= fact.principal_fen
            case RefundTold(loan_no=number, what=RefundKind.DISBURSEMENT) if number == loan_no:
                left -= fact.principal_fen
            case RefundTold(loan_no=number) if number == loan_no:
                left += fact.principal_fen
    return left
