"""What every message is made of: strict models, the borrower, and the bases of asks and facts."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from contracts.money import Fen
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName, scrub

Text = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A name or number; no control characters, which a database column and a line of a file cannot hold."""
Location = Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^[^\x00-\x20\x7f]+$")]
"""Where a document lies: an address, or a path on a file server both sides agreed on."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A document's hash, in lower-case hexadecimal."""
Period = Annotated[int, Field(ge=1, le=600, strict=True)]


def _readable(words: str) -> str:
    return scrub("".join(c if c.isprintable() else " " for c in words))


Words = Annotated[str, AfterValidator(_readable)]
"""What a partner wrote for people to read: kept unsealed, so a borrower's numbers in it are masked."""


class Strict(BaseModel):
    """Our own words: immutable, unknown fields refused, no silent conversion of amounts, rates and counts."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Applicant(Strict):
    """The borrower, as the partner that may lend needs to know them."""

    name: PersonName
    id_number: IdNumber
    mobile: Mobile
    bank_card: BankCard
    address: Address | None = None
    region: Annotated[str, Field(pattern=r"^[1-9][0-9]{5}$")]
    """GB/T 2260 code of the place of residence."""
    occupation: Text | None = None
    monthly_income_fen: Fen | None = None


class Ask(Strict):
    """A request to a partner. `subject` is the hub's number of the thing asked about, the same for ever."""

    subject: Text


class Told(Strict):
    """A fact from a partner.

    `event_id` is the partner's identity of this fact, unique per partner: the same fact told by callback,
    query and file carries the same one. `extra` keeps the partner's fields we have no word for.
    """

    event_id: Text
    occurred_at: AwareDatetime | None = None
    extra: dict[str, str] = Field(default_factory=dict)


class HintAbout(StrEnum):
    """What a hint says there is news of."""

    CREDIT = "credit"
    DRAWDOWN = "drawdown"


class Hint(Told):
    """Somebody says that there is news of `subject`. It proves nothing: ask, and believe the answer.

    Some partners call back in clear and unsigned, others sign but want to be asked before money is believed.
    """

    kind: Literal["hint"] = "hint"
    subject: Text
    about: HintAbout


class Unclear(Told):
    """An authentic message whose meaning we do not know. Everything it may concern stays pending."""

    kind: Literal["unclear"] = "unclear"
    subject: Text | None = None
    code: Words
    message: Words = ""
