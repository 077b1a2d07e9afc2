"""Reads a configuration folder into validated terms, or says everything that is wrong with it at once.

The folder holds `products.yaml`, `partners.yaml`, `agreements.yaml` and `programmes.yaml`, and perhaps
`rules.yaml`, each a list under the key of the file's name. Nothing is used unless all of it is right.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from contracts.agreement import Agreement
from contracts.programme import Partner, Product, Programme
from contracts.rules import NO_RULES, Rule, RuleProgram
from hub.config import crosscheck, lines

FILE_BYTES_MAX: Final = 4_000_000
KINDS: Final[Mapping[str, type[BaseModel]]] = {
    "products": Product,
    "partners": Partner,
    "agreements": Agreement,
    "programmes": Programme,
    "rules": Rule,
}
OPTIONAL: Final = frozenset({"rules"})
"""Kinds whose file may be left out."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong: where it stands, what it is and what to do about it."""

    file: str
    line: int
    field: str
    what: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" + (f": {self.field}" if self.field else "")
        return f"{place}: {self.what}. Remedy: {self.remedy}."


class ConfigRefused(Exception):
    """The folder cannot be used; `problems` says why, line by line. Correct the files and load again."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Configuration:
    """All terms of a folder, checked against each other. Programmes and agreements hold every version."""

    products: Mapping[str, Product]
    partners: Mapping[str, Partner]
    agreements: tuple[Agreement, ...]
    programmes: tuple[Programme, ...]
    rules: RuleProgram = NO_RULES

    def agreement(self, agreement_id: str, day: date) -> Agreement:
        """Return the version loans are disbursed under on a business day; LookupError when there is none."""
        for agreement in self.agreements:
            if agreement.id == agreement_id and agreement.effective_on(day):
                return agreement
        raise LookupError(f"no version of agreement {agreement_id} is in effect on {day}")

    def programme(self, programme_id: str, version: int) -> Programme:
        """Return one version of a programme; LookupError when it is not configured."""
        for programme in self.programmes:
            if (programme.id, programme.version) == (programme_id, version):
                return programme
        raise LookupError(f"programme {programme_id} has no version {version}")


def sandbox_folder() -> Path:
    """Return the packaged folder of invented partners that the demo and the tests use."""
    return Path(str(resources.files("hub.config") / "sandbox"))


def money_folder() -> Path:
    """Return the packaged folder of invented lenders whose money others move: by a payment institution, and
    by a custodian that holds it."""
    return Path(str(resources.files("hub.config") / "sandbox_money"))


def load(folder: Path, *, connectors: Collection[str] | None = None) -> Configuration:
    """Return the terms in a folder.

    `connectors` are the registered dialects; when given, a partner that names another is a problem. Raises
    ConfigRefused with every problem found; an unreadable folder or file is a problem too.
    """
    reader = _Reader(folder)
    found = {kind: reader.items(kind, model) for kind, model in KINDS.items()}
    reader.strangers()
    products = _only(found["products"], Product)
    partners = _only(found["partners"], Partner)
    agreements = _only(found["agreements"], Agreement)
    programmes = _only(found["programmes"], Programme)
    rules = RuleProgram(rules=tuple(_only(found["rules"], Rule)))
    # References are judged only when every item reads: a missing item would be blamed on those that name it.
    if not reader.problems:
        for fault in crosscheck.faults(
            products, partners, agreements, programmes, rules=rules, connectors=connectors
        ):
            reader.report(fault.kind, (fault.kind, fault.index, *fault.path), fault.what, fault.remedy)
    if reader.problems:
        raise ConfigRefused(tuple(sorted(reader.problems)))
    return Configuration(
        products={product.id: product for product in products},
        partners={partner.id: partner for partner in partners},
        agreements=tuple(agreements),
        programmes=tuple(programmes),
        rules=rules,
    )


_Model = TypeVar("_Model", bound=BaseModel)


def _only(items: list[BaseModel], model: type[_Model]) -> list[_Model]:
    return [item for item in items if isinstance(item, model)]


class _Reader:
    """Reads the files of one folder and gathers what is wrong with them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._documents: dict[str, lines.Document] = {}
        self.problems: list[Problem] = []

    def report(self, kind: str, path: lines.Path, what: str, remedy: str) -> None:
        """Note a problem at a path of a file."""
        line = self._documents[kind].line_of(path)
        self.problems.append(Problem(f"{kind}.yaml", line, _dotted(path), what, remedy))

    def items(self, kind: str, model: type[BaseModel]) -> list[BaseModel]:
        """Return the valid items of a file; none of one that may be left out and is."""
        if kind in OPTIONAL and not (self._folder / f"{kind}.yaml").exists():
            return []
        document = self._document(kind)
        if document.faults:
            for fault in document.faults:
                field = _dotted(fault.path)
                self.problems.append(Problem(f"{kind}.yaml", fault.line, field, fault.what, fault.remedy))
            return []
        value = document.value
        if not isinstance(value, dict) or list(value) != [kind] or not isinstance(value[kind], list):
            self.report(kind, (), f"the file is not a list under '{kind}'", f"begin the file with '{kind}:'")
            return []
        listed = value[kind]
        if not isinstance(listed, list) or not listed:
            self.report(kind, (kind,), "the list is empty", "list at least one")
            return []
        read = (self._item(kind, index, item, model) for index, item in enumerate(listed))
        return [item for item in read if item is not None]

    def strangers(self) -> None:
        """Report YAML files nobody reads: a misspelt name would silently leave terms out."""
        for path in sorted(self._folder.glob("*.y*ml")):
            if path.suffix in (".yaml", ".yml") and path.name not in {f"{kind}.yaml" for kind in KINDS}:
                expected = ", ".join(f"{kind}.yaml" for kind in KINDS)
                self.problems.append(
                    Problem(
                        path.name, 1, "", "no terms are read from this file", f"name it one of {expected}"
                    )
                )

    def _document(self, kind: str) -> lines.Document:
        document = lines.Document()
        path = self._folder / f"{kind}.yaml"
        try:
            if path.stat().st_size > FILE_BYTES_MAX:
                raise ValueError(f"the file is longer than {FILE_BYTES_MAX} bytes")
            document = lines.read(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            what = f"the file cannot be read ({error.strerror})"
            document.faults.append(lines.Fault(1, (), what, f"put it into the folder {self._folder}"))
        except ValueError as error:
            document.faults.append(lines.Fault(1, (), str(error), "save it as UTF-8 text of ordinary length"))
        self._documents[kind] = document
        return document

    def _item(self, kind: str, index: int, item: lines.Value, model: type[BaseModel]) -> BaseModel | None:
        try:
            return model.model_validate_json(json.dumps(item))
        except ValidationError as error:
            for details in error.errors(include_url=False):
                for path, what, remedy in _explained(details, model):
                    self.report(kind, (kind, index, *path), what, remedy)
            return None


_REMEDIES: Final[Mapping[str, str]] = {
    "missing": "add it",
    "rate": 'write 8.5% as "0.085"',
    "rate_range": 'write 8.5% as "0.085"',
    "decimal_text": 'write 8.5% as "0.085"',
    "clock": 'write it as "08:30"',
    "day": "write it as 2026-01-31",
    "date_from_datetime_parsing": "write it as 2026-01-31",
    "string_type": "put it in quotes",
    "int_type": "write digits only, without quotes or point; amounts are in fen",
    "tuple_type": "write a list: [a, b]",
    "model_type": "write a mapping of fields",
    "enum": "use one of the words named",
    "json_invalid": "use characters that exist in Unicode",
    "order": "change one of the two",
}


def _explained(details: ErrorDetails, model: type[BaseModel]) -> Iterator[tuple[lines.Path, str, str]]:
    """Yield path, fault and remedy of one validation error; an agreement's error carries several."""
    path, kind, message = details["loc"], details["type"], details["msg"]
    if kind == "agreement":
        for part in message.split(" | "):
            field, _, rest = part.partition(": ")
            what, _, remedy = rest.rpartition("; ")
            yield (*path, *_path(field)), what or rest, remedy if what else "correct it"
    elif kind == "extra_forbidden":
        close = difflib.get_close_matches(str(path[-1]), model.model_fields, n=1)
        remedy = f"write '{close[0]}' if that is meant" if close else "remove it"
        yield path, "there is no such field", remedy
    else:
        plain = re.sub(r"Decimal\('([0-9.]+)'\)", r"\1", message[:1].lower() + message[1:])
        yield path, plain, _REMEDIES.get(kind, "give a value that satisfies this")


def _dotted(path: lines.Path) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _path(dotted: str) -> lines.Path:
    parts = dotted.replace("]", "").replace("[", ".").split(".")
    return tuple(int(part) if part.isdigit() else part for part in parts)
