"""The ledger."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.estimate import share
from cjm_lab.ledger import COLUMNS, Ledger, evidence, evidence_frame
from cjm_lab.period import period_up_to


def reach(touchpoint: str, **more: object) -> dict[str, object]:
    return evidence(share(7, 10), lane="reach", measure="reach", touchpoint=touchpoint, **more)  # type: ignore[arg-type]


def test_the_id_says_what_and_of_whom_and_nothing_else() -> None:
    august = reach("pay", period=period_up_to(date(2026, 8, 31)), label="Pay", stage="buy")
    later = evidence(
        share(1, 99), lane="reach", measure="reach", touchpoint="pay", label="Payment",
        stage="purchase", period=period_up_to(date(2026, 9, 30)), scale=(1, 5), source="other",
    )  # fmt: skip
    assert august["evidence_id"] == later["evidence_id"]
    assert reach("pay", persona="a")["evidence_id"] != august["evidence_id"]
    assert reach("pay", item="q2")["evidence_id"] != august["evidence_id"]


def test_another_wording_or_scale_is_another_basis() -> None:
    one = reach("pay", basis=["How satisfied?"], scale=(1, 5))
    assert one["basis"] == reach("pay", basis=["How satisfied?"], scale=(1, 5))["basis"]
    assert one["basis"] != reach("pay", basis=["How happy?"], scale=(1, 5))["basis"]
    assert one["basis"] != reach("pay", basis=["How satisfied?"], scale=(1, 7))["basis"]


def test_one_thing_is_measured_once() -> None:
    with pytest.raises(ParameterError, match="each evidence_id must occur once"):
        Ledger(evidence_frame([reach("pay"), reach("pay")]))


def test_evidence_csv_comes_back_as_it_was(tmp_path: Path) -> None:
    rows = evidence_frame(
        [reach("pay", label="=SUM(A1)"), reach("basket", note="'tis", label="- x")]
    )
    ledger = Ledger(rows)
    ledger.to_csv(tmp_path / "evidence.csv")
    back = Ledger.read_csv(tmp_path / "evidence.csv")
    pd.testing.assert_frame_equal(back.frame, ledger.frame, rtol=1e-11)
    assert "'=SUM(A1)" in (tmp_path / "evidence.csv").read_text()


def test_evidence_csv_does_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    rows = evidence_frame([reach(name) for name in "dacb"])
    Ledger(rows).to_csv(tmp_path / "a.csv")
    Ledger(rows[::-1]).to_csv(tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@given(st.text(max_size=30))
def test_no_text_in_evidence_csv_starts_a_formula(tmp_path_factory: object, label: str) -> None:
    frame = evidence_frame([reach("pay", label=label)])
    file = tmp_path_factory.mktemp("l") / "e.csv"  # type: ignore[attr-defined]
    Ledger(frame).to_csv(file)
    raw = pd.read_csv(file, dtype=str, keep_default_na=False)
    assert not raw["label"].iloc[0].startswith(("=", "+", "-", "@", "\t", "\r"))


def test_no_evidence_is_an_empty_ledger_with_every_column(tmp_path: Path) -> None:
    Ledger(evidence_frame()).to_csv(tmp_path / "e.csv")
    assert list(Ledger.read_csv(tmp_path / "e.csv").frame.columns) == COLUMNS


def test_another_table_is_not_a_ledger(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match="must have the columns"):
        Ledger.read_csv(tmp_path / "e.csv")


def test_an_unknown_lane_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"did you mean 'reach'"):
        evidence(lane="reech", measure="reach")
