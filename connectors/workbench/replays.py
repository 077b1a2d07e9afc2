"""Writes the test that says a recording again."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from pydantic import ValidationError

from connectors.conformance.recording import Recording
from connectors.workbench.faults import Unworkable

_TEST = '''\
"""What {dialect} said when {stem} was recorded is understood today as it was then."""

from pathlib import Path

from connectors.conformance.replayed import replay

TestRecording = replay(Path(__file__).with_name("{name}"))
'''


def write_test(recording: Path, into: Path) -> Path:
    """Copy a recording into a folder, write its test beside it, and return the test's path.

    Raises Unworkable for a file that is no recording or a test that exists.
    """
    try:
        found = Recording.model_validate_json(recording.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        raise Unworkable(f"{recording} is no recording") from error
    stem = re.sub(r"[^a-z0-9]+", "_", recording.stem.lower()).strip("_") or "recording"
    test = into / f"test_{stem}.py"
    if test.exists():
        raise Unworkable(f"{test} exists; rename the recording, or remove the test first")
    into.mkdir(parents=True, exist_ok=True)
    kept = into / recording.name
    if kept.resolve() != recording.resolve():
        shutil.copyfile(recording, kept)
    test.write_text(_TEST.format(dialect=found.dialect, stem=stem, name=recording.name), encoding="utf-8")
    return test
