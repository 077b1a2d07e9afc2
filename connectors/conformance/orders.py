"""The questions about accounts and money orders: carried out once, told once, believed only when proven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.conformance.rig import START, Rig, Talk, application, need
from connectors.exchange import Marker
from connectors.port import NEEDS, Answer, Call, Capability, Forged, Rejected, Uncertain, Unreadable, Verdict
from connectors.simulation.desk import Desk, Notice
from contracts.messages import (
    AccountOutcome,
    AccountTold,
    AgreementOutcome,
    AgreementTold,
    AnyAsk,
    AnyTold,
    BalanceTold,
    ConfirmCode,
    Debit,
    FreezeFunds,
    FundsAction,
    OneTimeCode,
    OpenAccount,
    OrderOutcome,
    OrderTold,
    PayOut,
    QueryBalance,
    QueryOrder,
    RefundOrder,
    SignDebit,
    TransferFunds,
    Unclear,
)

FUNDED = "100000000001"
"""The account at a simulated depository that has money from the beginning."""
_LATER = timedelta(hours=1)


class Orders(Rig):
    """Capability by capability; one the dialect lacks is reported as not supported."""

    def test_account_opening(self, talk: Talk) -> None:
        """Opened once: the same number of ours has the same account for ever."""
        need(talk.connector, Capability.ACCOUNT_OPENING)
        first, again = _open(talk), _open(talk)
        assert first == again
        assert (first.subject, first.outcome) == ("user_1", AccountOutcome.OPEN)

    def test_balance_query(self, talk: Talk) -> None:
        """What may be moved is what is there and not frozen; nobody's account has no balance."""
        need(talk.connector, Capability.BALANCE_QUERY)
        told = _balance(talk, FUNDED)
        assert told.account_no == FUNDED
        assert 0 < told.available_fen == told.total_fen - told.frozen_fen
        nobodys = QueryBalance(subject="x", account_no="nobody's")
        assert not any(isinstance(fact, BalanceTold) for fact in talk.ask(nobodys))

    def test_transfer_moves_money_once(self, talk: Talk) -> None:
        """Sent twice and under two numbers, it is in the account once."""
        need(talk.connector, Capability.TRANSFER, Capability.BALANCE_QUERY)
        account_no = _open(talk).account_no or ""
        ask = _transfer("t_1", account_no, 100_001)
        assert talk.ask(ask, "T1") == talk.ask(ask, "T1") == talk.ask(ask, "T2") == ()
        assert _outcomes(_settled(talk, "t_1")) == [OrderOutcome.DONE]
        told = _balance(talk, account_no)
        assert (told.total_fen, told.available_fen, told.frozen_fen) == (100_001, 100_001, 0)

    def test_transfer_above_the_balance_fails(self, talk: Talk) -> None:
        """A failure says why, and moves nothing."""
        need(talk.connector, Capability.TRANSFER, Capability.BALANCE_QUERY)
        account_no = _open(talk).account_no or ""
        back = _transfer("t_1", FUNDED, 1).model_copy(update={"from_account": account_no})
        assert talk.ask(back) == ()
        (failed,) = _settled(talk, "t_1")
        assert failed.outcome is OrderOutcome.FAILED
        assert failed.reason
        assert _balance(talk, account_no).total_fen == 0

    def test_funds_freeze(self, talk: Talk) -> None:
        """What is frozen stays and cannot be moved until it is released."""
        need(talk.connector, Capability.FUNDS_FREEZE, Capability.TRANSFER, Capability.BALANCE_QUERY)
        account_no = _open(talk).account_no or ""
        talk.ask(_transfer("t_1", account_no, 1_000))
        _settled(talk, "t_1")
        freeze = FreezeFunds(subject="f_1", action=FundsAction.FREEZE, account_no=account_no, amount_fen=600)
        talk.ask(freeze)
        assert _outcomes(_settled(talk, "f_1")) == [OrderOutcome.DONE]
        told = _balance(talk, account_no)
        assert (told.total_fen, told.available_fen, told.frozen_fen) == (1_000, 400, 600)
        release = {"subject": "f_2", "action": FundsAction.RELEASE, "original": "f_1"}
        talk.ask(freeze.model_copy(update=release))
        assert _outcomes(_settled(talk, "f_2")) == [OrderOutcome.DONE]
        assert _balance(talk, account_no).available_fen == 1_000

    def test_debit_agreement(self, talk: Talk) -> None:
        """The code is sent, a wrong one signs nothing, the right one gives the number that debits name."""
        need(talk.connector, Capability.DEBIT_AGREEMENT)
        (sent,) = talk.ask(_signing())
        assert isinstance(sent, AgreementTold)
        assert sent.outcome is AgreementOutcome.CODE_SENT
        with pytest.raises((Rejected, Uncertain)):
            talk.ask(ConfirmCode(subject="sign_1", code=OneTimeCode("000000")))
        assert _signed(talk)

    def test_debit_without_agreement_is_refused(self, talk: Talk) -> None:
        """Nobody's money is taken without his word."""
        need(talk.connector, Capability.DEBIT)
        with pytest.raises(Rejected):
            talk.ask(Debit(subject="d_1", agreement_no="nobody's", amount_fen=100, purpose="term 1"))

    def test_debit_takes_money_once(self, talk: Talk) -> None:
        """Done for the amount asked; a failure says why."""
        need(talk.connector, Capability.DEBIT, Capability.DEBIT_AGREEMENT)
        agreement_no = _signed(talk)
        for subject, amount_fen, outcome in (
            ("d_1", 10_001, OrderOutcome.DONE),
            ("d_2", 10_099, OrderOutcome.FAILED),
        ):
            ask = Debit(subject=subject, agreement_no=agreement_no, amount_fen=amount_fen, purpose="term 1")
            assert talk.ask(ask) == talk.ask(ask) == ()
            (told,) = _settled(talk, subject)
            assert told.outcome is outcome
            done = told.outcome is OrderOutcome.DONE
            assert told.amount_fen == amount_fen if done else told.reason

    def test_payout_to_person_and_merchant(self, talk: Talk) -> None:
        """An entrusted payment goes to the merchant, any other to the card."""
        need(talk.connector, Capability.PAYOUT)
        for ask in (_payout("p_1", 500_000), _entrusted("p_2", 700_000)):
            assert talk.ask(ask) == ()
            (told,) = _settled(talk, ask.subject)
            assert (told.outcome, told.amount_fen) == (OrderOutcome.DONE, ask.amount_fen)

    def test_payout_that_comes_back_is_another_fact(self, talk: Talk) -> None:
        """退票: what was done is not corrected, it is followed by its return."""
        need(talk.connector, Capability.PAYOUT, Capability.ORDER_CALLBACK)
        talk.ask(_payout("p_1", 500_098))
        told = [fact for fact in talk.later(days=3) if isinstance(fact, OrderTold)]
        by_identity = {fact.event_id: fact.outcome for fact in told}
        assert list(by_identity.values()) == [OrderOutcome.DONE, OrderOutcome.RETURNED]

    def test_payment_refund(self, talk: Talk) -> None:
        """No more is given back than was taken, in however many parts."""
        need(talk.connector, Capability.PAYMENT_REFUND, Capability.DEBIT, Capability.DEBIT_AGREEMENT)
        talk.ask(Debit(subject="d_1", agreement_no=_signed(talk), amount_fen=10_001, purpose="term 1"))
        _settled(talk, "d_1")
        for subject, amount_fen in (("r_1", 4_000), ("r_2", 6_001)):
            talk.ask(RefundOrder(subject=subject, original="d_1", amount_fen=amount_fen, reason="twice"))
            assert _outcomes(_settled(talk, subject)) == [OrderOutcome.DONE]
        with pytest.raises(Rejected):
            talk.ask(RefundOrder(subject="r_3", original="d_1", amount_fen=1, reason="twice"))

    def test_order_query(self, talk: Talk) -> None:
        """Unknown before it was sent, pending, and then the same fact as by callback."""
        need(talk.connector, Capability.ORDER_QUERY)
        query = QueryOrder(subject="o_1")
        assert _outcomes(talk.ask(query)) == [OrderOutcome.NOT_FOUND]
        talk.ask(simplest_order(talk, "o_1"))
        assert _outcomes(talk.ask(query)) == [OrderOutcome.PENDING]
        told = [fact for fact in talk.later(days=1) if isinstance(fact, OrderTold)]
        asked = talk.ask(query)
        assert _outcomes(asked) == [OrderOutcome.DONE]
        assert {fact.event_id for fact in told} == {fact.event_id for fact in asked}

    def test_order_shows_no_personal_value(self, talk: Talk) -> None:
        """Whoever sees the request sees no name, number, phone or card."""
        need(talk.connector, Capability.SEALED_REQUESTS)
        if talk.connector.capabilities.isdisjoint({Capability.ACCOUNT_OPENING, Capability.DEBIT_AGREEMENT}):
            need(talk.connector, Capability.ACCOUNT_OPENING)
        opens = Capability.ACCOUNT_OPENING in talk.connector.capabilities
        ask = _opening() if opens else _signing()
        request = talk.connector.write(ask, request_no="R1", now=talk.now, random=talk.random)
        seen = request.body + request.path.encode() + repr(dict(request.headers)).encode()
        for value in (ask.name, ask.id_number, ask.mobile, ask.bank_card):
            assert value.reveal().encode() not in seen

    def test_order_answer_is_believed_only_whole(self, talk: Talk, stranger: Desk) -> None:
        """A damaged answer, and another partner's, prove nothing."""
        need(talk.connector, Capability.ORDER_QUERY)
        ask = simplest_order(talk, "o_1")
        request = talk.connector.write(ask, request_no="R1", now=talk.now, random=talk.random)
        answer = talk.simulator.handle(request, now=talk.now)
        other = talk.answered(ask, self.strange_answer, stranger)
        pages = [replace(answer, body=body) for body in _damaged(answer.body)]
        for page in (other, Answer(502, {}, b"<html>Bad Gateway</html>"), *pages):
            with pytest.raises(Uncertain):
                talk.connector.read_answer(ask, page, now=talk.now)

    def test_order_answered_with_an_unknown_code_is_uncertain(self, talk: Talk) -> None:
        """The partner may have taken it; a query answered so leaves everything pending."""
        need(talk.connector, Capability.ORDER_QUERY)
        ask = simplest_order(talk, "o_1")
        answer = talk.answered(ask, self.strange_answer)
        with pytest.raises(Uncertain):
            talk.connector.read_answer(ask, answer, now=talk.now)
        facts = talk.connector.read_answer(QueryOrder(subject="o_1"), answer, now=talk.now)
        assert [type(fact) for fact in facts] == [Unclear]

    def test_order_callback_is_believed_only_whole(self, talk: Talk, stranger: Desk) -> None:
        """No changed or missing byte goes unnoticed, no other key and no other time is believed."""
        need(talk.connector, Capability.ORDER_CALLBACK)
        call = self._order_call(talk)
        foreign = stranger.tell(Notice("order", self.strange_notice, "N1", self.notice_fields), now=talk.now)
        for hostile in (foreign, *(replace(call, body=body) for body in _damaged(call.body))):
            with pytest.raises(Forged):
                talk.connector.read_callback("order", hostile, now=talk.now)
        for skew in (_LATER, -_LATER):
            with pytest.raises(Forged):
                talk.connector.read_callback("order", call, now=talk.now + skew)
        with pytest.raises((Forged, Unreadable)):
            talk.connector.read_callback("credit", call, now=talk.now)

    def test_order_callback_with_an_unknown_status_is_unclear(self, talk: Talk) -> None:
        """Neither a yes nor a no."""
        need(talk.connector, Capability.ORDER_CALLBACK)
        call = talk.simulator.tell(
            Notice("order", self.strange_notice, "N1", self.notice_fields), now=talk.now
        )
        heard = talk.connector.read_callback("order", call, now=talk.now)
        assert [type(fact) for fact in heard.facts] == [Unclear]

    def test_order_callback_is_sent_until_it_is_received(self, talk: Talk) -> None:
        """A busy answer brings the same message again, under the same number and with the same facts."""
        need(talk.connector, Capability.ORDER_CALLBACK)
        talk.ask(simplest_order(talk, "o_1"))
        talk.now = talk.simulator.next_due() or talk.now
        first = talk.hear(Verdict.BUSY)
        assert first == talk.hear(Verdict.REFUSED) == talk.hear(Verdict.RECEIVED)
        assert first
        assert talk.simulator.callbacks(now=talk.now) == []

    def test_daily_file_of_orders(self, talk: Talk) -> None:
        """A day's file says what the callbacks or queries said, and a damaged one says nothing."""
        need(talk.connector, Capability.DAILY_FILE, Capability.ORDER_QUERY)
        talk.ask(simplest_order(talk, "o_1"))
        talk.now += timedelta(days=1)
        told = {
            fact.event_id for _, call in talk.simulator.callbacks(now=talk.now) for fact in _heard(talk, call)
        }
        files = [
            (name, content)
            for name, content in talk.simulator.files(now=talk.now)
            if not Marker(talk.connector.file_marker).is_marker(name)
        ]
        facts = [f for name, content in files for f in talk.connector.read_file(name, content, now=talk.now)]
        assert facts
        assert {fact.event_id for fact in facts if isinstance(fact, OrderTold)} <= told
        for fact in facts:
            if isinstance(fact, BalanceTold):
                assert fact.total_fen == _balance(talk, fact.account_no).total_fen
        for name, content in files:
            lines = content.splitlines(keepends=True)
            for damaged in (b"".join(lines[:-1]), content + lines[-1], content[:-3], b"\xff" + content):
                with pytest.raises((Forged, Unreadable)):
                    talk.connector.read_file(name, damaged, now=talk.now)

    def _order_call(self, talk: Talk) -> Call:
        talk.ask(simplest_order(talk, "o_1"))
        talk.now = talk.simulator.next_due() or talk.now
        ((_, call),) = talk.simulator.callbacks(now=talk.now)
        return call


def _heard(talk: Talk, call: Call) -> tuple[AnyTold, ...]:
    return tuple(talk.connector.read_callback("order", call, now=talk.now).facts)


def _opening() -> OpenAccount:
    who = application(1).applicant
    return OpenAccount(
        subject="user_1", name=who.name, id_number=who.id_number, mobile=who.mobile, bank_card=who.bank_card
    )


def _signing() -> SignDebit:
    return SignDebit(
        **dict(_opening()) | {"kind": "sign_debit", "subject": "sign_1"},
        limit_fen=5_000_000,
        valid_until=START.date() + timedelta(days=365),
    )


def _open(talk: Talk) -> AccountTold:
    (told,) = talk.ask(_opening())
    assert isinstance(told, AccountTold)
    return told


def _signed(talk: Talk) -> str:
    talk.ask(_signing())
    (told,) = talk.ask(ConfirmCode(subject="sign_1", code=OneTimeCode("123456")))
    assert isinstance(told, AgreementTold)
    assert told.outcome is AgreementOutcome.SIGNED
    return told.agreement_no or ""


def _transfer(subject: str, to_account: str, amount_fen: int) -> TransferFunds:
    return TransferFunds(
        subject=subject, from_account=FUNDED, to_account=to_account, amount_fen=amount_fen, purpose="loan"
    )


def _payout(subject: str, amount_fen: int) -> PayOut:
    who = application(1).applicant
    return PayOut(
        subject=subject, payee=who.name, bank_card=who.bank_card, amount_fen=amount_fen, purpose="loan"
    )


def _entrusted(subject: str, amount_fen: int) -> PayOut:
    return PayOut(subject=subject, merchant="merchant_1", amount_fen=amount_fen, purpose="decoration")


def simplest_order(talk: Talk, subject: str) -> AnyAsk:
    """Return the simplest order the dialect has."""
    if talk.connector.capabilities.isdisjoint(NEEDS["transfer_funds"]):
        return _payout(subject, 500_000)
    return _transfer(subject, _open(talk).account_no or "", 500_000)


def _settled(talk: Talk, subject: str) -> list[OrderTold]:
    """Let time pass until the order was carried out, and return what a query says of it."""
    due = talk.simulator.next_due()
    assert due is not None
    talk.now = due
    talk.hear()
    return [fact for fact in talk.ask(QueryOrder(subject=subject)) if isinstance(fact, OrderTold)]


def _balance(talk: Talk, account_no: str) -> BalanceTold:
    (told,) = talk.ask(QueryBalance(subject=account_no, account_no=account_no))
    assert isinstance(told, BalanceTold)
    return told


def _outcomes(facts: Iterator[AnyTold] | tuple[AnyTold, ...] | list[OrderTold]) -> list[OrderOutcome]:
    return [fact.outcome for fact in facts if isinstance(fact, OrderTold)]


def _damaged(body: bytes) -> Iterator[bytes]:
    """Yield the body cut short, with a byte changed, in some places, and with one added."""
    for at in range(0, len(body), max(1, len(body) // 20)):
        yield body[:at]
        yield body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    yield body + b"x"
