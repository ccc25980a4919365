from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import FolderBusy, StorageFailed
from folder import LOCK_NAME, hold

HOLDER = """
import sys, time
from pathlib import Path
from folder import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", '''
import os, sys, time
from folder import die_with_parent
die_with_parent(int(sys.argv[1]))
print(os.getpid(), flush=True)
time.sleep(60)
''', str(os.getpid())])
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_folder_that_another_process_holds_is_busy_and_its_number_is_told(tmp_path, holder):
    with pytest.raises(FolderBusy, match=f"process {holder.pid}") as caught, hold(tmp_path):
        pass
    assert caught.value.exit_code == 5


def test_a_killed_holder_lets_go_though_the_file_stays(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert (tmp_path / LOCK_NAME).exists()
    with hold(tmp_path):
        assert (tmp_path / LOCK_NAME).read_text() == str(os.getpid())


def test_a_folder_is_free_again_after_the_block(tmp_path):
    for _ in range(2):
        with hold(tmp_path):
            pass


def test_a_folder_that_is_not_there_is_made_for_its_owner_only(tmp_path):
    with hold(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_a_folder_below_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed) as caught, hold(tmp_path / "file" / "folder"):
        pass
    assert caught.value.exit_code == 75


def test_a_child_dies_with_a_killed_parent():
    read, write = os.pipe()
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=write)
    os.close(write)
    with os.fdopen(read) as output:
        assert int(output.readline()) != parent.pid
        parent.kill()
        parent.wait()
        # Its end of the pipe closes when it is gone, so this waits for just that.
        assert output.read() == ""


def test_a_child_whose_parent_is_gone_already_ends_at_once():
    code = "from folder import die_with_parent; import time; die_with_parent(1); time.sleep(60)"
    ended = subprocess.run([sys.executable, "-c", code], check=False)
    assert ended.returncode == -signal.SIGTERM


def test_the_lock_file_is_no_ones_business_but_the_owners(tmp_path):
    with hold(tmp_path):
        assert Path(tmp_path / LOCK_NAME).stat().st_mode & 0o077 == 0
