"""Reads query parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from nemotron_runtime.api.faults import validation_message
from nemotron_runtime.errors import InvalidRequest

Query = TypeVar("Query", bound=BaseModel)


def parse_query(model: type[Query], parameters: Mapping[str, str]) -> Query:
    """Parses query parameters; an empty one counts as absent.

    Raises:
        InvalidRequest: naming the parameter.
    """
    given = {name: value for name, value in parameters.items() if value}
    return checked(model, given)


def checked(model: type[Query], given: Mapping[str, object]) -> Query:
    """Checks what a client sent.

    Raises:
        InvalidRequest: naming the first wrong field.
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise InvalidRequest(validation_message(error.errors(include_url=False), given)) from error
