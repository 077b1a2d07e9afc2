"""What a fault program found: one row of the faults table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one program over a range of seeds.

    `points` counts the places it interferes at (step boundaries, kinds of fault, orders), `runs` how often a
    whole run was made and compared. `lost` and `duplicate` count acknowledged pieces of work that are missing
    or had their effect twice. A violation is one line of text that names its seed.
    """

    name: str
    points: int
    runs: int
    seeds: tuple[int, int]
    """The first and the last seed, both included."""
    lost: int = 0
    duplicate: int = 0
    violations: tuple[str, ...] = ()
    seconds: float = 0.0
    figures: Mapping[str, int | float | str] = field(default_factory=dict)
    """What else the program measured, by name with its unit."""

    @property
    def met(self) -> bool:
        """Whether something was run and nothing went wrong."""
        return self.runs > 0 and not (self.lost or self.duplicate or self.violations)

    def to_json(self) -> dict[str, object]:
        """Return plain values for `--json`."""
        plain = asdict(self) | {"seeds": list(self.seeds), "violations": list(self.violations)}
        return plain | {"seconds": round(self.seconds, 3), "figures": dict(self.figures), "met": self.met}
