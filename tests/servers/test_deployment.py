"""What is shipped for servers works: hardened units, and the container file's own commands."""

from __future__ import annotations

import json
import os
import re
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgres import free_port

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]

TREE = Path(__file__).parents[2]
UNITS = sorted((TREE / "deploy/systemd").glob("*.service"))
CONTAINER = TREE / "deploy/container/Containerfile"
# These make the user of the container; here we are somebody already.
FOR_ROOT = ("useradd ", "install -d ")
PATIENCE = 60


def find_analyst() -> str:
    """The program that judges units, installed first where it is missing."""
    if shutil.which("systemd-analyze") is None:
        sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
        for words in (("update",), ("install", "-y", "systemd")):
            subprocess.run([*sudo, "apt-get", "-qq", *words], check=True, stdout=subprocess.DEVNULL)
    found = shutil.which("systemd-analyze")
    assert found, "systemd-analyze is not there, and could not be installed: apt install systemd"
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_leaves_little_open(unit):
    done = subprocess.run(
        [find_analyst(), "security", "--offline=true", "--threshold=25", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_systemd_understands_every_line_of_the_units(tmp_path):
    for unit in (TREE / "deploy/systemd").iterdir():
        text = unit.read_text(encoding="utf-8").replace("/usr/local/bin/rollcall", "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [find_analyst(), "verify", "--man=no", *tmp_path.iterdir()],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "rollcall" in line]
    assert ours == []


# ---- the container ------------------------------------------------------------------------


def read_instructions() -> list[tuple[str, str]]:
    """The instructions of the container file with their words."""
    lines = CONTAINER.read_text(encoding="utf-8").splitlines()
    return [
        (line.partition(" ")[0], line.partition(" ")[2])
        for line in lines
        if line and not line.startswith("#")
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder in which every RUN and COPY of the container file was done, in their order."""
    root = tmp_path_factory.mktemp("container")
    source = root / "tmp/rollcall"
    source.mkdir(parents=True)
    for instruction, words in read_instructions():
        if instruction == "COPY":
            copy_tree(source, words.split()[0])
        elif instruction == "RUN" and not words.startswith(FOR_ROOT):
            words = re.sub(r"(?<=\s)/(srv|tmp)/|^/(srv|tmp)/", lambda at: f"{root}{at[0]}", words)
            words = re.sub(r"^python ", f"{shlex.quote(sys.executable)} ", words)
            subprocess.run(words, shell=True, check=True, cwd=root, env=bare_environment())
    return root


def copy_tree(target: Path, what: str) -> None:
    """What the repository holds, as a container sees it."""
    if what != ".":
        shutil.copy(TREE / what, target)
        return
    listed = ["git", "ls-files", "-co", "--exclude-standard"]
    done = subprocess.run(listed, cwd=TREE, capture_output=True, text=True, check=True)
    for name in done.stdout.splitlines():
        if (TREE / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TREE / name, target / name)


def bare_environment() -> dict[str, str]:
    """Nothing of ours, and no way to import the tree itself."""
    ours = ("ROLLCALL_", "PYTHON", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def test_the_service_of_the_container_runs_and_is_healthy(built, tmp_path):
    rollcall = built / "srv/rollcall/bin/rollcall"
    environ = bare_environment() | {"ROLLCALL_DATA": str(tmp_path / "data")}
    port = free_port()
    made = [rollcall, "init", "--contact", "operator@example.org"]
    subprocess.run(made, check=True, env=environ, capture_output=True)
    text = (tmp_path / "data/rollcall.toml").read_text(encoding="utf-8")
    text = text.replace("# port = 8080", f"port = {port}")
    (tmp_path / "data/rollcall.toml").write_text(text, encoding="utf-8")
    command = dict(read_instructions())["CMD"]
    assert json.loads(command) == ["rollcall", "run"]
    with subprocess.Popen(
        [rollcall, "run"], env=environ, stderr=subprocess.PIPE, bufsize=0
    ) as service:
        try:
            wait_for(service, "web pages on")
            asked = dict(read_instructions())["HEALTHCHECK"].partition(" CMD ")[2]
            asked = asked.replace("8080", str(port)).replace(
                "python", str(rollcall.parent / "python")
            )
            subprocess.run(asked, shell=True, check=True, env=environ)
        finally:
            service.send_signal(signal.SIGTERM)
            service.communicate(timeout=PATIENCE)
    assert service.returncode == 0


def wait_for(service: subprocess.Popen[bytes], words: str) -> None:
    assert service.stderr
    said: list[str] = []
    with selectors.DefaultSelector() as selector:
        selector.register(service.stderr, selectors.EVENT_READ)
        while not said or words not in said[-1]:
            assert selector.select(PATIENCE), said
            said.append(service.stderr.readline().decode())
            assert said[-1], said
