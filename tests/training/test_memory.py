"""Freed memory is not given back to the kernel, which would fill it with zeros again."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, torch
from oebench.training.memory import keep_freed_memory
{told}
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    torch.ones(10_000_000)
before = faults()
for _ in range(10):
    torch.ones(10_000_000)
print(faults() - before)
"""


def page_faults(told: str) -> int:
    """Of making and freeing 40 MB ten times more, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", FAULTS.format(told=told)], capture_output=True, text=True
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps memory when it is told so")
def test_memory_that_is_freed_is_used_again() -> None:
    kept, returned = page_faults("assert keep_freed_memory()"), page_faults("")
    assert returned > 10_000  # a page has 4 kB: every one of them is made anew
    assert kept < returned / 10
