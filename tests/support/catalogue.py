"""All outputs with what they mean: the splitter's cases, and those about the inside of calls."""

from __future__ import annotations

from support.cases.around_calls import AROUND_CALLS, QUOTED_CALLS
from support.cases.limits import LIMITS, STOPS
from support.cases.malformed import MALFORMED
from support.cases.missing_tags import CUT, MISSING_TAGS
from support.cases.thoughts import ANSWERS, THOUGHTS
from support.cases.values import TYPES, VALUES, WELL_FORMED

SPLITTER_CASES = (*THOUGHTS, *ANSWERS, *QUOTED_CALLS, *AROUND_CALLS, *STOPS, *LIMITS)
CALL_CASES = (*WELL_FORMED, *VALUES, *TYPES, *MISSING_TAGS, *MALFORMED, *CUT)
