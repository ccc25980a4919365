"""Changes of a record, field by field, as words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from presentation.record_words import FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One change of one field, as it was and as it is since."""

    field: str
    old: str
    new: str


def list_differences(changes: Mapping[str, tuple[object, object]]) -> list[Difference]:
    """Each changed field in words."""
    return [
        Difference(field=FIELDS[name], old=write_value(old), new=write_value(new))
        for name, (old, new) in changes.items()
    ]


def write_value(value: object) -> str:
    """A value of a field as it stands in a form."""
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)
