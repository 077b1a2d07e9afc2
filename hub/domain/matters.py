"""What a person must look at: a closed table of kinds, each with its words and what may be done about it.

A matter is opened once for its cause. It ends when its cause ends, or when a person closes it with a name
and a reason; nothing else makes it go away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What sort of cause calls for a person."""

    PARKED = "parked"
    BURIED = "buried"
    OVERDUE = "overdue"
    MISSING_FILE = "missing_file"
    LOW_BALANCE = "low_balance"
    REFUSALS = "refusals"
    UNPAID = "unpaid"
    VOIDS = "voids"


class How(StrEnum):
    """How a matter ended."""

    DISMISSED = "dismissed"  # a person: nothing more is done about this cause, ever
    REPLAYED = "replayed"  # a person: it is done again, and may fail again
    RESUMED = "resumed"  # a person: what it suspended goes on; the cause may come back
    ENDED = "ended"  # by itself: the cause is gone


@dataclass(frozen=True, slots=True)
class Rule:
    """Words for people, and what follows from a matter of the kind."""

    zh: str
    en: str
    returns: bool = False
    """Whether its cause may open it anew after a person has dismissed it."""
    suspends: bool = False
    """Whether nothing new goes to its partner while it is open."""


RULES: Final[Mapping[Kind, Rule]] = {
    Kind.PARKED: Rule("消息与记录不符，已挂起", "a message does not agree with the record"),
    Kind.BURIED: Rule("任务多次失败，已停止重试", "work failed too often and is given up", returns=True),
    Kind.OVERDUE: Rule("资金方逾期未答复，结果未知", "the partner has not said in time what became of it"),
    Kind.MISSING_FILE: Rule("日终文件逾期未到", "a daily file has not come in time"),
    Kind.LOW_BALANCE: Rule(
        "账户余额低于预警值，已暂停该资金方",
        "the balance is below its warning value; nothing new goes to the partner",
        returns=True,
        suspends=True,
    ),
    Kind.REFUSALS: Rule(
        "短时间内大量被拒，已暂停该资金方",
        "too many refusals in a short time; nothing new goes to the partner",
        returns=True,
        suspends=True,
    ),
    Kind.UNPAID: Rule(
        "多笔放款失败，已暂停该资金方",
        "several disbursements failed; nothing new goes to the partner",
        returns=True,
        suspends=True,
    ),
    Kind.VOIDS: Rule(
        "短时间内大量申请无资金方，已暂停自动作废",
        "too many applications without a partner; none is voided until a person has looked",
        returns=True,
        suspends=True,
    ),
}

SUSPENDING: Final = frozenset(kind for kind, rule in RULES.items() if rule.suspends)
"""Kinds that suspend their partner while they are open; one about no partner suspends voiding."""


def dismissal(kind: str) -> How:
    """How a matter of this kind ends when a person closes it without running anything again."""
    return How.RESUMED if RULES[Kind(kind)].suspends else How.DISMISSED


def words(kind: str) -> dict[str, str]:
    """Chinese and English for a kind."""
    rule = RULES[Kind(kind)]
    return {"zh": rule.zh, "en": rule.en}
