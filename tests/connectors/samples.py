"""What the samples of the three dialects have in common: read one, and reduce its facts to a line each."""

from __future__ import annotations

from importlib.resources import files

from contracts.messages import AnyTold


def sample(dialect: str, name: str) -> bytes:
    """Return a sample payload that lies beside its dialect."""
    return files(f"connectors.{dialect}").joinpath("samples", name).read_bytes()


def lines(facts: tuple[AnyTold, ...]) -> list[str]:
    """Return what each fact says, without what is absent."""
    return [
        " ".join(
            f"{name}={value}"
            for name, value in fact.model_dump(mode="json").items()
            if value is not None and name not in ("terms", "kind") and value != {}
        )
        for fact in facts
    ]
