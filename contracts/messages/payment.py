"""Money on its way: a depository's accounts and orders, a channel's agreements, debits and payouts."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import model_validator

from contracts.messages.base import Ask, Text, Told, Words
from contracts.money import Fen
from contracts.sensitive import BankCard, IdNumber, Mobile, PersonName

# What we ask


class OpenAccount(Ask):
    """Ask a depository to open an account for a person. `subject` names the account at the hub."""

    kind: Literal["open_account"] = "open_account"
    name: PersonName
    id_number: IdNumber
    mobile: Mobile
    bank_card: BankCard


class FundsAction(StrEnum):
    """What is done with money that stays where it is."""

    FREEZE = "freeze"
    RELEASE = "release"


class FreezeFunds(Ask):
    """Ask a depository to freeze money in an account, or to release what was frozen under `original`."""

    kind: Literal["freeze_funds"] = "freeze_funds"
    action: FundsAction
    account_no: Text
    amount_fen: Fen
    original: Text | None = None

    @model_validator(mode="after")
    def _release_names_the_freeze(self) -> FreezeFunds:
        if (self.original is not None) is not (self.action is FundsAction.RELEASE):
            raise ValueError("original is stated for a release, and for nothing else")
        return self


class TransferFunds(Ask):
    """Instruct a depository to move money between two of its accounts."""

    kind: Literal["transfer_funds"] = "transfer_funds"
    from_account: Text
    to_account: Text
    amount_fen: Fen
    purpose: Text


class QueryBalance(Ask):
    """Ask what is in an account: one at a depository, or the dedicated account at a trust."""

    kind: Literal["query_balance"] = "query_balance"
    account_no: Text


class SignDebit(Ask):
    """Ask a payment channel to sign an entrusted debit agreement; the bank sends a code to the phone."""

    kind: Literal["sign_debit"] = "sign_debit"
    name: PersonName
    id_number: IdNumber
    mobile: Mobile
    bank_card: BankCard
    limit_fen: Fen
    """The most that one debit may take."""
    valid_until: date


class Debit(Ask):
    """Take money from the borrower under a signed agreement."""

    kind: Literal["debit"] = "debit"
    agreement_no: Text
    amount_fen: Fen
    purpose: Text


class PayOut(Ask):
    """Pay to a person's card, or as an entrusted payment (受托支付) to a merchant of the channel."""

    kind: Literal["pay_out"] = "pay_out"
    payee: PersonName | None = None
    bank_card: BankCard | None = None
    merchant: Text | None = None
    amount_fen: Fen
    purpose: Text

    @model_validator(mode="after")
    def _one_payee(self) -> PayOut:
        person = (self.payee is not None, self.bank_card is not None)
        if person != ((self.merchant is None),) * 2:
            raise ValueError("a payout states payee and bank_card, or merchant, and not both")
        return self


class RefundOrder(Ask):
    """Give money of an order back, in whole or in part. `original` is our number of that order."""

    kind: Literal["refund_order"] = "refund_order"
    original: Text
    amount_fen: Fen
    reason: Text


class QueryOrder(Ask):
    """Ask what became of a freeze, transfer, debit, payout or refund, named by `subject`."""

    kind: Literal["query_order"] = "query_order"


# What they tell


class AccountOutcome(StrEnum):
    """Where the opening of an account stands."""

    OPEN = "open"
    FAILED = "failed"
    PENDING = "pending"
    NOT_FOUND = "not_found"


class AccountTold(Told):
    """The depository's word on an account. One that is open states its number."""

    kind: Literal["account"] = "account"
    subject: Text
    outcome: AccountOutcome
    account_no: Text | None = None
    reason_code: Text | None = None
    reason: Words | None = None

    @model_validator(mode="after")
    def _open_has_a_number(self) -> AccountTold:
        if self.outcome is AccountOutcome.OPEN and self.account_no is None:
            raise ValueError("an account that is open states account_no")
        return self


class OrderOutcome(StrEnum):
    """What became of an order to move or hold money."""

    DONE = "done"
    FAILED = "failed"
    PENDING = "pending"
    NOT_FOUND = "not_found"
    RETURNED = "returned"  # 退票: it was done, and the money came back later; a new event, not a correction


class OrderTold(Told):
    """The partner's word on a money order. One that was done states its amount and serial number."""

    kind: Literal["order"] = "order"
    subject: Text
    outcome: OrderOutcome
    serial: Text | None = None
    amount_fen: Fen | None = None
    done_on: date | None = None
    reason_code: Text | None = None
    reason: Words | None = None

    @model_validator(mode="after")
    def _done_is_complete(self) -> OrderTold:
        if self.outcome in (OrderOutcome.DONE, OrderOutcome.RETURNED) and None in (
            self.serial,
            self.amount_fen,
        ):
            raise ValueError("an order that was done states serial and amount_fen")
        return self


class BalanceTold(Told):
    """What was in an account, at `occurred_at`, or at the end of `day` in a daily file."""

    kind: Literal["balance"] = "balance"
    account_no: Text
    total_fen: Fen
    available_fen: Fen
    frozen_fen: Fen = 0
    day: date | None = None
