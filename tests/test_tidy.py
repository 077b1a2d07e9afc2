"""The house is tidy, and every rule of tests/tidy.py sees what it is there to see."""

from __future__ import annotations

import pytest

from tests import tidy
from tests.tidy import RULES, Rule, Source

SOURCES = tidy.sources()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house_rule(rule: Rule) -> None:
    found = [f"{source.path}:{line}: {what}" for source in SOURCES for line, what in rule(source)]
    assert not found, "\n".join([f"{rule.__name__}: {rule.__doc__}", *found])


LONG_FUNCTION = "def f() -> None:\n" + "    f()\n" * 60

# (rule, path, text): the rule must object to this.
BAD = [
    (tidy.short_file, "hub/a.py", '"""A."""\n' + "x = 1\n" * 400),
    (tidy.short_function, "hub/a.py", LONG_FUNCTION),
    (tidy.opening_line, "hub/a.py", "import os\n"),
    (tidy.opening_line, "hub/a.py", '"""\nSays it late.\n"""\n'),
    (tidy.opening_line, "tests/a.py", '"""Goes on\nand on.\n"""\n'),
    (tidy.no_bare_any, "contracts/a.py", "def f(x: Any) -> None: ...\n"),
    (tidy.no_bare_any, "hub/domain/a.py", "def f() -> Any: ...\n"),
    (tidy.no_bare_any, "hub/domain/a.py", "x: Any = 1\n"),
    (tidy.no_float, "contracts/a.py", "RATE = 0.1\n"),
    (tidy.no_float, "hub/domain/a.py", "x = float('1')\n"),
    (tidy.no_float, "hub/domain/a.py", "def f(rate: float) -> None: ...\n"),
    (tidy.injected_world, "hub/flows/a.py", "now = datetime.now(UTC)\n"),
    (tidy.injected_world, "hub/domain/a.py", "t = time.time()\n"),
    (tidy.injected_world, "signing/a.py", "nonce = os.urandom(12)\n"),
    (tidy.injected_world, "signing/a.py", "def f(random=os.urandom): ...\n"),
    (tidy.injected_world, "connectors/x/wire.py", "number = uuid4()\n"),
    (tidy.injected_world, "hub/web/a.py", "number = uuid.uuid4().hex\n"),
    (tidy.injected_world, "hub/domain/a.py", "dice = Random()\n"),
    (tidy.no_print, "hub/flows/a.py", "print('x')\n"),
    (tidy.finished, "docs/a.md", "TO¦DO: write\n"),
    (tidy.finished, "hub/a.py", "x = 1  # pragma: no¦ cover\n"),
    (tidy.finished, "hub/a.py", "raise NotImplemented¦Error\n"),
    (tidy.reasoned_ignore, "hub/a.py", "x = f()  # type: ¦ignore\n"),
    (tidy.reasoned_ignore, "hub/a.py", "x = f()  # no¦qa\n"),
    (tidy.no_registry, "README.md", "pip install --index¦-url x\n"),
    (tidy.no_registry, "docs/a.md", "see pypi¦.org/project/x\n"),
    (tidy.no_machine_path, "tests/a.py", "p = '/ho¦me/me/x'\n"),
    (tidy.no_machine_path, ".ci/run", "cd /t¦mp/x\n"),
    (tidy.pinned_by_name, "constraints.txt", "a>=1\n"),
    (tidy.pinned_by_name, "constraints.txt", "a @ https://example.invalid/a.whl\n"),
    (tidy.pinned_by_name, "constraints.txt", "a_b==1\nA-b==2\n"),
    (tidy.no_sleep, "tests/a.py", "time.sleep(1)\n"),
    (tidy.no_mock, "tests/a.py", "from unittest.mock import Mock\n"),
    (tidy.no_mock, "tests/a.py", "from unittest import mock\n"),
    (tidy.reasoned_skip, "tests/a.py", "@pytest.mark.skip\ndef test_x() -> None: ...\n"),
    (tidy.reasoned_skip, "tests/a.py", "pytest.skip()\n"),
    (tidy.reasoned_skip, "tests/a.py", "@pytest.mark.skipif(True)\ndef test_x() -> None: ...\n"),
    (tidy.hub_names_no_partner, "hub/flows/a.py", "if dialect == 'sorted-form': ...\n"),
    (tidy.hub_names_no_partner, "hub/a.py", "import connectors.sorted_form.connector\n"),
    (tidy.run_not_write, "hub/flows/a.py", "with context.database.write() as tx: ...\n"),
    (tidy.run_not_write, "hub/worker.py", "with self._context.database.write() as tx: ...\n"),
    (tidy.run_not_write, "hub/wiring.py", "with database.write() as tx: ...\n"),
]

# (rule, path, text): the rule must let this pass.
GOOD = [
    (tidy.opening_line, "hub/a.py", '"""Says it at once.\n\nThen explains.\n"""\n'),
    (tidy.no_bare_any, "hub/flows/a.py", "x: Any = 1\n"),
    (tidy.no_float, "connectors/a.py", "TIMEOUT_SECONDS = 0.5\n"),
    (tidy.no_float, "contracts/a.py", "if isinstance(x, float): raise TypeError\n"),
    (tidy.injected_world, "hub/cli/keys.py", "now = datetime.now(UTC)\n"),
    (tidy.injected_world, "hub/domain/a.py", "dice = Random(7)\n"),
    (tidy.injected_world, "hub/flows/a.py", "started = time.monotonic()\n"),
    (tidy.no_print, "hub/cli.py", "print('x')\n"),
    (tidy.reasoned_ignore, "hub/a.py", "x = f()  # type: ignore[arg-type]\n"),
    (tidy.no_machine_path, "docs/a.md", "GET http://127.0.0.1:8000/home/x and docs/tmp/x\n"),
    (tidy.pinned_by_name, "constraints.txt", "a==1\nb-c==2.0.post1\n"),
    (tidy.reasoned_skip, "tests/a.py", "pytest.skip('no server')\n"),
    (tidy.hub_names_no_partner, "connectors/a.py", "x = 'sorted_form'\n"),
    (tidy.run_not_write, "hub/flows/a.py", "context.database.run(keep, repeatable=True)\n"),
    (tidy.run_not_write, "hub/store/a.py", "with database.write() as tx: ...\n"),
]


def _source(path: str, text: str) -> Source:
    """Return a sample; ¦ stands inside words that the rules would find in this file too."""
    return Source(path, text.replace("¦", ""))


def _name(case: object) -> str:
    return getattr(case, "__name__", "")


@pytest.mark.parametrize(("rule", "path", "text"), BAD, ids=_name)
def test_house_rule_objects(rule: Rule, path: str, text: str) -> None:
    assert list(rule(_source(path, text)))


@pytest.mark.parametrize(("rule", "path", "text"), GOOD, ids=_name)
def test_house_rule_lets_pass(rule: Rule, path: str, text: str) -> None:
    assert not list(rule(_source(path, text)))


def test_every_house_rule_is_proven_and_tells_why_it_exists() -> None:
    assert {rule.__name__ for rule, _, _ in BAD} == {rule.__name__ for rule in RULES}
    assert all(rule.__doc__ for rule in RULES)
