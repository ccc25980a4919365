"""Reads with perceval, and prints what it read.

`mbox FOLDER`, `pipermail URL FOLDER [SINCE]`, `hyperkitty URL FOLDER SINCE`, `discourse URL`.
"""

import json
import logging
import sys
import time
from datetime import UTC, datetime

from perceval.backends.core.discourse import Discourse
from perceval.backends.core.hyperkitty import HyperKitty
from perceval.backends.core.mbox import MBox
from perceval.backends.core.pipermail import Pipermail

logging.disable(logging.CRITICAL)
kind, place, *more = sys.argv[1:]
began = time.process_time()
facts = {}
if kind == "mbox":
    backend = MBox(uri="bench", dirpath=place)
elif kind == "discourse":
    backend = Discourse(place)
else:
    backend = {"pipermail": Pipermail, "hyperkitty": HyperKitty}[kind](place, more[0])
    if len(more) > 1:
        since = datetime.fromisoformat(more[1])
        facts["from_date"] = since.replace(tzinfo=UTC)
read, ids = 0, set()
for item in backend.fetch(**facts):
    read += 1
    ids.add(item["data"].get("Message-ID", item["data"].get("id")))
print(json.dumps({"read": read, "distinct": len(ids), "cpu": time.process_time() - began}))
