"""How fast the signing package is, against the bare library and `openssl speed`, in one run on one core.

Add an algorithm: write a function that yields its cases in signing_cases/ and name it in GROUPS.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import Case, Figure, measure, one_object
from benchmarks.signing_cases.gm import gm_cases
from benchmarks.signing_cases.library import library_cases
from benchmarks.signing_cases.profiles import profile_cases
from benchmarks.signing_cases.sm2 import sm2_cases
from benchmarks.signing_cases.streams import StreamFigure, stream_figure

GROUPS: tuple[Callable[[ExitStack], Iterator[Case]], ...] = (
    library_cases,
    sm2_cases,
    gm_cases,
    profile_cases,
)


def main() -> int:
    """Measure every case; with --json print one object. Ends with 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=float, default=1.0, help="processor time per case (default 1)")
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    parser.add_argument("--rounds", type=int, default=5, help="turns between ours and the floor (default 5)")
    parser.add_argument("--file-mib", type=int, default=1024, help="size of the sealed file, 0 for none")
    options = parser.parse_args()
    with ExitStack() as stack:
        cases = [case for group in GROUPS for case in group(stack) if options.only in case.name]
        figures = [measure(case, options.seconds, options.rounds) for case in cases]
    files = [stream_figure(options.file_mib)] if options.file_mib and not options.only else []
    every: list[Figure | StreamFigure] = [*figures, *files]
    met = all(figure.met is not False for figure in every)
    if options.json:
        found = one_object("signing", figures)
        for one in files:
            found["figures"][one.name] = one.seal_mib_per_second
            found["floors"][one.name] = one.bare_gcm_mib_per_second
            found["goals"][one.name] = "constant memory"
            found["met"][one.name] = one.met
        print(json.dumps({**found, "files": [asdict(one) for one in files]}))
    else:
        print(*[one.line() for one in every], sep="\n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
