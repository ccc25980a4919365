"""Bare Scrapy asks every address in a file once, conditionally, with the limits that we keep.

`scrapy_batch.py ADDRESSES`: lines of an address and an ETag. Prints how many answered 304.
"""

import json
import sys
import time
from pathlib import Path

import scrapy
from scrapy.crawler import CrawlerProcess

NOT_MODIFIED = 304
LINES = [line.split() for line in Path(sys.argv[1]).read_text().splitlines()]
seen = {"unchanged": 0}


class Bare(scrapy.Spider):
    """Nothing but requests and answers."""

    name = "bare"
    custom_settings = {
        "CONCURRENT_REQUESTS": 0,  # no limit over all hosts, as in our batch
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": 0,
        "ROBOTSTXT_OBEY": False,
        "COOKIES_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "HTTPERROR_ALLOWED_CODES": [NOT_MODIFIED],
        "LOG_LEVEL": "ERROR",
    }

    async def start(self):
        for url, tag in LINES:
            yield scrapy.Request(url, headers={"If-None-Match": tag}, callback=self.count)

    def count(self, response):
        seen["unchanged"] += response.status == NOT_MODIFIED


began = time.perf_counter()
process = CrawlerProcess()
process.crawl(Bare)
process.start()
print(json.dumps({**seen, "seconds": time.perf_counter() - began, "cpu": time.process_time()}))
