"""A folder is used whole or not at all, and every problem names its file, line, field and remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.programme import PartnerKind
from hub.config.load import FILE_BYTES_MAX, ConfigRefused, Problem, load, money_folder, sandbox_folder

Edit = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the packaged folder."""
    return Path(shutil.copytree(sandbox_folder(), tmp_path / "config"))


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Return a function that replaces the first occurrence of a text in a file; it must be there."""

    def change(name: str, old: str, new: str) -> None:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def problems(folder: Path, **known: frozenset[str]) -> tuple[Problem, ...]:
    with pytest.raises(ConfigRefused) as refusal:
        load(folder, **known)
    found = refusal.value.problems
    assert str(refusal.value).splitlines() == [str(problem) for problem in found]
    assert all(problem.file and problem.line >= 1 and problem.what and problem.remedy for problem in found)
    return found


def test_the_packaged_folder() -> None:
    """Three partners of three kinds, at least two programmes each, different mixes of clauses."""
    found = load(sandbox_folder())
    assert {partner.kind for partner in found.partners.values()} == {
        PartnerKind.BANK,
        PartnerKind.CONSUMER_FINANCE,
        PartnerKind.TRUST,
    }
    for partner in found.partners:
        assert sum(programme.partner == partner for programme in found.programmes) >= 2
        assert "虚构" in found.partners[partner].name_zh
    mixes = {frozenset(clause.kind for clause in agreement.clauses) for agreement in found.agreements}
    assert len(mixes) >= 3
    assert found.products["cash_loan"].all_in_cap == Decimal("0.24")
    day = date(2026, 1, 5)
    for programme in found.programmes:
        assert found.agreement(programme.agreement, day).partner == programme.partner
        assert found.programme(programme.id, programme.version) is programme


def test_the_packaged_folder_of_those_who_move_money() -> None:
    found = load(money_folder())
    ways = {(p.disbursed_by, p.collected_by, p.custody) for p in found.programmes}
    assert ways == {("quick_pay", "quick_pay", None), (None, None, "rock_bank")}
    assert all("虚构" in partner.name_zh for partner in found.partners.values())


def test_unknown_versions() -> None:
    found = load(sandbox_folder())
    first = found.programmes[0]
    with pytest.raises(LookupError, match="no version 9"):
        found.programme(first.id, 9)
    with pytest.raises(LookupError, match="no version of agreement"):
        found.agreement(first.agreement, date(2020, 1, 1))


@pytest.mark.parametrize(
    ("name", "old", "new", "field", "word"),
    [
        ("products.yaml", "age_min: 20", "age_mim: 20", "products[0].age_mim", "age_min"),
        ("products.yaml", '"0.0300"', "0.0300x", "products[0].annual_rate_min", "decimal"),
        ("products.yaml", "100_000", "0", "products[0].amount_min_fen", "greater"),
        ("products.yaml", "products:", "product:", "", "list under"),
        ("products.yaml", "id: cash_loan", "id: imported_loan", "products[1].id", "products[0]"),
        ("partners.yaml", "kind: bank", "kind: bunk", "partners[0].kind", "bank"),
        ("partners.yaml", "keys: citybank", "keys: sunfin", "partners[1].keys", "partners[0]"),
        (
            "agreements.yaml",
            "party: sunfin, weight",
            "party: other, weight",
            "agreements[0].capital[0].party",
            "not a party",
        ),
        ("agreements.yaml", "weight: 7", "weight: 1", "agreements[3].capital", "less than 0.30"),
        ("agreements.yaml", "partner: sunfin", "partner: platform", "agreements[0].capital", "funds"),
        ("programmes.yaml", "partner: sunfin", "partner: nobody", "programmes[0].partner", "'nobody'"),
        ("programmes.yaml", "[cash_loan, ", "[car_loan, ", "programmes[0].products[0]", "'car_loan'"),
        (
            "programmes.yaml",
            "agreement: sunfin_standard_2025",
            "agreement: lost",
            "programmes[0].agreement",
            "'lost'",
        ),
        (
            "programmes.yaml",
            "agreement: sunfin_standard_2025",
            "agreement: harvest_trust_2025",
            "programmes[0].agreement",
            "is with harvest_trust",
        ),
        (
            "programmes.yaml",
            "2025-01-01",
            "2024-12-31",
            "programmes[0].effective_from",
            "no version of agreement",
        ),
        ("programmes.yaml", '"0.0550"', '"0.0560"', "programmes[0].funding_rate", "0.0550"),
        ("programmes.yaml", '"0.0150"', '"0.0250"', "programmes[0].guarantee_rate", "0.0150"),
        ("programmes.yaml", 'own_share: "0.70"', 'own_share: "0.71"', "programmes[4].own_share", "0.7"),
        ("programmes.yaml", 'own_share: "0.70"', 'own_share: "0.20"', "programmes[4].own_share", "0.30"),
        ("programmes.yaml", "[3, 6, 12, 24, 36]", "[4]", "programmes[0].terms", "never funds"),
        (
            "programmes.yaml",
            "id: sunfin_flex",
            "id: sunfin_standard",
            "programmes[1].version",
            "listed twice",
        ),
        ("programmes.yaml", 'opens: "06:00"', "opens: 6", "programmes[2].window.opens", "HH:MM"),
        ("programmes.yaml", '"1509"', "1509", "programmes[0].regions_denied[0]", "string"),
        (
            "programmes.yaml",
            "priority: 20",
            "priority: 20\n    priority: 30",
            "programmes[0].priority",
            "already",
        ),
        ("programmes.yaml", "    version: 1\n", "", "programmes[0].version", "required"),
    ],
)
def test_one_mistake(folder: Path, edit: Edit, name: str, old: str, new: str, field: str, word: str) -> None:
    """Each mistake is told at its field, on the line where the eye will look."""
    edit(name, old, new)
    told = [p for p in problems(folder) if p.file == name and p.field == field]
    assert told, problems(folder)
    assert word in f"{told[0].what} {told[0].remedy}"
    if new and field:
        last = field.rsplit(".", 1)[-1].split("[")[0]
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        assert last in lines[told[0].line - 1] or told[0].what.startswith("'")


def test_versions_follow_each_other(folder: Path, edit: Edit) -> None:
    text = (folder / "programmes.yaml").read_text(encoding="utf-8")
    first = text[text.index("  - id: sunfin_standard") : text.index("  - id: sunfin_flex")]
    later = first.replace("version: 1", "version: 2").replace("2025-01-01", "2026-02-01")
    edit("programmes.yaml", first, first + later)
    assert [p.what for p in problems(folder)] == [
        "versions 1 and 2 of sunfin_standard are in effect together"
    ]
    edit(
        "programmes.yaml",
        "    effective_from: 2025-01-01\n",
        "    effective_from: 2025-01-01\n    effective_to: 2026-01-31\n",
    )
    found = load(folder)
    assert [p.version for p in found.programmes if p.id == "sunfin_standard"] == [1, 2]
    edit("programmes.yaml", "version: 2\n    partner: sunfin", "version: 2\n    partner: citybank")
    assert "programmes[1].partner" in {p.field for p in problems(folder)}


def test_a_partner_of_an_agreement_is_configured(folder: Path, edit: Edit) -> None:
    edit("partners.yaml", "id: harvest_trust", "id: other_trust")
    fields = {problem.field for problem in problems(folder)}
    assert fields == {"agreements[2].partner", "programmes[2].partner", "programmes[3].partner"}


def test_connectors_are_registered(folder: Path) -> None:
    known = frozenset(partner.connector for partner in load(folder).partners.values())
    assert load(folder, connectors=known) == load(folder)
    missing = sorted(known)[0]
    [problem] = problems(folder, connectors=known - {missing})
    assert missing in problem.what


def test_every_problem_at_once(folder: Path, edit: Edit) -> None:
    edit("products.yaml", "age_min: 20", "age_min: 99")
    edit("partners.yaml", "kind: bank", "kind: bunk")
    edit("programmes.yaml", '"0.0550"', "5.5%")
    edit("agreements.yaml", "weight: 1", "weight: -1")
    assert {p.file for p in problems(folder)} == {
        "products.yaml",
        "partners.yaml",
        "programmes.yaml",
        "agreements.yaml",
    }


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"\xff\xfe\x00", "utf-8"),
        (b"", "list under"),
        (b"products: []\n", "empty"),
        (b"products: 3\n", "list under"),
        (b"- 1\n", "list under"),
        (b"products: [3]\n", "object"),
        (b'products:\n  - {id: cash, "name_zh": "\\ud800"}\n', "escape"),
    ],
)
def test_files_that_are_not_lists_of_terms(folder: Path, content: bytes, word: str) -> None:
    (folder / "products.yaml").write_bytes(content)
    told = problems(folder)
    assert {problem.file for problem in told} == {"products.yaml"}
    assert any(word in problem.what for problem in told), told


def test_a_file_of_unreasonable_length(folder: Path) -> None:
    (folder / "products.yaml").write_bytes(b"#" * (FILE_BYTES_MAX + 1))
    assert "longer" in problems(folder)[0].what


def test_missing_and_stray_files(folder: Path) -> None:
    (folder / "partners.yaml").rename(folder / "partner.yml")
    found = {problem.file: problem.what for problem in problems(folder)}
    assert "No such file" in found["partners.yaml"]
    assert "no terms are read" in found["partner.yml"]


def test_a_missing_folder(tmp_path: Path) -> None:
    assert len(problems(tmp_path / "nowhere")) == 4


def test_a_byte_order_mark_is_harmless(folder: Path) -> None:
    path = folder / "products.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(folder) == load(sandbox_folder())


CHANNEL = """
  - id: quickpay
    name_zh: 快付（虚构）
    name_en: Quickpay (fictional)
    kind: payment_institution
    contact: 客服
    connector: payment_channel
    keys: quickpay
    settings: {account_name: 备付金专户, account_no: "100000000001"}
"""


def _with_channel(folder: Path, said: str, channel: str = CHANNEL) -> None:
    (partners, programmes) = (folder / name for name in ("partners.yaml", "programmes.yaml"))
    partners.write_text(partners.read_text(encoding="utf-8") + channel, encoding="utf-8")
    text = programmes.read_text(encoding="utf-8")
    programmes.write_text(
        text.replace("    priority: 20\n", f"    priority: 20\n    {said}\n", 1), encoding="utf-8"
    )


def test_a_programme_says_who_moves_the_money(folder: Path) -> None:
    _with_channel(folder, "disbursed_by: quickpay\n    collected_by: quickpay")
    programme = load(folder).programmes[0]
    assert (programme.disbursed_by, programme.collected_by, programme.custody) == (
        "quickpay",
        "quickpay",
        None,
    )


@pytest.mark.parametrize(
    ("said", "channel", "field", "word"),
    [
        ("disbursed_by: citybank", CHANNEL, "disbursed_by", "of kind payment_institution"),
        ("collected_by: nobody", CHANNEL, "collected_by", "quickpay"),
        ("custody: quickpay", CHANNEL, "custody", "of kind custodian"),
        (
            "disbursed_by: quickpay",
            CHANNEL.replace("account_no", "number"),
            "disbursed_by",
            "settings.account_no",
        ),
        ("{both}", CHANNEL, "", "one way"),
    ],
)
def test_whoever_moves_the_money_is_of_the_right_kind(
    folder: Path, said: str, channel: str, field: str, word: str
) -> None:
    _with_channel(folder, said.replace("{both}", "disbursed_by: quickpay\n    custody: quickpay"), channel)
    (problem,) = problems(folder)
    assert (problem.file, problem.field) == ("programmes.yaml", f"programmes[0]{field and '.' + field}")
    assert word in f"{problem.what} {problem.remedy}"


def test_who_moves_money_lends_none(folder: Path) -> None:
    _with_channel(folder, "weight: 1")
    file = folder / "programmes.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("partner: sunfin", "partner: quickpay", 1), encoding="utf-8"
    )
    assert "programmes[0].partner" in {problem.field for problem in problems(folder)}


def test_rules_are_read_and_checked_with_the_rest(folder: Path) -> None:
    rule = (
        "rules:\n  - name: old\n    when: {field: age, op: gt, value: %s}\n    then: refuse\n    to: [%s]\n"
    )
    target = load(folder).programmes[0].id
    path = folder / "rules.yaml"
    path.write_text(rule % (40, target), encoding="utf-8")
    assert [found.name for found in load(folder).rules.rules] == ["old"]
    path.write_text(rule % (80, "nobody_knows"), encoding="utf-8")
    found = problems(folder)
    assert [(one.file, one.line) for one in found] == [("rules.yaml", 2)] * 2
    assert "never_true: age" in found[0].what
    assert "'nobody_knows' is not configured" in found[1].what
    path.write_text(rule % ("[", target), encoding="utf-8")
    assert problems(folder)[0].file == "rules.yaml"
