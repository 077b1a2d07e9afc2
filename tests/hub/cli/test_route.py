"""`route explain` and `route replay` print decisions and what other terms would change, Chinese first."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from contracts.application import Submission
from hub.config.load import load
from hub.demo.borrowers import invented
from hub.demo.premises import Premises
from hub.flows import outbound
from hub.settings import Settings
from hub.store import mailbox
from hub.wiring import assemble
from tests.hub.cli.conftest import Run

START = datetime(2026, 1, 5, 4, tzinfo=UTC)
WISH = next(iter(invented(1, seed=3))).submission
DAY = ("--from", "2026-01-05", "--to", "2026-01-05")


@pytest.fixture
def routed(premises: Premises) -> str:
    """An application that was routed at noon of the fifth."""
    context = assemble(Settings(), clock=lambda: START, random=os.urandom, wake=lambda _queue: None)
    submission = Submission.model_validate_json(json.dumps(WISH))
    reply = outbound.submit(context, submission, owner="shop", key="k", sha256="x")
    with context.database.write() as tx:
        (job,) = mailbox.claim(tx, queue=mailbox.LOCAL, most=1, owner="t", now=START)
    outbound.route(context, job)
    context.database.close()
    return str(reply.body["id"])


def test_a_past_decision_is_told_and_made_again(run: Run, routed: str) -> None:
    said = run("route", "explain", routed)
    lines = said.stdout.splitlines()
    assert (said.exit_code, lines[-2], lines[-1].strip()) == (
        0,
        "按记录重算一致",
        "its record gives it again",
    )
    assert lines[0].startswith(f"申请 {routed}：")
    assert any(line.startswith("选定 ") and "成本" in line for line in lines)
    assert all(line.startswith("    ") for line in lines[1::2])
    told = [line for line in lines if line.startswith("未选 ")]
    assert len(told) >= 3
    assert all("[" in line for line in told)
    assert run("route", "explain", "app_none").exit_code == 1


def test_an_application_in_a_file_is_tried(run: Run, premises: Premises, tmp_path: Path) -> None:
    file = tmp_path / "wish.json"
    file.write_text(json.dumps(WISH), encoding="utf-8")
    said = run("route", "explain", str(file))
    assert (said.exit_code, said.stdout.startswith("申请 dry_run：")) == (0, True)
    file.write_text(json.dumps({**WISH, "purpose": "stocks"}), encoding="utf-8")
    assert "不予受理：" in run("route", "explain", str(file)).stdout
    name = WISH["applicant"]["name"]
    file.write_text(json.dumps({**WISH, "amount_fen": name}), encoding="utf-8")
    wrong = run("route", "explain", str(file))
    assert (wrong.exit_code, "amount_fen" in wrong.stderr, name in wrong.stderr) == (2, True, False)


def test_a_day_is_replayed_with_a_chart(run: Run, routed: str, premises: Premises, tmp_path: Path) -> None:
    draft, chart = tmp_path / "draft", tmp_path / "chart.svg"
    shutil.copytree(premises.root / "config", draft)
    same = run("route", "replay", *DAY, "--with", str(draft))
    assert (same.exit_code, "1 笔申请 applications，0 笔改变 changed" in same.stdout) == (0, True)
    assert "cost saved by the draft: 0.00" in same.stdout
    chosen = next(
        line for line in run("route", "explain", routed).stdout.splitlines() if line.startswith("选定")
    )
    partner = chosen.partition("(")[2].partition(")")[0]
    terms = (draft / "programmes.yaml").read_text(encoding="utf-8")
    (draft / "programmes.yaml").write_text(_later(terms, partner, draft), encoding="utf-8")
    other = run("route", "replay", *DAY, "--with", str(draft), "--chart", str(chart))
    assert (other.exit_code, "，1 笔改变 changed" in other.stdout) == (0, True)
    assert ElementTree.fromstring(chart.read_text(encoding="utf-8")).tag.endswith("svg")
    assert run("route", "replay", *DAY, "--with", str(tmp_path)).exit_code != 0
    backwards = ("--from", "2026-01-06", "--to", "2026-01-05", "--with", str(draft))
    assert run("route", "replay", *backwards).exit_code == 2


def _later(terms: str, partner: str, folder: Path) -> str:
    """The programmes with those of a partner beginning a year later."""
    import yaml

    document = yaml.safe_load(terms)
    assert load(folder).programmes
    for one in document["programmes"]:
        if one["partner"] == partner:
            one["effective_from"] = "2027-01-01"
    return str(yaml.safe_dump(document, allow_unicode=True))
