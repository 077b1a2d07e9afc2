"""Run the simulation over a range of seeds.

python -m tests.faults.simulation.run --seeds 0:1000 [--short] [--processes 2] [--json]
python -m tests.faults.simulation.run --seeds 17 --trace

"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import os
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import structlog

from tests.faults.outcome import Outcome
from tests.faults.simulation import premises
from tests.faults.simulation.town import WINDOWS, Town, Violated
from tests.faults.simulation.weather import FAULTS
from tests.faults.wish import Wish

SHORT_WINDOWS = (300, 3_600)
"""Seconds of faults in the quick form: applications and drawdowns, and no term falls due."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one seed gave."""

    seed: int
    violation: str | None
    trace: tuple[str, ...]
    digest: str
    """The hashes of everything that happened and of every row there is in the end."""
    steps: int
    faults: Counter[str]


def play(
    seed: int,
    *,
    dialects: tuple[str, ...] = premises.DIALECTS,
    windows: tuple[int, ...] = WINDOWS,
    leaps: bool = False,
) -> Report:
    """Play one seed; what goes wrong stands in the report."""
    town = Town(seed, dialects=dialects, windows=windows, leaps=leaps)
    violation = None
    try:
        town.run()
    except Violated as found:
        violation = f"seed {seed}: {found}"
    except Exception as error:
        where = traceback.format_exc(limit=-4)
        violation = f"seed {seed}: {type(error).__name__}: {error}\n{where}"
    digest = f"{town.trace.digest()}:{town.database.digest()}"
    trace = tuple(town.trace.last)
    return Report(seed, violation, trace, digest, town.loop.steps, town.weather.seen)


def run(seeds: range, *, long: bool, leaps: bool = False, processes: int = 1) -> Outcome:
    """Play every seed; the short form has faults for an hour at most, the long one for months as well."""
    windows = WINDOWS if long else SHORT_WINDOWS
    began = time.perf_counter()
    violations, steps, faults = [], 0, Counter[str]()
    for report in _played(seeds, windows=windows, leaps=leaps, processes=processes):
        steps += report.steps
        faults += report.faults
        if report.violation is not None:
            violations.append(report.violation)
    seconds = time.perf_counter() - began
    return Outcome(
        name="clocks" if leaps else "simulation",
        points=len(FAULTS),
        runs=len(seeds),
        seeds=(seeds.start, seeds.stop - 1),
        lost=sum("lost:" in one for one in violations),
        duplicate=sum("two at once" in one for one in violations),
        violations=tuple(violations),
        seconds=seconds,
        figures={
            "seeds_per_minute": round(len(seeds) / seconds * 60),
            "steps": steps,
            "faults": sum(faults.values()),
        },
    )


def _played(seeds: range, *, windows: tuple[int, ...], leaps: bool, processes: int) -> Iterator[Report]:
    """The reports in the order of the seeds, played here or by so many processes of their own."""
    one = partial(play, windows=windows, leaps=leaps)
    if processes == 1:
        yield from map(one, seeds)
        return
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawned, initializer=_silence) as pool:
        yield from pool.map(one, seeds, chunksize=8)


def _silence() -> None:
    """Log nothing, as in the process that asked."""
    quiet().__enter__()


def program(wish: Wish) -> Iterator[Outcome]:
    """The row of the faults table: a few short runs, or in the long form a hundred thousand."""
    with quiet():
        yield run(wish.range(long=100_000, short=20), long=wish.long, processes=processes_of(wish))


def processes_of(wish: Wish) -> int:
    """One for each core in the long form; the short one is over before others have started."""
    return os.cpu_count() or 1 if wish.long else 1


@contextmanager
def quiet() -> Iterator[None]:
    """Log nothing meanwhile: a run of faults would log little else."""
    before = structlog.get_config()
    silent = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=silent, cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**before)


def main() -> int:
    """Play the seeds that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", default="0:1000", help="first:last, the last not included")
    parser.add_argument("--short", action="store_true", help="faults for an hour at most")
    parser.add_argument("--processes", type=int, default=1, help="play that many seeds at once")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--trace", action="store_true", help="print the last lines of what happened")
    options = parser.parse_args()
    with quiet():
        return _main(options)


def _main(options: argparse.Namespace) -> int:
    first, _, last = options.seeds.partition(":")
    seeds = range(int(first), int(last or int(first) + 1))
    if options.trace:
        windows = SHORT_WINDOWS if options.short else WINDOWS
        report = play(seeds.start, windows=windows)
        print("\n".join((*report.trace, report.violation or "no violation", report.digest)))
        return report.violation is not None
    outcome = run(seeds, long=not options.short, processes=options.processes)
    print(json.dumps(outcome.to_json(), ensure_ascii=False, indent=None if options.json else 2))
    return not outcome.met


if __name__ == "__main__":
    raise SystemExit(main())
