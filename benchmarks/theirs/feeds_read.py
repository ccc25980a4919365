"""Reads feeds with feedparser: `parse FOLDER`; or again over HTTP with perceval: `fetch URLS`.

Prints what it read and what that cost. With `parse` each item's date goes to `FOLDER/dates.json`.
"""

import calendar
import io
import json
import logging
import sys
import time
from pathlib import Path

logging.disable(logging.CRITICAL)
kind, place = sys.argv[1:]
folder = Path(place)
read = failed = 0
if kind == "parse":
    import feedparser

    bodies = [path.read_bytes() for path in sorted(folder.glob("*.xml"))]
    dates = []
    began = time.process_time()
    for body in bodies:
        entries = feedparser.parse(io.BytesIO(body)).entries
        dates.append(
            [entry.get("published_parsed") or entry.get("updated_parsed") for entry in entries]
        )
    spent = time.process_time() - began
    seconds = [[calendar.timegm(date) if date else None for date in row] for row in dates]
    (folder / "dates.json").write_text(json.dumps(seconds))
    read = sum(map(len, dates))
else:
    from perceval.backends.core.rss import RSS

    urls = folder.read_text().split()
    began = time.process_time()
    for url in urls:
        try:
            read += sum(1 for _ in RSS(url).fetch())
        except Exception:  # noqa: BLE001 - whatever it cannot read it ends with
            failed += 1
    spent = time.process_time() - began
print(json.dumps({"read": read, "failed": failed, "cpu": spent}))
