"""Search every parser for a bounded time: guided by coverage where atheris is installed, blindly elsewhere.

    python -m tests.fuzz.run --seconds 30 [--only jws] [--keep]

Each target runs in a process of its own. An input that breaks one is printed in base64 and the run ends with
1: add it to the target's corpus together with the repair. `--keep` keeps what widened the coverage.
"""

from __future__ import annotations

import argparse
import base64
import importlib.util
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent.parent
INSTRUMENTED = ["signing", "connectors", "contracts", "hub.web", "json.decoder", "zipfile"]
LONGEST_BYTES = 4096


def main() -> int:
    """Search all targets, or guide one of them when called by itself."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20, help="for each target")
    parser.add_argument("--only", default="", help="one target")
    parser.add_argument("--keep", action="store_true", help="renew the kept corpus")
    parser.add_argument("--guide", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.guide:
        _guide(options.guide[0], options.guide[1:])
    guided = importlib.util.find_spec("atheris") is not None
    if not guided:
        print("atheris is not installed (it wants Python >= 3.12: pip install 'loanhub[fuzz]').")
        print("The coverage-guided search is skipped; each target is searched blindly instead.")
    from tests.fuzz.targets import TARGETS

    names = [name for name in TARGETS if options.only in ("", name)]
    broken = [name for name in names if not _searched(name, options.seconds, options.keep, guided)]
    print(f"{len(names)} targets searched, {len(broken)} broken{': ' if broken else ''}{', '.join(broken)}")
    return 1 if broken or not names else 0


def _searched(name: str, seconds: int, keep: bool, guided: bool) -> bool:
    """Whether a target held."""
    from tests.fuzz import corpus
    from tests.fuzz.targets import TARGETS

    inputs = [*TARGETS[name].seeds, *corpus.kept(name)]
    if not guided:
        return _blindly(name, inputs, seconds)
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found"
        found.mkdir()
        for one in inputs:
            (found / sha256(one).hexdigest()).write_bytes(one)
        options = [f"-max_total_time={seconds}", f"-max_len={LONGEST_BYTES}", f"-artifact_prefix={folder}/"]
        run = _child(name, [str(found), *options])
        said = [line for line in run.stderr.splitlines() if line.startswith("Done ")]
        print(f"{name:18} {said[-1] if said else 'ended early'}", flush=True)
        crashes = [path for path in Path(folder).iterdir() if path.is_file()]
        for path in crashes:
            print(f"  {path.name}: {base64.b64encode(path.read_bytes()).decode()}")
        if run.returncode or crashes:
            print(run.stdout[-2000:] + run.stderr[-2000:])
            return False
        if keep:
            seeds = set(TARGETS[name].seeds)
            kept = corpus.keep(name, {path.read_bytes() for path in found.iterdir()} - seeds)
            print(f"{'':18} {kept} inputs kept")
    return True


def _child(name: str, options: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.fuzz.run", "--guide", name, *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)


def _guide(name: str, options: list[str]) -> None:
    """Hand this process over to atheris, which ends it."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzz.targets import TARGETS
    atheris.Setup([sys.argv[0], *options], TARGETS[name].run)
    atheris.Fuzz()


def _blindly(name: str, inputs: list[bytes], seconds: int) -> bool:
    """Damage known inputs at random for a while."""
    from tests.fuzz.targets import TARGETS
    from tests.signing.mutations import mutants

    dice, count, end = Random(time.time_ns()), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for one in mutants(dice.choice(inputs) or b"\0", dice.getrandbits(32), 200):
            try:
                TARGETS[name].run(one)
            except Exception as error:
                print(f"{name:18} {type(error).__name__}: {error}\n  {base64.b64encode(one).decode()}")
                return False
            count += 1
    print(f"{name:18} {count} inputs", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
