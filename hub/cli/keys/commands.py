"""The commands of `keys` and their options; each imports what it needs only when it runs."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.faults import spoken

keys = typer.Typer(
    help="Make, import, list, rotate and revoke keys. A rotation has two phases: --next, then promote.",
    no_args_is_help=True,
)

RingName = Annotated[str, typer.Argument(help="PARTNER/ours, PARTNER/theirs, PARTNER/shared or fields.")]
KeyId = Annotated[str, typer.Argument(metavar="KEY", help="Its id, as `keys list` shows it.")]
AnyKey = Annotated[str | None, typer.Argument(metavar="KEY", help="The primary key when not given.")]
PasswordEnv = Annotated[
    str | None,
    typer.Option(help="Variable of the environment that holds the password of the key's file."),
]
UserId = Annotated[str | None, typer.Option(help="The SM2 user id agreed with the partner.")]


class Kind(StrEnum):
    """Kinds of key pairs."""

    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    EC_P256 = "ec-p256"
    ED25519 = "ed25519"
    SM2 = "sm2"


class Use(StrEnum):
    """What an imported key is for."""

    ANY = "any"
    SIGN = "sign"
    ENCRYPT = "encrypt"


@keys.command("new")
@spoken
def new(
    partner: Annotated[
        str | None, typer.Option(help="Our key pair for a partner, named as in `keys:`.")
    ] = None,
    theirs: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The partner's public key or certificate (PEM)."),
    ] = None,
    shared: Annotated[
        int | None, typer.Option(min=16, max=64, help="Also a secret of this many bytes, for both sides.")
    ] = None,
    fields: Annotated[
        bool, typer.Option("--fields", help="The ring that seals stored personal data.")
    ] = False,
    api: Annotated[str | None, typer.Option(help="An API key of this name, shown once.")] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="What the API key is good for: frontend, finance, operator.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long a new key may be used.")] = 365,
    kind: Annotated[Kind, typer.Option(help="Kind of our key pair.")] = Kind.RSA_2048,
    following: Annotated[
        bool,
        typer.Option("--next", help="The key that shall follow the present one: accepted, not yet used."),
    ] = False,
    password_env: PasswordEnv = None,
    user_id: UserId = None,
    profile: Annotated[
        str | None,
        typer.Option(help="With --partner: the keys this profile asks for, by its name or its .yaml file."),
    ] = None,
) -> None:
    """Make one kind of key: --partner ID, --fields, or --api NAME --scope SCOPE."""
    from hub.cli.keys.making import Wishes
    from hub.cli.keys.making import new as run

    wishes = Wishes(datetime.now(UTC), days, kind.value, following, password_env, user_id, profile)
    run(
        partner=partner,
        theirs=theirs,
        shared=shared,
        fields=fields,
        api=api,
        scopes=scope or [],
        wishes=wishes,
    )


@keys.command("import")
@spoken
def import_key(
    ring: RingName,
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="PEM, PKCS#12 (.p12, .pfx), or a secret in base64."),
    ],
    key_id: Annotated[
        str | None, typer.Option("--id", help="Its id; the file's name when not given.")
    ] = None,
    use: Annotated[Use, typer.Option(help="What it is for.")] = Use.ANY,
    password_env: PasswordEnv = None,
    user_id: UserId = None,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=3650, help="How long it may be used; its certificate's end, or 365 days."),
    ] = None,
) -> None:
    """Put a key made elsewhere into a ring. Beside a primary key it waits for `promote`."""
    from hub.cli.keys.importing import import_
    from signing.keys import KeyUse

    import_(
        ring,
        file,
        key_id=key_id,
        use=KeyUse(use.value),
        password_env=password_env,
        user_id=user_id,
        days=days,
        now=datetime.now(UTC),
    )


@keys.command("list")
@spoken
def list_keys(
    ring: Annotated[list[str] | None, typer.Argument(help="Only these rings.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    warn_days: Annotated[int, typer.Option(min=0, help="Warn so many days before a key ends.")] = 30,
) -> None:
    """List keys: state, use, dates, days left, fingerprint. Exit code 3 when one ends soon."""
    from hub.cli.keys.listing import list_

    raise typer.Exit(list_(ring or [], as_json=as_json, within_days=warn_days, now=datetime.now(UTC)))


@keys.command("promote")
@spoken
def promote(ring: RingName, key: KeyId) -> None:
    """Second phase of a rotation: act with this key from now on; the former one is only accepted."""
    from hub.cli.keys.changing import promote as run

    run(ring, key, datetime.now(UTC))


@keys.command("revoke")
@spoken
def revoke(
    ring: RingName,
    key: KeyId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Revoke a key at once: nothing is signed with it, believed from it or opened by it."""
    from hub.cli.keys.changing import revoke as run

    run(ring, key, yes=yes, confirm=typer.confirm)


@keys.command("csr")
@spoken
def csr(
    ring: RingName,
    common_name: Annotated[str, typer.Option("--cn", help="Common name of the certificate.")],
    key: AnyKey = None,
    organization: Annotated[str | None, typer.Option("--org", help="Organisation.")] = None,
) -> None:
    """Print a certificate signing request (PKCS#10) for one of our keys."""
    from hub.cli.keys.changing import csr as run

    run(ring, key, common_name=common_name, organization=organization, now=datetime.now(UTC))


@keys.command("export-public")
@spoken
def export_public(
    ring: RingName,
    key: AnyKey = None,
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="Write it here.")] = None,
) -> None:
    """Print the public half of a key as PEM, to be given to the partner."""
    from hub.cli.keys.changing import export_public as run

    run(ring, key, out=out, now=datetime.now(UTC))


@keys.command("rewrap")
@spoken
def rewrap(
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Data keys a transaction.")] = 200,
) -> None:
    """After a rotation of `fields`: put stored data keys under the present key. Run again to resume."""
    from hub.cli.keys.rewrapping import run

    run(batch=batch)
