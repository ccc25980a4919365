"""Debian's Chromium, installed when it is missing, driven by Playwright."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

PACKAGE = "chromium"


def find_chromium() -> str:
    """Where the browser is, installed first when it is nowhere, which needs root or sudo."""
    found = shutil.which(PACKAGE)
    if found is None:
        sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
        for words in (("update",), ("install", "-y", "--no-install-recommends", PACKAGE)):
            subprocess.run([*sudo, "apt-get", "-qq", *words], check=True, stdout=subprocess.DEVNULL)
        found = shutil.which(PACKAGE)
    assert found, f"Chromium is not installed, and could not be: apt-get install {PACKAGE}"
    return found


@contextmanager
def run_chromium() -> Iterator[Browser]:
    """A headless browser, until the end of the block."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """The address of the application on a free port, until the end of the block."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
