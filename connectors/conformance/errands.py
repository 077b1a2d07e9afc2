"""The questions about what lies beside an application and a loan: access, cards, documents, limits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest

from connectors.conformance.rig import START, Rig, Talk, application, need
from connectors.port import Capability, Rejected, Uncertain
from contracts.messages import (
    AccessOutcome,
    AccessTold,
    AgreementOutcome,
    AgreementTold,
    AnyTold,
    BindCard,
    CertificateTold,
    ChangeLimit,
    CheckAccess,
    ConfirmCode,
    DocumentKind,
    DrawdownTold,
    LimitChange,
    LimitState,
    LimitTold,
    OneTimeCode,
    QueryLimit,
    QueryRepayment,
    RepaymentKind,
    RepaymentTold,
    RepayOrderTold,
    RepayOutcome,
    RequestCertificate,
    RequestRepayment,
    TakeOver,
    TellTakeOver,
    TrialRepayment,
    TrialTold,
    UploadDocument,
)


class Errands(Rig):
    """Capability by capability; one the dialect lacks is reported as not supported."""

    def test_access_check(self, talk: Talk) -> None:
        """A person is admitted or declined, and a decline says why."""
        need(talk.connector, Capability.ACCESS_CHECK)
        (admitted,) = talk.ask(_access(1))
        assert isinstance(admitted, AccessTold)
        assert (admitted.subject, admitted.outcome) == ("access_1", AccessOutcome.ADMITTED)
        (declined,) = talk.ask(_access(2, declined=True))
        assert isinstance(declined, AccessTold)
        assert declined.outcome is AccessOutcome.DECLINED
        assert declined.reason

    def test_card_binding(self, talk: Talk) -> None:
        """The code is sent, a wrong one binds nothing, the right one gives a number for good."""
        need(talk.connector, Capability.CARD_BINDING)
        person = application(1).applicant
        bind = BindCard(
            subject="bind_1",
            name=person.name,
            id_number=person.id_number,
            mobile=person.mobile,
            bank_card=person.bank_card,
        )
        (sent,) = talk.ask(bind)
        assert isinstance(sent, AgreementTold)
        assert sent.outcome is AgreementOutcome.CODE_SENT
        with pytest.raises((Rejected, Uncertain)):
            talk.ask(ConfirmCode(subject="bind_1", code=OneTimeCode("000000")))
        (bound,) = talk.ask(ConfirmCode(subject="bind_1", code=OneTimeCode("123456")))
        assert isinstance(bound, AgreementTold)
        assert (bound.subject, bound.outcome) == ("bind_1", AgreementOutcome.SIGNED)
        assert bound.agreement_no

    def test_document_upload(self, talk: Talk) -> None:
        """Taken once, taken again, and refused when its hash is another."""
        need(talk.connector, Capability.DOCUMENT_UPLOAD)
        document = UploadDocument(
            subject="att_1",
            document=DocumentKind.CREDIT_CONSENT,
            name="consent.pdf",
            location="/upload/20260105/consent.pdf",
            sha256="ab" * 32,
            size_bytes=1234,
        )
        assert talk.ask(document) == talk.ask(document) == ()
        with pytest.raises(Rejected):
            talk.ask(document.model_copy(update={"sha256": "cd" * 32}))

    def test_limit_query(self, talk: Talk) -> None:
        """A limit is what was approved."""
        need(talk.connector, Capability.LIMIT_QUERY)
        ask = application(1)
        credit_no = talk.decided(ask).credit_no
        assert credit_no is not None
        query = QueryLimit(subject=credit_no, credit_no=credit_no)
        assert _limit(talk, query) == (LimitState.NORMAL, ask.amount_fen)

    def test_limit_change(self, talk: Talk) -> None:
        """It stays what it is until it is frozen, unfrozen or adjusted."""
        need(talk.connector, Capability.LIMIT_QUERY, Capability.LIMIT_CHANGE)
        ask = application(1)
        credit_no = talk.decided(ask).credit_no
        assert credit_no is not None
        query = QueryLimit(subject=credit_no, credit_no=credit_no)
        for number, (change, amount_fen, after) in enumerate(_CHANGES):
            talk.ask(
                ChangeLimit(
                    subject=f"adjust_{number}", credit_no=credit_no, change=change, amount_fen=amount_fen
                )
            )
            assert _limit(talk, query) == (after, amount_fen or ask.amount_fen)

    def test_limit_callback(self, talk: Talk) -> None:
        """A limit that has changed is told, and told as it is when asked."""
        need(talk.connector, Capability.LIMIT_CHANGE, Capability.LIMIT_CALLBACK)
        credit_no = talk.decided(application(1)).credit_no
        assert credit_no is not None
        change = ChangeLimit(subject="adjust_1", credit_no=credit_no, change=LimitChange.FREEZE)
        talk.ask(change)
        (told,) = talk.hear()
        assert isinstance(told, LimitTold)
        assert (told.credit_no, told.state) == (credit_no, LimitState.FROZEN)
        if Capability.LIMIT_QUERY in talk.connector.capabilities:
            (asked,) = talk.ask(QueryLimit(subject=credit_no, credit_no=credit_no))
            assert asked.event_id == told.event_id

    def test_repayment_trial(self, talk: Talk) -> None:
        """What settles a loan that was just paid out is its principal, and interest for the days."""
        need(talk.connector, Capability.REPAYMENT_TRIAL)
        paid = _paid(talk)
        day = talk.now.date() + timedelta(days=10)
        trial = TrialRepayment(subject="trial_1", loan_no=paid.loan_no or "", how=RepaymentKind.EARLY, on=day)
        (told,) = talk.ask(trial)
        assert isinstance(told, TrialTold)
        assert (told.on, told.principal_fen) == (day, paid.amount_fen)
        assert told.interest_fen > 0

    def test_repayment_request(self, talk: Talk) -> None:
        """Asked for twice, the money is taken once; one that fails moves none."""
        need(talk.connector, Capability.REPAYMENT_REQUEST)
        loan_no = _paid(talk).loan_no or ""
        told: list[AnyTold] = []
        for subject, interest_fen in (("rpy_1", 1_000), ("rpy_2", 1_099)):
            ask = _repaying(subject, loan_no, interest_fen)
            talk.ask(ask)
            talk.ask(ask)
            told += talk.later(days=3)
        (paid,) = [fact for fact in told if isinstance(fact, RepaymentTold)]
        assert (paid.loan_no, paid.how, paid.period) == (loan_no, RepaymentKind.PARTIAL, 1)
        assert (paid.principal_fen, paid.interest_fen) == (100_000, 1_000)
        for refused in (_repaying("rpy_3", "nobody's", 1), _repaying("rpy_4", loan_no, 1, 900_000_000)):
            with pytest.raises(Rejected):
                talk.ask(refused)

    def test_repayment_query(self, talk: Talk) -> None:
        """Unknown before it was asked for, pending, and then taken or failed with a reason."""
        need(talk.connector, Capability.REPAYMENT_REQUEST, Capability.REPAYMENT_QUERY)
        loan_no = _paid(talk).loan_no or ""
        outcomes = []
        for subject, interest_fen in (("rpy_1", 1_000), ("rpy_2", 1_099)):
            query = QueryRepayment(subject=subject, loan_no=loan_no)
            outcomes += [fact.outcome for fact in _orders(talk.ask(query))]
            talk.ask(_repaying(subject, loan_no, interest_fen))
            outcomes += [fact.outcome for fact in _orders(talk.ask(query))]
            for _ in talk.later(days=3):
                pass
            (last,) = _orders(talk.ask(query))
            outcomes.append(last.outcome)
        early = [RepayOutcome.NOT_FOUND, RepayOutcome.PENDING]
        assert outcomes == [*early, RepayOutcome.PAID, *early, RepayOutcome.FAILED]
        assert last.reason

    def test_certificate(self, talk: Talk) -> None:
        """There is none while anything is outstanding, and one with its hash once nothing is."""
        need(talk.connector, Capability.CERTIFICATE)
        paid = _paid(talk)
        ask = RequestCertificate(subject="cert_1", loan_no=paid.loan_no or "")
        assert [f.location for f in talk.ask(ask) if isinstance(f, CertificateTold)] in ([], [None])
        for _ in talk.later():
            pass
        (told,) = talk.ask(ask)
        assert isinstance(told, CertificateTold)
        assert told.location
        assert told.sha256

    def test_take_over(self, talk: Talk) -> None:
        """The partner takes our word that the guarantor paid, and refuses it for a loan it does not have."""
        need(talk.connector, Capability.TAKE_OVER)
        paid = _paid(talk)
        for serial, how in enumerate(TakeOver):
            assert talk.ask(_take_over(f"serial_{serial}", paid.loan_no or "", how)) == ()
        with pytest.raises(Rejected):
            talk.ask(_take_over("serial_9", "nobody's", TakeOver.COMPENSATION))


_CHANGES = (
    (LimitChange.FREEZE, None, LimitState.FROZEN),
    (LimitChange.UNFREEZE, None, LimitState.NORMAL),
    (LimitChange.ADJUST, 800_000, LimitState.NORMAL),
)


def _access(serial: int, *, declined: bool = False) -> CheckAccess:
    person = application(serial, declined=declined).applicant
    return CheckAccess(
        subject=f"access_{serial}",
        product="cash",
        name=person.name,
        id_number=person.id_number,
        mobile=person.mobile,
    )


def _repaying(
    subject: str, loan_no: str, interest_fen: int, principal_fen: int = 100_000
) -> RequestRepayment:
    return RequestRepayment(
        subject=subject,
        loan_no=loan_no,
        how=RepaymentKind.PARTIAL,
        period=1,
        principal_fen=principal_fen,
        interest_fen=interest_fen,
    )


def _orders(told: Iterable[AnyTold]) -> list[RepayOrderTold]:
    return [fact for fact in told if isinstance(fact, RepayOrderTold)]


def _limit(talk: Talk, query: QueryLimit) -> tuple[LimitState, int]:
    (told,) = talk.ask(query)
    assert isinstance(told, LimitTold)
    assert told.credit_no == query.credit_no
    return told.state, told.total_fen


def _paid(talk: Talk) -> DrawdownTold:
    talk.ask(talk.drawing())
    return next(fact for fact in talk.later(days=3) if isinstance(fact, DrawdownTold))


def _take_over(serial: str, loan_no: str, how: TakeOver) -> TellTakeOver:
    return TellTakeOver(
        subject=serial,
        loan_no=loan_no,
        how=how,
        period=1 if how is TakeOver.COMPENSATION else None,
        payer="guarantor",
        paid_on=START.date(),
        principal_fen=100_000,
        interest_fen=1_000,
    )
