"""The borrowers of a run are the same every time, and their numbers are as valid as real ones."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from contracts.application import Submission
from contracts.programme import RepaymentMethod
from hub.config.load import load, sandbox_folder
from hub.demo.borrowers import Borrower, Will, imported, invented
from hub.demo.draws import Draws
from hub.demo.errors import Unable
from hub.domain.admission import Case, admit
from tests.shared import shared_path

DAY = date(2026, 1, 5)
PRODUCTS = load(sandbox_folder()).products
HEADER = "loan_amount,term,interest_rate,loan_purpose\n"


def submission(borrower: Borrower) -> Submission:
    return Submission.model_validate_json(json.dumps(borrower.submission))


def reasons(borrower: Borrower) -> set[str]:
    read = submission(borrower)
    product = PRODUCTS[read.product]
    return {reason.code for reason in admit(Case.of(read, today=DAY), product, today=DAY)}


def test_the_same_seed_invents_the_same_people() -> None:
    assert list(invented(20, seed=3)) == list(invented(30, seed=3))[:20]
    assert list(invented(20, seed=3)) != list(invented(20, seed=4))


def test_invented_people_are_valid_and_all_kinds_occur() -> None:
    people = list(invented(400, seed=1))
    read = [submission(borrower) for borrower in people]
    assert {one.method for one in read} == set(RepaymentMethod)
    assert {borrower.will for borrower in people} == set(Will)
    assert {one.term_months for one in read} == {3, 6, 12, 24, 36, 60}
    assert len({one.applicant.id_number.reveal() for one in read}) == len(people)


def test_only_a_purpose_that_is_not_allowed_keeps_an_invented_applicant_out() -> None:
    refused = [codes for borrower in invented(300, seed=1) if (codes := reasons(borrower))]
    assert refused
    assert all(codes == {"purpose_not_allowed"} for codes in refused)


def test_a_borrower_draws_all_most_or_nothing() -> None:
    for borrower in invented(300, seed=1):
        drawn = {Will.ALL: borrower.amount_fen, Will.PART: borrower.amount_fen * 4 // 5, Will.NEVER: 0}
        assert borrower.drawn_fen() == drawn[borrower.will]
        assert borrower.drawn_fen() % 100 == 0


def test_a_real_loan_keeps_its_terms(tmp_path: Path) -> None:
    file = tmp_path / "loans.csv"
    file.write_text(HEADER + "28000,60,14.07,moving\n2000,36,17.09,other\n", encoding="utf-8")
    first, second = imported(file, None, seed=1)
    read = submission(first)
    assert (read.amount_fen, read.term_months, str(read.annual_rate)) == (2_800_000, 60, "0.1407")
    assert (read.product, read.purpose, second.number) == ("imported_loan", "moving", 2)
    assert len(list(imported(file, 1, seed=1))) == 1


def test_every_row_of_the_shared_file_is_an_application() -> None:
    count = 0
    for borrower in imported(shared_path("data/loans.csv"), None, seed=1):
        assert submission(borrower).platform_no == f"D1-{borrower.number:06d}"
        count += 1
    assert count == 5000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("loan_amount,term\n1,2\n", "no column interest_rate, loan_purpose"),
        ("", "no column"),
        (HEADER + "many,36,5.0,other\n", "loan 1"),
        (HEADER + "1000,36,5.0,other\n1000,36,,other\n", "loan 2"),
        (HEADER + "1000\n", "loan 1"),
    ],
)
def test_a_file_that_is_not_one_of_loans_is_refused(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "loans.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(Unable, match=words):
        list(imported(file, None, seed=1))


def test_draws_depend_on_their_names_alone() -> None:
    once, again = Draws("a", 1), Draws("a", 1)
    assert [once.below(1000) for _ in range(50)] == [again.below(1000) for _ in range(50)]
    assert Draws("a", 1).digits(12) != Draws("a", 2).digits(12)
    counts = [Draws("w", n).weighted([(9, "often"), (1, "seldom")]) for n in range(1000)]
    assert 850 < counts.count("often") < 950
    assert {Draws("b", n).between(3, 5) for n in range(60)} == {3, 4, 5}
