"""Two persons put a version of terms in use: one drafts it, another activates it, each with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from contracts.rules import NO_RULES, RuleProgram
from hub import logs
from hub.config.load import Configuration
from hub.config.rules import ROUTING, check
from hub.domain.activation import Kind, Signed, Step, Version, newest, objection
from hub.flows.context import Cause, Context, record
from hub.flows.errors import NotKnown, WrongState
from hub.store import terms

log = logs.get(__name__)

CHAIN: Final = "terms"
"""The chain of events in which every step is."""
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class InUse:
    """What may be used just now: `versions` is None where every configured version may."""

    versions: frozenset[Version] | None
    rules: RuleProgram

    def has(self, version: Version) -> bool:
        """Whether a version may be used."""
        return self.versions is None or version in self.versions


def in_use(context: Context, tx: Connection) -> InUse:
    """Look up what may be used: of the rules the newest active program, which need not be the configured."""
    if not context.two_persons:
        return InUse(None, context.catalogue.rules)
    active = terms.active(tx)
    newest_rules = newest(active, Kind.RULES)
    if newest_rules is None:
        return InUse(active, NO_RULES)
    return InUse(active, terms.program(tx, newest_rules))


def configured(found: Configuration, tx: Connection) -> set[Version]:
    """Return the versions of the configuration; of the rules the newest kept, which is the configured."""
    rules = terms.newest(tx, Kind.RULES)
    listed = {*map(Version.of, found.programmes), *map(Version.of, found.agreements)}
    return listed if rules is None else listed | {rules}


def listed(context: Context) -> list[dict[str, Any]]:
    """Every version ever applied, sorted: its state `kept`, `draft` or `active`, by whom, why and when."""
    with context.database.read() as tx:
        kept, taken, here = terms.kept(tx), terms.steps(tx), configured(context.catalogue, tx)
    return [
        _shown(version, kept[version], taken.get(version, {}), version in here) for version in sorted(kept)
    ]


def take(context: Context, version: Version, step: Step, *, who: str, why: str) -> None:
    """Draft or activate a version. Repeating it is harmless.

    Raises NotKnown, or WrongState: nobody has drafted it, the drafter would activate it, another person was
    first, it is no longer configured, or the static check of the rules finds a flaw.
    """
    for left in reversed(range(_TRIES)):
        try:
            done = context.database.run(lambda tx: _take(context, tx, version, step, Signed(who, why)))
        except IntegrityError:
            # Another person took the step, or the next place in the chain, meanwhile: look again.
            if not left:
                raise
        else:
            if done:
                log.info("terms", step=step.value, version=str(version), who=who)
            return


def _take(context: Context, tx: Connection, version: Version, step: Step, signed: Signed) -> bool:
    now = context.now()
    row = terms.kept(tx).get(version)
    if row is None:
        raise NotKnown("terms_unknown", f"没有 {version}", f"there is no {version}; see `loanhub terms list`")
    taken = {did: Signed(one.who, one.why) for did, one in terms.steps(tx).get(version, {}).items()}
    against = objection(step, signed.who, signed.why, taken)
    if against is not None:
        raise WrongState(against.code, against.zh, against.en)
    if step in taken:
        return False
    _fit(context, tx, version)
    terms.take(tx, version, step, signed, now)
    before = Step.DRAFT.value if step is Step.ACTIVATE else None
    detail = {"why": signed.why, "sha256": row.sha256}
    cause = Cause(signed.who, "desk", now)
    after = "active" if step is Step.ACTIVATE else Step.DRAFT.value
    record(tx, CHAIN, "terms", str(version), step.value, before, after, cause, detail)
    return True


def _fit(context: Context, tx: Connection, version: Version) -> None:
    """Refuse what the configuration has no more, so nothing checked it against the rest, and flawed rules."""
    if version not in configured(context.catalogue, tx):
        raise WrongState(
            "terms_not_configured",
            f"{version} 已不在配置中",
            f"{version} is not in the configuration any more; put it back, or take the version that is",
        )
    if version.kind is not Kind.RULES:
        return
    targets = {*context.catalogue.partners, *(one.id for one in context.catalogue.programmes)}
    for found in check(terms.program(tx, version), ROUTING, targets):
        what = f"{found.rule}: {found.flaw}: {found.field}: {found.what}; {found.remedy}"
        raise WrongState("rules_flawed", f"规则未通过静态检查：{what}", f"the rules are flawed: {what}")


def _shown(version: Version, row: Any, taken: dict[Step, Any], here: bool) -> dict[str, Any]:
    draft, active = taken.get(Step.DRAFT), taken.get(Step.ACTIVATE)
    return {
        "terms": str(version),
        "state": "active" if active is not None else "draft" if draft is not None else "kept",
        "configured": here,
        "sha256": row.sha256,
        "applied_at": row.applied_at,
        **{
            f"{word}_{name}": None if step is None else getattr(step, name)
            for word, step in (("drafted", draft), ("activated", active))
            for name in ("who", "why", "at")
        },
    }
