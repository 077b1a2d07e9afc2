"""Checks terms against each other: references lead somewhere, and versions do not overlap."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from contracts.agreement import Agreement, CostFirst, Role
from contracts.programme import LENDERS, Partner, PartnerKind, Product, Programme
from contracts.rules import NO_RULES, RuleProgram
from hub.config.rules import ROUTING, check

HOLDERS = {
    "disbursed_by": PartnerKind.PAYMENT_INSTITUTION,
    "collected_by": PartnerKind.PAYMENT_INSTITUTION,
    "custody": PartnerKind.CUSTODIAN,
}
"""Which kind of partner each of these fields of a programme names."""
ACCOUNT = ("account_name", "account_no")
"""Settings of a partner that pays out: the account into which funders pay, in whose name it is."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A contradiction between terms: the file and item where it is best corrected, and how."""

    kind: str
    index: int
    path: tuple[str | int, ...]
    what: str
    remedy: str


def faults(
    products: Sequence[Product],
    partners: Sequence[Partner],
    agreements: Sequence[Agreement],
    programmes: Sequence[Programme],
    *,
    rules: RuleProgram = NO_RULES,
    connectors: Collection[str] | None = None,
) -> Iterator[Fault]:
    """Yield every contradiction. `connectors` are the registered dialects, None when not known here."""
    yield from _doubled("products", "id", [product.id for product in products])
    for field in ("id", "keys", "exchange_folder"):
        yield from _doubled("partners", field, [getattr(partner, field) for partner in partners])
    yield from _versions("agreements", agreements)
    yield from _versions("programmes", programmes)
    known = {partner.id for partner in partners if partner.kind in LENDERS}
    for index, partner in enumerate(partners):
        if connectors is not None and partner.connector not in connectors:
            what = f"no connector '{partner.connector}' is registered"
            remedy = f"name one of {_listed(connectors)}, or install the package that brings it"
            yield Fault("partners", index, ("connector",), what, remedy)
    for index, agreement in enumerate(agreements):
        if agreement.partner not in known:
            yield _unknown("agreements", index, "partner", agreement.partner, known)
    for index, programme in enumerate(programmes):
        yield from _programme(index, programme, products, agreements, known)
        yield from _holders(index, programme, partners)
    yield from _rules(rules, known | {programme.id for programme in programmes})


def _rules(rules: RuleProgram, targets: Collection[str]) -> Iterator[Fault]:
    """What the static check of the rules finds; a rule is named, so its place is known."""
    places = {rule.name: index for index, rule in enumerate(rules.rules)}
    for finding in check(rules, ROUTING, targets):
        index = places[finding.rule]
        what = f"{finding.flaw}: {finding.field}: {finding.what}"
        yield Fault("rules", index, (), what, finding.remedy)


def _programme(
    index: int,
    programme: Programme,
    products: Sequence[Product],
    agreements: Sequence[Agreement],
    partners: Collection[str],
) -> Iterator[Fault]:
    if programme.partner not in partners:
        yield _unknown("programmes", index, "partner", programme.partner, partners)
    by_id = {product.id: product for product in products}
    for place, name in enumerate(programme.products):
        if name not in by_id:
            yield _unknown("programmes", index, "products", name, by_id, place)
        else:
            yield from _never_fits(index, place, programme, by_id[name])
    named = [agreement for agreement in agreements if agreement.id == programme.agreement]
    if not named:
        known = {agreement.id for agreement in agreements}
        yield _unknown("programmes", index, "agreement", programme.agreement, known)
    else:
        yield from _under(index, programme, named)


def _holders(index: int, programme: Programme, partners: Sequence[Partner]) -> Iterator[Fault]:
    """Whoever moves the money is configured, is of the right kind, and says where funders pay in."""
    for field, kind in HOLDERS.items():
        name = getattr(programme, field)
        fitting = {partner.id: partner for partner in partners if partner.kind is kind}
        if name is None:
            continue
        if name not in fitting:
            what = f"'{name}' is no configured partner of kind {kind}"
            remedy = f"add it to partners.yaml, or name one of {_listed(fitting)}"
            yield Fault("programmes", index, (field,), what, remedy)
            continue
        missing = [setting for setting in ACCOUNT if setting not in fitting[name].settings]
        if field != "collected_by" and missing:
            what = f"partner {name} does not say into which account funders pay"
            remedy = f"give it {' and '.join(f'settings.{setting}' for setting in missing)} in partners.yaml"
            yield Fault("programmes", index, (field,), what, remedy)


def _never_fits(index: int, place: int, programme: Programme, product: Product) -> Iterator[Fault]:
    """A programme that can never fund a product it names was meant otherwise."""
    never = {
        "terms": not set(programme.terms) & set(product.terms),
        "methods": not set(programme.methods) & set(product.methods),
        "amount_min_fen": programme.amount_min_fen > product.amount_max_fen,
        "amount_max_fen": programme.amount_max_fen < product.amount_min_fen,
        "customer_rate_min": programme.customer_rate_min > product.annual_rate_max,
        "customer_rate_max": programme.customer_rate_max < product.annual_rate_min,
        "age_min": programme.age_min > product.age_max,
        "age_max": programme.age_max < product.age_min,
    }
    for field, nothing_in_common in never.items():
        if nothing_in_common:
            what = f"no loan of product {product.id} satisfies this, so the programme never funds one"
            yield Fault("programmes", index, (field,), what, f"change it, or take products[{place}] out")


def _under(index: int, programme: Programme, versions: Sequence[Agreement]) -> Iterator[Fault]:
    """The agreement is with this partner, in force when the programme begins, and shares capital alike."""
    for agreement in versions:
        if agreement.partner != programme.partner:
            what = f"agreement {agreement.reference} is with {agreement.partner}, not {programme.partner}"
            yield Fault("programmes", index, ("agreement",), what, "name an agreement with this partner")
        elif _overlap(agreement, programme) and (own := _own_share(agreement)) != Fraction(
            programme.own_share
        ):
            what = f"agreement {agreement.reference} gives the partner {_share(own)} of the capital"
            yield Fault("programmes", index, ("own_share",), what, "make the two agree")
        elif _overlap(agreement, programme):
            yield from _prices(index, programme, agreement)
    if not any(agreement.effective_on(programme.effective_from) for agreement in versions):
        what = f"no version of agreement {programme.agreement} is in effect on {programme.effective_from}"
        yield Fault("programmes", index, ("effective_from",), what, "begin later, or add a version")


def _prices(index: int, programme: Programme, agreement: Agreement) -> Iterator[Fault]:
    """Where the agreement pays a yearly rate first, routing compares by the rate that will be paid."""
    first = [clause for clause in agreement.clauses if isinstance(clause, CostFirst)]
    guarantees = [c.rate for c in first if agreement.by_party[c.party].role is Role.GUARANTOR]
    capital = [clause.rate for clause in first if clause.party == programme.partner]
    for field, rates, priced in (
        ("funding_rate", capital, programme.funding_rate),
        ("guarantee_rate", guarantees, programme.guarantee_rate),
    ):
        if rates and sum(rates) != priced:
            what = f"agreement {agreement.reference} pays {sum(rates)} a year for this"
            yield Fault("programmes", index, (field,), what, "make the two agree")


def _versions(kind: str, items: Sequence[Programme | Agreement]) -> Iterator[Fault]:
    """On any day at most one version of a thing is in effect, and a version number is used once."""
    for index, item in enumerate(items):
        for other in items[:index]:
            if item.id != other.id:
                continue
            if item.version == other.version:
                what = f"version {item.version} of {item.id} is listed twice"
                yield Fault(kind, index, ("version",), what, "give it the next number, or keep one")
            elif item.partner != other.partner:
                what = f"version {other.version} of {item.id} is with {other.partner}"
                yield Fault(kind, index, ("partner",), what, "give the terms of another partner another id")
            elif _overlap(item, other):
                what = f"versions {other.version} and {item.version} of {item.id} are in effect together"
                yield Fault(kind, index, ("effective_from",), what, "end one the day before the other begins")


def _overlap(one: Programme | Agreement, other: Programme | Agreement) -> bool:
    return one.effective_from <= (other.effective_to or date.max) and other.effective_from <= (
        one.effective_to or date.max
    )


def _own_share(agreement: Agreement) -> Fraction:
    own = sum(Fraction(share.weight) for share in agreement.capital if share.party == agreement.partner)
    return Fraction(own, sum(Fraction(weight) for weight in agreement.weights))


def _share(share: Fraction) -> str:
    exact = Decimal(share.numerator) / share.denominator
    return str(exact) if Fraction(exact) == share else str(share)


def _doubled(kind: str, field: str, values: Sequence[str | None]) -> Iterator[Fault]:
    for index, value in enumerate(values):
        if value is not None and value in values[:index]:
            what = f"'{value}' is used by {kind}[{values.index(value)}] too"
            yield Fault(kind, index, (field,), what, "give each its own")


def _unknown(
    kind: str, index: int, field: str, name: str, known: Collection[str], place: int | None = None
) -> Fault:
    path = (field,) if place is None else (field, place)
    return Fault(kind, index, path, f"'{name}' is not configured", f"add it, or name one of {_listed(known)}")


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
