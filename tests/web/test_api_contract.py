"""The API does what its description says, whatever is asked of it."""

from __future__ import annotations

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation

from tests.web.kit import Directory

EXAMPLES = 15
DESCRIPTION = "/api/v1/openapi.json"


@pytest.fixture(autouse=True)
def some(made: Directory) -> None:
    made.add_active("Child Health", topics=["wash"], languages=["en"], regions=["Africa"])
    made.add_silent("Eyes", topics=["nutrition"], languages=["fr"])


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_address_answers_as_described_to_what_may_and_may_not_be_asked(
    mode: GenerationMode, app: Flask
) -> None:
    schema = schemathesis.openapi.from_wsgi(DESCRIPTION, app)
    asked = 0

    def ask_all(operation: APIOperation) -> None:  # type: ignore[type-arg]
        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate()

        ask()

    for found in schema.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.POSITIVE or operation.path.endswith("/communities"):
            ask_all(operation)
    assert asked >= EXAMPLES
