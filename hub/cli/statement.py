"""`statement`: what a partner runs on the files it was given, without a hub of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.faults import CHECKS_FAILED, Refusal, spoken

app = typer.Typer(help="Check statements that were handed out.", no_args_is_help=True)


@app.callback()
def _() -> None:
    """Check statements that were handed out."""


@app.command()
@spoken
def verify(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Folder with the files.")],
    key: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The platform's public key in PEM.")],
) -> None:
    """Verify every manifest of a folder and the files it names. Ends with code 3 when one does not hold."""
    manifests = sorted(folder.glob("*.manifest.json"))
    if not manifests:
        raise Refusal(f"{folder} holds no *.manifest.json; a statement's files come with one")
    public = key.read_bytes()
    covered: set[str] = set()
    bad = 0
    for path in manifests:
        names, faults = _check(path, public)
        covered |= names
        bad += bool(faults)
        print(f"{path.name}: {'; '.join(faults) if faults else '签名有效 holds'}, {len(names)} files")
    own = {path.name for path in manifests} | {path.name[: -len("json")] + "sig" for path in manifests}
    for other in sorted(path.name for path in folder.iterdir() if path.is_file()):
        if other not in covered | own:
            print(f"{other}: 不在签名范围 no manifest covers it")
    if bad:
        raise typer.Exit(CHECKS_FAILED)


def _check(path: Path, public: bytes) -> tuple[set[str], list[str]]:
    """The files a manifest names, and what is wrong; without a good signature nothing of it is believed."""
    from datetime import UTC, datetime
    from hashlib import sha256

    from hub.domain.statement_manifest import listed
    from signing.papers import paper_holds

    content = path.read_bytes()
    signature = path.with_name(path.name[: -len("json")] + "sig")
    if not signature.is_file():
        return set(), [f"{signature.name} is missing"]
    if not paper_holds(content, signature.read_bytes(), public, datetime.now(UTC)):
        return set(), ["签名无效 the signature does not hold"]
    try:
        files = listed(content)
    except ValueError as error:
        return set(), [str(error)]
    faults = []
    for name, digest in files.items():
        file = path.with_name(name)
        if not file.is_file():
            faults.append(f"{name} is missing")
        elif sha256(file.read_bytes()).hexdigest() != digest:
            faults.append(f"{name} 已被改动 was altered")
    return set(files), faults
