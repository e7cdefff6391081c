"""What every reader owes a stranger's file: its content, or one sentence that names the file."""

import os
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oebench.validation import UserError

SECONDS = 2.0  # of this process: others may share the machine
LENGTH = 4000  # characters of a message
SHOWN = 200  # of these, those of one value that is found
COUNTS: Counter[str] = Counter()  # answers by test


def answers(call: Callable[[], Any], *named: str | Path) -> str | None:
    """The sentence with which a call refuses its input, None where it accepts it.

    Any other error is the call's failure and passes through; so is a sentence that lacks one of the
    names, a long one, one that repeats a long value (in a test: a row of the same letter), and one
    that takes long.
    """
    COUNTS[os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]] += 1
    began, told = time.process_time(), None
    try:
        call()
    except UserError as error:
        told = str(error)
    took = time.process_time() - began
    assert took < SECONDS, f"took {took:.1f} s and answered {told and told[:LENGTH]!r}"
    if told is not None:
        assert len(told) < LENGTH, f"{len(told)} characters: {told[:LENGTH]!r}"
        assert not [name for name in map(str, named) if name not in told], told
        assert not re.search(rf"(.)\1{{{SHOWN}}}", told), told
        assert told.replace("\n", "").isprintable(), repr(told)
    return told
