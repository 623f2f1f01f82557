"""From files to tidy tables: readers, masking, schemas, inventory."""

from cjm_lab.sources.events import events_reading, read_events
from cjm_lab.sources.inventory import inventory, knowledge_gaps
from cjm_lab.sources.mentions import mentions_reading, read_mentions
from cjm_lab.sources.proposal import propose_questions
from cjm_lab.sources.survey import read_survey, survey_reading
from cjm_lab.sources.tables import (
    codebook,
    first_day,
    input_files,
    last_day,
    read_kind,
    read_tables,
    up_to,
)
from cjm_lab.sources.tidy import (
    read_customers,
    read_interactions,
    read_orders,
    read_table,
)

__all__ = [
    "codebook",
    "events_reading",
    "first_day",
    "input_files",
    "inventory",
    "knowledge_gaps",
    "last_day",
    "mentions_reading",
    "propose_questions",
    "read_customers",
    "read_events",
    "read_interactions",
    "read_kind",
    "read_mentions",
    "read_orders",
    "read_survey",
    "read_table",
    "read_tables",
    "survey_reading",
    "up_to",
]
