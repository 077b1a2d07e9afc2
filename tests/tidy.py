"""The house rules a machine can keep.

Each rule's docstring tells the trouble it prevents; each ban names its replacement.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from tests.shared import ROOT

PACKAGES = ("contracts", "signing", "connectors", "hub")
FOLDERS = (*PACKAGES, "benchmarks", "tests", "docs", "config", ".ci")
TEXTS = {
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".json",
    ".txt",
    ".ini",
    ".mako",
    ".html",
    ".css",
    ".js",
    ".sh",
    "",
}

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60

# Where the outside world enters: the clock, randomness and printed words are taken here and handed inwards.
EDGES = (
    "hub/cli",
    "hub/demo",
    "hub/wiring",
    "hub/worker",
    "benchmarks/",
    "connectors/sandbox",
    "connectors/workbench",
    "tests/",
    ".ci/",
)
PRINTERS = ("hub/cli", "hub/demo", "benchmarks/")
EXACT = ("contracts/", "hub/domain/")
# A migration is a list of every table of its day, written by a tool and never edited again.
HISTORY = ("hub/store/migrations/versions/",)


@dataclass(frozen=True)
class Source:
    """One file under inspection: its path from the root, with slashes, and its text."""

    path: str
    text: str

    @property
    def is_python(self) -> bool:
        """Tell whether rules of syntax apply."""
        return self.path.endswith(".py")

    def within(self, *prefixes: str) -> bool:
        """Tell whether the file lies under one of these prefixes."""
        return self.path.startswith(prefixes)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Return every node of the syntax tree; none for a file that is not Python."""
        return tuple(ast.walk(self.tree)) if self.is_python else ()

    @cached_property
    def tree(self) -> ast.Module:
        """Return the syntax tree."""
        return ast.parse(self.text, self.path)

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Yield every call with the dotted name of what is called."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield node, ast.unparse(node.func)


Finding = tuple[int, str]
Rule = Callable[[Source], Iterator[Finding]]


def sources() -> list[Source]:
    """Return every text file that belongs to the project."""
    files = [path for path in ROOT.iterdir() if path.is_file() and path.name not in {"LICENSE", ".git"}]
    for folder in FOLDERS:
        files += [
            path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts
        ]
    # A partner's sample may be in GBK; its ASCII is inspected all the same.
    return [
        Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8", errors="backslashreplace"))
        for path in sorted(files)
        if path.suffix in TEXTS and not path.name.startswith(".coverage")
    ]


def _matching(source: Source, pattern: re.Pattern[str], advice: str) -> Iterator[Finding]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if found := pattern.search(line):
            yield number, f"{found.group().strip()!r}: {advice}"


def short_file(source: Source) -> Iterator[Finding]:
    """A file nobody can hold in the head grows a second habit in its second half. Split it by topic."""
    lines = len(source.text.splitlines())
    if source.is_python and lines > MOST_LINES_OF_A_FILE and not source.within(*HISTORY):
        yield lines, f"{lines} lines, at most {MOST_LINES_OF_A_FILE}: make it a folder of the same name"


def short_function(source: Source) -> Iterator[Finding]:
    """The bug hides in the branch that scrolled off the screen. Name the steps and call them."""
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION and not source.within(*HISTORY):
                yield (
                    node.lineno,
                    f"{node.name}: {lines} lines, at most {MOST_LINES_OF_A_FUNCTION}: name its steps",
                )


def opening_line(source: Source) -> Iterator[Finding]:
    """A reader decides by one line whether to read on. Say what the module is for."""
    if source.is_python and source.text.strip():
        opening = (ast.get_docstring(source.tree, clean=False) or "").split("\n")
        if not opening[0].strip():
            yield 1, "open the module with one line saying what it is for"
        elif len(opening) > 1 and opening[1].strip():
            yield 1, "the opening line ends on its own line; go on after a blank one"


def no_bare_any(source: Source) -> Iterator[Finding]:
    """An `Any` silently switches the type checker off for all it touches. Use `object` or name the type."""
    if source.within(*EXACT):
        for node in source.nodes:
            annotations: list[ast.expr | None] = []
            if isinstance(node, ast.arg | ast.AnnAssign):
                annotations.append(node.annotation)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                annotations.append(node.returns)
            for annotation in annotations:
                if annotation is not None and ast.unparse(annotation) in {"Any", "typing.Any", "Any | None"}:
                    yield annotation.lineno, "bare Any: use `object`, a type variable or the type itself"


def no_float(source: Source) -> Iterator[Finding]:
    """0.1 + 0.2 is not 0.3, and a statement that is one fen off is not signed. Fen are int, rates Decimal."""
    if source.within(*EXACT):
        advice = "amounts are int fen, rates are Decimal or Fraction from a string"
        for node in source.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
                yield node.lineno, f"{node.value!r}: {advice}"
            elif isinstance(node, ast.Name) and node.id == "float" and not _refuses_float(source, node):
                yield node.lineno, f"float: {advice}"


def _refuses_float(source: Source, name: ast.Name) -> bool:
    """Tell whether the name occurs in an isinstance test, which is how a float is turned away."""
    return any(
        called == "isinstance" and any(part is name for part in ast.walk(call))
        for call, called in source.calls()
    )


_CLOCKS = re.compile(
    r"(?:^|\.)(?:datetime\.(?:now|utcnow|today)|date\.today|utcnow|time\.(?:time|time_ns|localtime|gmtime)"
    r"|uuid[1467]|uuid\.uuid[1467]|os\.urandom|urandom|secrets\.\w+|token_(?:bytes|hex|urlsafe)"
    r"|random\.(?:random|randint|randrange|choice|choices|shuffle|sample|getrandbits|uniform)"
    r"|SystemRandom|Random)$"
)


def injected_world(source: Source) -> Iterator[Finding]:
    """A decision that reads the clock cannot be replayed; a retry that draws a new number is a second loan.

    Take `now: datetime`, `random: Callable[[int], bytes]` and ids as arguments; only the edges ask the world.
    """
    if source.is_python and source.within(*PACKAGES) and not source.within(*EDGES):
        for call, called in source.calls():
            if _CLOCKS.search(called) and not (called.endswith("Random") and call.args):
                yield call.lineno, f"{called}(): take `now`, `random` or the id as an argument"
        for node in source.nodes:
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.urandom", "secrets.token_bytes"}:
                yield (
                    node.lineno,
                    f"{ast.unparse(node)}: take `random` as an argument; only the edges pass the real one",
                )


def no_print(source: Source) -> Iterator[Finding]:
    """A print goes where nobody looks, and may carry a borrower's name past the log's masking. Log it."""
    if source.within(*PACKAGES) and not source.within(*PRINTERS):
        for call, called in source.calls():
            if called in {"print", "pprint", "pprint.pprint"}:
                yield call.lineno, "print(): use structlog; only the command line and the demo print"


_UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b|pragma: no[ ]cover|\bNotImplemented[E]rror\b")


def finished(source: Source) -> Iterator[Finding]:
    """A promise in a comment is kept by nobody. Do it, or write an issue and leave the code whole."""
    yield from _matching(source, _UNFINISHED, "finish it, or file an issue and leave no trace here")


_IGNORES = re.compile(r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:\s*[A-Z])")


def reasoned_ignore(source: Source) -> Iterator[Finding]:
    """A blanket ignore hides the next error too. Name the one that is meant."""
    if source.is_python:
        yield from _matching(source, _IGNORES, "name the code: `type: ignore[...]`, `noqa: X123`")


_REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|docker\.io|ghcr\.io|quay\.io|proxy\.golang\.org"
    r"|(?:--|PIP_|UV_)(?:extra[-_])?index[-_]url|--find-[l]inks|--trusted-[h]ost",
    re.IGNORECASE,
)


def no_registry(source: Source) -> Iterator[Finding]:
    """A pinned download address fails behind a company's mirror. Name packages; pip knows where to ask."""
    yield from _matching(
        source, _REGISTRIES, "name the package and version only; where from is the machine's affair"
    )


_MACHINE = re.compile(r"(?<![\w.~/:}-])/(?:work|tmp|home|root|Users)/[\w.*]")


def no_machine_path(source: Source) -> Iterator[Finding]:
    """A path of the author's machine works once. Use `tmp_path`, a path from the root, or a setting."""
    yield from _matching(source, _MACHINE, "use tmp_path, a path from the root, or a setting")


_DOWNLOAD_LOCKS = re.compile(r"@\s*(?:https?|git\+|file):")


def pinned_by_name(source: Source) -> Iterator[Finding]:
    """constraints.txt is the one list of what is installed: every line a name and a version, nothing else."""
    if source.path == "constraints.txt":
        lines = source.text.splitlines()
        for number, line in enumerate(lines, 1):
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.!+_-]+", line):
                yield number, f"{line!r}: write name==version (`make constraints`)"
        names = [re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in lines]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield names.index(name) + 1, f"{name} is pinned twice"
    if source.path == "pyproject.toml":
        yield from _matching(source, _DOWNLOAD_LOCKS, "depend by name and version")


def no_sleep(source: Source) -> Iterator[Finding]:
    """A sleeping test is slow on good days, fails on bad ones. Wait for the event, or pass a later time."""
    if source.within("tests/"):
        for call, called in source.calls():
            if called in {"time.sleep", "sleep", "asyncio.sleep"}:
                yield call.lineno, f"{called}(): wait for an event with a timeout, or pass a later `now`"


def no_mock(source: Source) -> Iterator[Finding]:
    """A mock agrees with whatever the test believes. Use the real thing, or a fake of the other side."""
    if source.within("tests/"):
        for node in source.nodes:
            names = (
                [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            )
            module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            if any("mock" in part.split(".") for part in (module, *names)):
                yield node.lineno, "mock: use the real store, a simulator, or a small fake"  # type: ignore[attr-defined]


_MARKS = frozenset({"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"})


def reasoned_skip(source: Source) -> Iterator[Finding]:
    """A skipped test proves nothing; the report must say what was not proven, and how to prove it."""
    if source.within("tests/"):
        called_marks = {id(call.func) for call, _ in source.calls()}
        for call, called in source.calls():
            if called in {"pytest.skip", *_MARKS} and not _has_reason(call):
                yield call.lineno, f"{called}: give the reason"
        for node in source.nodes:
            if (
                isinstance(node, ast.Attribute)
                and ast.unparse(node) in _MARKS
                and id(node) not in called_marks
            ):
                yield node.lineno, f"{ast.unparse(node)}: give the reason"


def _has_reason(call: ast.Call) -> bool:
    named = any(word.arg == "reason" for word in call.keywords)
    return named or (ast.unparse(call.func) == "pytest.skip" and bool(call.args))


def partner_names() -> frozenset[str]:
    """Return the names of the dialects, one folder each, and of the partners in the packaged folder."""
    dialects = {path.parent.name for path in (ROOT / "connectors").glob("*/wire.py")}
    listed = [path.read_text(encoding="utf-8") for path in (ROOT / "hub").glob("config/*/partners.yaml")]
    return frozenset(
        dialects.union(*(re.findall(r"^ *-? *id: *([a-z0-9_-]+)", text, re.MULTILINE) for text in listed))
    )


def hub_names_no_partner(source: Source) -> Iterator[Finding]:
    """The first `if partner ==` is how a hub becomes twenty programs. Ask for a capability, or configure."""
    names = partner_names()
    if source.is_python and source.within("hub/") and names:
        spelled = "|".join(re.escape(name).replace("_", "[-_ ]?") for name in sorted(names))
        pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{spelled})(?![A-Za-z0-9])", re.IGNORECASE)
        yield from _matching(source, pattern, "ask the connector for a capability, or configure it")


def run_not_write(source: Source) -> Iterator[Finding]:
    """A deadlock or a server that restarts undoes a unit of work, which a bare `write()` then loses."""
    if source.within("hub/flows/", "hub/worker", "hub/wiring"):
        for call, name in source.calls():
            if name.endswith("database.write"):
                yield call.lineno, "give the unit of work to `Database.run`, which begins it again"


RULES: tuple[Rule, ...] = (
    short_file,
    short_function,
    opening_line,
    no_bare_any,
    no_float,
    injected_world,
    no_print,
    finished,
    reasoned_ignore,
    no_registry,
    no_machine_path,
    pinned_by_name,
    no_sleep,
    no_mock,
    reasoned_skip,
    hub_names_no_partner,
    run_not_write,
)
