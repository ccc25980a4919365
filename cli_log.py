"""The log of a service on standard error, in UTC: lines for people, or objects for programs."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime

from config import LogFormat

# What each record has of its own; anything else was added by whoever wrote it.
USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLine(logging.Formatter):
    """One JSON object an event: its constant text, the text with its values, and its fields."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": str(record.msg),
            "message": record.getMessage(),
        }
        event |= {name: value for name, value in vars(record).items() if name not in USUAL}
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False, default=str)


def start_log(form: LogFormat) -> None:
    """Nothing; from now on every event from information upwards is written."""
    formatter: logging.Formatter = JsonLine()
    if form is LogFormat.TEXT:
        formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        formatter.converter = time.gmtime
    to_stderr = logging.StreamHandler()
    to_stderr.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[to_stderr])
