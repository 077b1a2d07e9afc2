"""Who may bring a statement further, how long silence lasts, and what an agreed dispute changes.

A statement's amounts are never edited: what two parties agree to correct is a new line of the month then open
that points to the line it corrects. Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from contracts.agreement import Agreement, Base
from hub.domain.sharing.events import EventKind
from hub.domain.sharing.line import PLAIN, LineKind, ShareLine

ANSWER_DAYS: Final = 10
"""Days for the answer to a dispute where the agreement names none; silence then agrees to nothing."""


class NotAllowed(Exception):
    """A rule of settling forbids it; `zh` and `en` say why and what to do."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


def permit(event: str, *, who: str, reviewed_by: str | None, disputes: int) -> None:
    """Raise NotAllowed unless a person may bring a statement about which so many disputes are open further.

    The one who approves is not the one who reviewed, and nobody confirms or approves what is in dispute.
    """
    if event == "approved" and who == reviewed_by:
        raise NotAllowed(
            "same_person",
            f"复核与批准须为两人，{who} 已复核，请另一人批准",
            f"{who} reviewed it; another person must approve it",
        )
    if event in ("confirmed", "approved") and disputes:
        raise NotAllowed(
            "dispute_open",
            f"尚有 {disputes} 笔异议未处理，请先同意或驳回",
            f"{disputes} disputes about its lines are open; agree to them or reject them first",
        )


def silence_days(agreements: Iterable[Agreement]) -> int | None:
    """Return after how many days silence agrees to all of these, the longest; None when one says never."""
    days = [agreement.silence_agrees_after_days for agreement in agreements]
    agreed = [one for one in days if one is not None]
    return max(agreed) if agreed and len(agreed) == len(days) else None


def silent(since: date, days: int | None, today: date) -> bool:
    """Tell whether silence since a day has become agreement: the last day to answer is over."""
    return days is not None and today > since + timedelta(days)


def change(line: ShareLine, reader: str, claimed_fen: int, corrected_fen: int) -> int:
    """Return what a claim changes in what the line's counterparty owes its party.

    `claimed_fen` is what the line's due should be on the statement of `reader`, one of the two parties;
    `corrected_fen` what earlier corrections of the line have changed already. Raises NotAllowed for a line
    that leaves nothing owed, or a claim that is what the line says.
    """
    if line.party == line.counterparty or line.kind is LineKind.CORRECTION or not line.owed_fen:
        raise NotAllowed(
            "line_owes_nothing",
            "该行不产生应收应付，不能提出异议；款项有误请由资金方退款或冲正",
            "this line leaves nothing owed; what moved wrongly is refunded or reversed by the lender",
        )
    owed = claimed_fen if reader == line.party else -claimed_fen
    wanted = owed - (line.owed_fen + corrected_fen)
    if not wanted:
        raise NotAllowed("nothing_changed", "主张金额与现有金额相同", "the line says what is claimed")
    return wanted


def correction(line: ShareLine, change_fen: int, *, serial: str, on: date) -> ShareLine:
    """Return the line that an agreed dispute adds: between the same parties, pointing to the original."""
    return replace(
        line,
        ref=f"{line.ref}/{serial}",
        event=EventKind.CORRECTED,
        serial=serial,
        on=on,
        kind=LineKind.CORRECTION,
        base=Base.GIVEN,
        base_fen=line.amount_fen,
        amount_fen=change_fen,
        basis=PLAIN,
        mirrors=line.ref,
    )
