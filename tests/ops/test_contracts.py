"""The page of the contracts is up to date, and what it says of the tables is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops import contracts, exemptions
from tests.ops.contracts import Contract

PAGE = Path(__file__).parents[2] / "docs" / "op_contracts.md"
CONTRACTS = {contract.name: contract for contract in contracts.contracts()}


def test_the_page_is_the_table() -> None:
    """`python tools/op_contracts.py` writes it anew."""
    assert PAGE.read_text() == contracts.page()


def test_rows_have_names_of_their_own() -> None:
    """Exemptions go by name."""
    names = [row.id for row in CONTRACTS["values"].rows]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", exemptions.EXEMPTIONS)
def test_every_exemption_meets_a_row(name: str) -> None:
    """One that meets none on a backend where the contract runs is out of date."""
    contract: Contract = CONTRACTS[name]
    for exemption in exemptions.EXEMPTIONS[name]:
        assert exemption.reason
        for backend in exemption.backends or contract.backends:
            assert backend in contract.backends
            for glob in exemption.rows.split():
                one = exemptions.Exemption(glob, exemption.reason, exemption.backends)
                assert any(one.covers(row.id, backend) for row in contract.rows), glob


def test_values_are_left_out_where_nothing_tells_them() -> None:
    """A row without reference stands in the list, and no other."""
    for row in CONTRACTS["values"].rows:
        exempt = exemptions.reason("values", row.id, "numpy") is not None
        assert exempt == (row.reference is None), row.id


def test_most_rows_are_asked() -> None:
    """Exemptions are few: the claim of the page."""
    for contract in CONTRACTS.values():
        left_out = [row for row in contract.rows if contracts.reasons(contract, row)]
        share = 0.15 if contract.name in ("odd", "empty", "scalar") else 0.02
        assert len(left_out) <= share * len(contract.rows), contract.name
