"""`connector`: the workbench of whoever adds a partner."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.faults import CHECKS_FAILED, Refusal, spoken

if TYPE_CHECKING:
    from signing.keys import KeyRing

_KEY_DAYS = 3650

app = typer.Typer(help="Make, check, record and replay a partner's connector.", no_args_is_help=True)


@app.command()
@spoken
def new(
    name: Annotated[str, typer.Argument(help="The new dialect, such as city_bank.")],
    like: Annotated[str, typer.Option(help="The dialect it resembles most.")],
    into: Annotated[Path, typer.Option(file_okay=False, help="Where its folder is made.")] = Path(),
) -> None:
    """Write the package of a new dialect as a copy of another; it passes the kit at once."""
    from connectors.workbench.faults import Unworkable
    from connectors.workbench.scaffold import code_lines, write_package

    try:
        folder = write_package(name, like, into)
    except Unworkable as error:
        raise Refusal(str(error)) from error
    lines = code_lines(like)
    print(f"{folder}: a package like {like}, {lines} lines of code beside the partner's own words")
    print(f"next: loanhub connector check {folder}")


@app.command()
@spoken
def check(
    what: Annotated[str, typer.Argument(help="A dialect's name, or the folder of its package.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Where the reports are written.")] = Path(
        "report"
    ),
    sign_with: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="A ring with an Ed25519 key.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="The partner's real sandbox instead of its simulator.")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Our keys for it, as `keys new` made them."),
    ] = None,
    partner: Annotated[str, typer.Option(help="The partner's id.")] = "partner_under_test",
    setting: Annotated[list[str] | None, typer.Option(help="name=value, as in partners.yaml.")] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds a decision may take there.")] = 300.0,
    spacing: Annotated[float, typer.Option(min=0, help="Seconds between two queries there.")] = 30.0,
) -> None:
    """Ask the conformance kit's questions and write the report: signed JSON, and a page to read."""
    from datetime import UTC, datetime

    from connectors.workbench.checking import Remote
    from connectors.workbench.checking import check as run
    from connectors.workbench.faults import Unworkable
    from connectors.workbench.report import Status, page, signed

    if (url is None) is not (keys is None):
        raise Refusal("--url goes with --keys")
    settings = dict(_pair(one) for one in setting or [])
    remote = None if url is None or keys is None else Remote(url, keys, partner, settings, wait, spacing)
    now = datetime.now(UTC)
    try:
        found = run(what, at=now, remote=remote)
    except Unworkable as error:
        raise Refusal(str(error)) from error
    report = found.report
    ring = _signing_ring(sign_with, now)
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{report.dialect}.json").write_bytes(signed(report, ring, now=now))
    (out / f"{report.dialect}.html").write_text(page(report), encoding="utf-8")
    for row in report.rows:
        if row.status is not Status.NOT_SUPPORTED:
            print(f"{row.capability:24} {row.status}")
    for question in report.questions:
        if question.status is Status.FAILED:
            print(f"failed: {question.name}: {question.reason}")
    print(f"{sum(one.status is Status.NOT_SUPPORTED for one in report.rows)} capabilities not supported")
    print(f"signed by {ring.primary(now).fingerprint()}")
    print(f"{'passed' if report.passed else 'NOT PASSED'}: {out / report.dialect}.html")
    if not report.passed:
        raise typer.Exit(CHECKS_FAILED)


@app.command()
@spoken
def verify(
    report: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A signed report.")],
    key: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The signer's public key (PEM).")],
) -> None:
    """Say what a signed report says, if it is what its signer saw."""
    from datetime import UTC, datetime

    from connectors.workbench.report import ReportRefused, verified
    from signing.keys import Key, KeyRing

    try:
        ring = KeyRing.of("signer", Key.public_pem("signer", key.read_bytes()))
        found = verified(report.read_bytes(), ring, now=datetime.now(UTC))
    except ReportRefused as error:
        raise Refusal(str(error)) from error
    state = "complete" if found.complete else "passed, not all tested" if found.passed else "not passed"
    print(f"{found.dialect} at {found.target}, {found.at.isoformat()}: {state}")


@app.command()
@spoken
def record(
    dialect: Annotated[str, typer.Argument(help="A dialect's name.")],
    url: Annotated[str, typer.Option(help="The partner's sandbox.")],
    keys: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Our keys for it.")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="The recording.")] = Path("recording.json"),
    partner: Annotated[str, typer.Option(help="The partner's id.")] = "partner_under_test",
    setting: Annotated[list[str] | None, typer.Option(help="name=value, as in partners.yaml.")] = None,
    listen: Annotated[
        int | None, typer.Option(help="Record callbacks to this port of this machine too.")
    ] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds a decision may take there.")] = 300.0,
    spacing: Annotated[float, typer.Option(min=0, help="Seconds between two queries there.")] = 30.0,
) -> None:
    """Ask a partner's sandbox about an invented borrower and keep what it says, personal data replaced."""
    from datetime import UTC

    from connectors.port import ConnectorFailure
    from connectors.registry import UnknownDialect
    from connectors.workbench.checking import Remote
    from connectors.workbench.faults import Unworkable
    from connectors.workbench.recorder import record as run

    if out.exists():
        raise Refusal(f"{out} exists; choose another --out, or remove it first")
    remote = Remote(url, keys, partner, dict(_pair(one) for one in setting or []), wait, spacing)
    try:
        found, replaced = run(
            dialect, remote, clock=lambda: datetime.now(UTC), random=os.urandom, listen=listen
        )
    except (Unworkable, UnknownDialect, ConnectorFailure, ValueError) as error:
        raise Refusal(str(error)) from error
    out.write_text(found.model_dump_json(indent=1, exclude_defaults=True), encoding="utf-8")
    print(f"{out}: {len(found.exchanges)} exchanges, {replaced} personal values replaced")
    print(f"read it before you keep it; next: loanhub connector replay {out}")


@app.command()
@spoken
def replay(
    recording: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What was recorded.")],
    into: Annotated[Path, typer.Option(file_okay=False, help="Where the test is written.")] = Path("tests"),
) -> None:
    """Turn a recording into a test: the same words must always be understood in the same way."""
    from connectors.workbench.faults import Unworkable
    from connectors.workbench.replays import write_test

    try:
        test = write_test(recording, into)
    except Unworkable as error:
        raise Refusal(str(error)) from error
    print(f"{test}: says {recording.name} again")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Refusal(f"{text!r} is not name=value")
    return name, value


def _signing_ring(folder: Path | None, now: datetime) -> KeyRing:
    """The ring that signs reports: the one given, or `reports` under LOANHUB_KEY_DIR, made when needed."""
    from hub.settings import Settings
    from signing.keys import KeyRing
    from signing.keystore import RING_FILE, load_ring, new_ed25519, write_ring
    from signing.newkeys import dated

    place = folder or Settings().key_dir / "reports"
    if folder is None and not (place / RING_FILE).exists():
        write_ring(place, KeyRing("reports", [dated(new_ed25519("reports-1"), now, _KEY_DAYS)]))
        (place / "signer.pem").write_bytes(load_ring(place).primary(now).export_public())
    return load_ring(place, environ=os.environ)
