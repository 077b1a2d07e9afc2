"""Breakers: too little balance, too many refusals or failed payouts suspend a partner and call a person.

While its matter is open nothing new goes to the partner; questions and callbacks go on as ever.
A person lets it go on; where the agreement says so, the rule does too.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.port import Capability, ConnectorFailure
from contracts.messages import BalanceTold, QueryBalance
from contracts.money import format_yuan
from contracts.programme import Breakers
from hub import logs
from hub.domain.matters import Kind
from hub.flows import desk, exchanges
from hub.flows.context import Cause, Context
from hub.store import mailbox, matters, watched
from hub.store.mailbox import Job
from hub.store.matters import Found

log = logs.get(__name__)

KIND = "query_balance"
VOID_WINDOW = timedelta(hours=1)


def look(context: Context, now: datetime) -> None:
    """Count what the rules bound, and ask for balances when it is time."""
    for partner, one in context.desks.items():
        rules = one.partner.breakers
        for kind, most in ((Kind.REFUSALS, rules.refusals), (Kind.UNPAID, rules.unpaid)):
            if most is not None:
                _count(context, kind, partner, most, rules, now)
        if rules.balance_account is not None and Capability.BALANCE_QUERY in one.connector.capabilities:
            _ask(context, partner, rules, now)
    if context.voids_per_hour is not None:
        _count(context, Kind.VOIDS, None, context.voids_per_hour, Breakers(), now)


def _count(
    context: Context, kind: Kind, partner: str | None, most: int, rules: Breakers, now: datetime
) -> None:
    """Open the breaker at its bound; close it below when the rule may. What a person has seen is over."""
    cause = f"{kind}:{partner or 'hub'}"
    window = VOID_WINDOW if partner is None else timedelta(minutes=rules.window_minutes)
    with context.database.read() as tx:
        is_open = matters.is_open(tx, cause)
        since = max(now - window, matters.last_closed(tx, cause) or now - window)
        if partner is None:
            count = watched.voids(tx, since, most)
        else:
            counter = watched.refusals if kind is Kind.REFUSALS else watched.unpaid
            count = counter(tx, partner, since, most)
    reason = f"{count} within {int(window.total_seconds()) // 60} minutes"
    if count >= most and not is_open:
        found = Found(kind, cause, partner or "routing", reason, partner=partner)
        context.database.run(lambda tx: desk.bring_up(tx, found, now), repeatable=True)
    elif count < most and is_open and rules.resume == "rule":
        context.database.run(lambda tx: desk.ended(tx, cause, reason, now), repeatable=True)


# Balances


def _ask(context: Context, partner: str, rules: Breakers, now: datetime) -> None:
    """Queue one question for each stretch of time, over all processes."""
    slot = int(now.timestamp()) // (60 * rules.balance_every_minutes)
    nonce = f"balance {rules.balance_account} {slot}"
    with context.database.read() as tx:
        if watched.nonce_used(tx, partner=partner, nonce=nonce):
            return

    def put(tx: Connection) -> None:
        if mailbox.use_nonce(tx, partner=partner, nonce=nonce, now=now):
            mailbox.put(tx, queue=f"partner:{partner}", kind=KIND, ref=str(slot), now=now)

    context.database.run(put, repeatable=True)
    context.wake(f"partner:{partner}")


def inquire(context: Context, job: Job) -> None:
    """Ask for the balance; when there is no answer the next question will do."""
    partner = job.queue.removeprefix("partner:")
    one, now = context.desks[partner], context.now()
    account = one.partner.breakers.balance_account
    told: tuple[object, ...] = ()
    if account is not None:
        number = context.id("msg", now).removeprefix("msg_")
        ask = QueryBalance(subject=number, account_no=account)
        request = one.connector.write(ask, request_no=number, now=now, random=context.random)
        try:
            answer = exchanges.send(one, request, kind=ask.kind, subject=ask.subject, number=number)
            told = one.connector.read_answer(ask, answer, now=now)
        except ConnectorFailure as failure:
            log.warning("balance not known", partner=partner, why=str(failure))

    def note(tx: Connection) -> None:
        exchanges.keep(tx)
        for fact in told:
            if isinstance(fact, BalanceTold):
                weigh(context, tx, partner, fact, Cause(f"partner:{partner}", "query", now))
        mailbox.done(tx, job)

    context.database.run(note, repeatable=True)


def weigh(context: Context, tx: Connection, partner: str, fact: BalanceTold, cause: Cause) -> bool:
    """Compare a balance that was told with its warning value; False when the account has none."""
    rules = context.desks[partner].partner.breakers
    if rules.balance_min_fen is None or fact.account_no != rules.balance_account:
        return False
    name = f"{Kind.LOW_BALANCE}:{partner}"
    least, there = format_yuan(rules.balance_min_fen), format_yuan(fact.available_fen)
    if fact.available_fen < rules.balance_min_fen:
        reason = f"{there} yuan available, {least} is the least"
        found = Found(Kind.LOW_BALANCE, name, "balance", reason, partner=partner)
        desk.bring_up(tx, found, cause.now, again=True)
    elif rules.resume == "rule":
        desk.ended(tx, name, f"{there} yuan available again", cause.now)
    return True
