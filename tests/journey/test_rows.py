import pandas as pd

from cjm_lab.estimate import share
from cjm_lab.journey.rows import Rows, derived
from cjm_lab.ledger import evidence, evidence_frame


def test_competitors_and_segments_are_not_mistaken_for_us():
    here = {"lane": "satisfaction", "measure": "csat", "touchpoint": "payment"}
    rows = Rows(
        evidence_frame(
            [
                evidence(share(9, 10), subject="BrewBest", **here),
                evidence(share(8, 10), segment="city=yes", **here),
                evidence(share(7, 10), **here),
            ]
        )
    )
    assert rows.estimate("csat", "payment").value == 0.7
    assert rows.one("csat", "payment", "office") is None


def test_what_is_derived_is_about_the_same_place_people_and_time(make):
    row = make("valence", "payment", -1.0, 0.2, persona="office")
    new = derived(row, None, lane="change", measure="change", item=row["evidence_id"])
    same = ["touchpoint", "persona", "period_start", "period_end", "source"]
    assert pd.Series(new)[same].tolist() == pd.Series(row)[same].tolist()
    assert new["status"] == "reasoned"
    assert new["evidence_id"] != row["evidence_id"]
