"""The questions about bad weather: answers lost on either side, news before the answer, strange texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.conformance.rig import Rig, Talk, application, drawdown, need
from connectors.port import Answer, Capability, Forged, Rejected, Uncertain, Unreadable
from contracts.messages import (
    ApplyForCredit,
    CreditOutcome,
    CreditTold,
    DrawdownOutcome,
    DrawdownTold,
    Hint,
    QueryCredit,
)
from contracts.sensitive import PersonName

RARE_NAME = "𠮷野家㛃"
"""Characters beyond GBK and beyond the first plane: names such as 㛃 are borne by people."""

_MEGABYTE = 1 << 20
_FINAL = {CreditOutcome.APPROVED, CreditOutcome.DECLINED}


class StormyPartner(Rig):
    """Whatever is lost, late or early, the partner holds one application and one loan, and we know it."""

    def test_apply_lost_on_the_way_is_not_found(self, talk: Talk) -> None:
        """A timeout before acceptance: the partner knows nothing of it, and the same bytes may go."""
        need(talk.connector, Capability.APPLY, Capability.CREDIT_QUERY)
        ask = application(1)
        lost = talk.connector.write(ask, request_no="R1", now=talk.now, random=talk.random)
        told = talk.ask(QueryCredit(subject=ask.subject))
        assert [fact.outcome for fact in told if isinstance(fact, CreditTold)] == [CreditOutcome.NOT_FOUND]
        answer = talk.simulator.handle(lost, now=talk.now)
        assert talk.connector.read_answer(ask, answer, now=talk.now) == ()

    def test_apply_whose_answer_is_lost_is_taken_once(self, talk: Talk) -> None:
        """A timeout after acceptance: the same bytes again are the same application, decided once."""
        need(talk.connector, Capability.APPLY)
        ask = application(1)
        talk.lose(ask, "R1")
        assert talk.ask(ask, "R1") == ()
        told = [fact for fact in talk.later() if isinstance(fact, CreditTold) and fact.outcome in _FINAL]
        assert [fact.subject for fact in told] == [ask.subject]

    def test_drawdown_whose_answer_is_lost_is_paid_once(self, talk: Talk) -> None:
        """The most expensive timeout there is: sent again it pays nothing more."""
        need(talk.connector, Capability.APPLY, Capability.DRAWDOWN)
        ask = talk.drawing()
        talk.lose(ask, "D1")
        assert talk.ask(ask, "D1") == ()
        paid = [fact for fact in talk.later(days=3) if isinstance(fact, DrawdownTold)]
        assert [fact.outcome for fact in paid] == [DrawdownOutcome.DISBURSED]
        assert [loan.principal_fen for loan in talk.simulator.books()] == [ask.amount_fen]

    def test_credit_callback_before_the_answer_is_believed(self, talk: Talk) -> None:
        """News that overtake the answer stand by themselves, and the late answer takes nothing back."""
        need(talk.connector, Capability.APPLY, Capability.CREDIT_CALLBACK)
        ask = application(1)
        request = talk.connector.write(ask, request_no="R1", now=talk.now, random=talk.random)
        answer = talk.simulator.handle(request, now=talk.now)
        sent = talk.now
        talk.now = talk.simulator.next_due() or talk.now
        (told,) = [fact for fact in talk.hear() if isinstance(fact, CreditTold)]
        assert (told.subject, told.outcome) == (ask.subject, CreditOutcome.APPROVED)
        assert talk.connector.read_answer(ask, answer, now=sent) == ()

    def test_credit_callbacks_out_of_order_are_the_same_facts(self, talk: Talk) -> None:
        """Heard in either order, two decisions keep their numbers and their subjects."""
        need(talk.connector, Capability.APPLY, Capability.CREDIT_CALLBACK)
        for serial in (1, 2):
            assert talk.ask(application(serial)) == ()
        talk.now += timedelta(minutes=3)
        calls = talk.simulator.callbacks(now=talk.now)
        assert len(calls) == 2
        forwards = [talk.connector.read_callback(kind, call, now=talk.now) for kind, call in calls]
        backwards = [talk.connector.read_callback(kind, call, now=talk.now) for kind, call in calls[::-1]]
        assert forwards == backwards[::-1]

    def test_drawdown_before_the_approval_pays_nothing(self, talk: Talk) -> None:
        """A drawdown that overtakes its approval is refused or in doubt, and no money moves."""
        need(talk.connector, Capability.APPLY, Capability.DRAWDOWN)
        with pytest.raises((Rejected, Uncertain)):
            talk.ask(drawdown(application(1), "no-such-credit"))
        assert list(talk.simulator.books()) == []

    def test_drawdown_hint_is_no_more_than_a_hint(self, talk: Talk) -> None:
        """Where money is told by a hint, the hint moves none: it names the drawdown to ask about."""
        need(talk.connector, Capability.DRAWDOWN, Capability.DRAWDOWN_HINT)
        ask = talk.drawing()
        assert talk.ask(ask) == ()
        talk.now = talk.simulator.next_due() or talk.now
        ((kind, call),) = talk.simulator.callbacks(now=talk.now)
        (told,) = talk.connector.read_callback(kind, call, now=talk.now).facts
        assert isinstance(told, Hint)
        assert told.subject == ask.subject

    @pytest.mark.parametrize(
        "page",
        [
            Answer(
                200, {"content-type": "application/json; charset=gbk"}, '{"msg":"系统繁忙"}'.encode("gbk")
            ),
            Answer(
                200,
                {"content-type": "application/xml"},
                '<?xml version="1.0" encoding="GBK"?><错/>'.encode("gbk"),
            ),
            Answer(200, {"content-type": "application/json"}, b'{"msg":"' + b"x" * _MEGABYTE + b'"}'),
        ],
        ids=["gbk-json", "gbk-xml", "a-megabyte"],
    )
    def test_apply_answered_with_a_strange_text_is_uncertain(self, talk: Talk, page: Answer) -> None:
        """Text in GBK and a field of a megabyte, from nobody we know, prove nothing."""
        need(talk.connector, Capability.APPLY)
        with pytest.raises(Uncertain):
            talk.connector.read_answer(application(1), page, now=talk.now)

    def test_apply_with_a_rare_name_arrives(self, talk: Talk) -> None:
        """A name that GBK cannot spell is written and taken, or refused before it leaves; never mangled."""
        need(talk.connector, Capability.APPLY)
        try:
            assert talk.ask(_named(application(3), RARE_NAME)) == ()
        except Unreadable:
            return
        told = [fact for fact in talk.later() if isinstance(fact, CreditTold) and fact.outcome in _FINAL]
        assert [fact.subject for fact in told] == ["att_3"]

    def test_apply_answered_with_a_megabyte_in_one_field_is_bounded(self, talk: Talk) -> None:
        """Even an authentic answer of that size takes nothing with it, and is no yes and no no."""
        need(talk.connector, Capability.APPLY)
        payload = self.strange_answer.replace(b"?", b"x" * _MEGABYTE)
        answer = talk.answered(application(1), payload)
        with pytest.raises((Uncertain, Unreadable)):
            talk.connector.read_answer(application(1), answer, now=talk.now)

    @pytest.mark.parametrize("skew", [timedelta(seconds=30), timedelta(seconds=-8)])
    def test_credit_callback_from_a_clock_slightly_off_is_believed(self, talk: Talk, skew: timedelta) -> None:
        """Two clocks never agree to the second: seconds late or early are no forgery."""
        need(talk.connector, Capability.APPLY, Capability.CREDIT_CALLBACK)
        assert talk.ask(application(1)) == ()
        talk.now = talk.simulator.next_due() or talk.now
        ((kind, call),) = talk.simulator.callbacks(now=talk.now)
        assert talk.connector.read_callback(kind, call, now=talk.now + skew).facts

    def test_credit_callback_with_a_megabyte_more_is_forged(self, talk: Talk) -> None:
        """A message that grew by a megabyte is not the one that was signed."""
        need(talk.connector, Capability.APPLY, Capability.CREDIT_CALLBACK)
        assert talk.ask(application(1)) == ()
        talk.now = talk.simulator.next_due() or talk.now
        ((kind, call),) = talk.simulator.callbacks(now=talk.now)
        with pytest.raises((Forged, Unreadable)):
            talk.connector.read_callback(kind, replace(call, body=call.body + b"x" * _MEGABYTE), now=talk.now)


def _named(ask: ApplyForCredit, name: str) -> ApplyForCredit:
    who = ask.applicant.model_copy(update={"name": PersonName(name)})
    return ask.model_copy(update={"applicant": who})
