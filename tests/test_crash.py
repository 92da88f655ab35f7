"""The crash benchmark in small: a rebuild is killed or the disk is full, nothing is lost."""

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest

from benchmarks.crash import run


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="kills forked processes, reads /proc")
def test_no_kill_and_no_full_disk_costs_an_index(tmp_path):
    disks = 3 if os.getuid() == 0 and os.environ.get("CITEWISE_MOUNT") else 0
    fresh = multiprocessing.get_context("spawn")  # the threads of this process forbid forking it
    with ProcessPoolExecutor(1, mp_context=fresh) as apart:
        found = apart.submit(run, tmp_path, kills=6, stride=23, sizes=disks).result()
    assert found["random"]["kills"] == 6  # it raises at the first thing lost
    assert found["every_step"]["kills"] >= 3
    assert found["full_at_every_step"]["outcomes"]
