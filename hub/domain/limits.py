"""A partner's word on a credit limit, in fen: which word counts, and what keeps a borrower from drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from contracts.messages import LimitState

REFUSED: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        LimitState.FROZEN: ("limit_frozen", "额度已被资金方冻结", "the lender has frozen the limit"),
        LimitState.CLOSED: ("limit_closed", "额度已被资金方关闭", "the lender has closed the limit"),
        LimitState.UNSIGNED: (
            "limit_unsigned",
            "额度合同尚未签署",
            "the contract of the limit is not signed yet",
        ),
    }
)
"""Code, Chinese and English for each state under which nothing is drawn."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit as told at a time; `total_fen` is the limit, `available_fen` what is left of it."""

    state: str
    total_fen: int
    available_fen: int
    valid_until: date | None
    told_at: datetime


class TwoWords(Exception):
    """One partner says two things of one limit at one time."""


def newer(known: Limit | None, told: Limit) -> bool:
    """Whether what was told now counts; False when it is older, or only confirms.

    The partner's own time decides, so that the order of arrival does not.
    Raises TwoWords for what cannot both be so.
    """
    if told.available_fen > told.total_fen:
        raise TwoWords(f"{told.available_fen} fen are left of a limit of {told.total_fen}")
    if known is None or told.told_at > known.told_at:
        return True
    if told.told_at == known.told_at and told != known:
        raise TwoWords(
            f"at one time the limit is '{known.state}' with {known.available_fen} fen of {known.total_fen}"
            f" and '{told.state}' with {told.available_fen} of {told.total_fen}"
        )
    return False
