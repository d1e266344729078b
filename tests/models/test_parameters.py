from __future__ import annotations

import json

from nemotron_runtime.models.parameters import SUPPORTED_PARAMETERS, UNSUPPORTED_PARAMETERS
from nemotron_runtime.wire.request import ChatRequest
from support.contract import reference


def test_the_two_lists_are_the_catalogues_whole_vocabulary() -> None:
    document = json.loads(reference("openrouter-openapi.json").read_text())
    vocabulary = document["components"]["schemas"]["Parameter"]["enum"]
    assert sorted((*SUPPORTED_PARAMETERS, *UNSUPPORTED_PARAMETERS)) == sorted(vocabulary)


def test_every_parameter_is_a_field_of_the_request() -> None:
    assert {*SUPPORTED_PARAMETERS, *UNSUPPORTED_PARAMETERS} <= set(ChatRequest.model_fields)


def test_in_alphabetical_order_as_the_catalogue_lists_them() -> None:
    assert list(SUPPORTED_PARAMETERS) == sorted(SUPPORTED_PARAMETERS)
