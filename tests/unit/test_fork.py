"""A forked child has no pool threads: the pool must be made again."""

from __future__ import annotations

import os
import warnings

import accounts
import pytest

from dimp_fast import verify_batch

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")


def test_threads_work_after_a_fork() -> None:
    signer = accounts.signer("ECC")
    message = b"message"
    columns = [message] * 300, [signer.sign(message)] * 300
    assert verify_batch(signer.public_key, *columns, threads=2).all_ok()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork beside threads: the point here
        child = os.fork()
    if child == 0:
        sound = verify_batch(signer.public_key, *columns, threads=2).all_ok()
        os._exit(0 if sound else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert verify_batch(signer.public_key, *columns, threads=2).all_ok()
