"""`check-config`: says everything that is wrong with a configuration folder, or counts what is in order."""

from __future__ import annotations

from pathlib import Path

from hub.config.load import ConfigRefused, sandbox_folder
from hub.settings import Settings
from hub.wiring import configuration


def check_config(folder: Path | None) -> None:
    """Check a folder; prints each problem as `file:line: field: what. Remedy` and exits with 1."""
    settings = Settings()
    if folder is not None:
        settings = settings.model_copy(update={"config_dir": folder})
    try:
        found = configuration(settings)
    except ConfigRefused as refused:
        for problem in refused.problems:
            print(problem)
        raise SystemExit(1) from None
    counts = ", ".join(
        f"{len(items)} {name}"
        for name, items in (
            ("partners", found.partners),
            ("products", found.products),
            ("programmes", found.programmes),
            ("agreements", found.agreements),
        )
    )
    print(f"{settings.config_dir or sandbox_folder()}: in order: {counts}")
