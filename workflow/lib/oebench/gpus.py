"""The GPUs that a process may use: what the driver lists, and CUDA_VISIBLE_DEVICES leaves of it.

CUDA itself is not asked. It reads that variable once in a process, and a job that has asked it how
many devices there are can no longer choose one. The driver's list also has all parts of a GPU that
is divided (MIG), of which CUDA shows a process only the first.
"""

import os
import re
import subprocess
from itertools import takewhile

from oebench.validation import UserError

VISIBLE = "CUDA_VISIBLE_DEVICES"
MOST_JOBS = 32  # that share a device
PATIENCE = 30.0  # seconds for the driver to wake up all devices of a large machine
# A GPU, or indented below it a part of one: "  MIG 1g.10gb  Device 0: (UUID: MIG-...)".
LISTED = re.compile(r"^(\s*)(?:GPU|MIG)\b.*\(UUID: ([^\s)]+)\)", re.MULTILINE)
ENTRY = re.compile(r"\d+|(GPU|MIG)-\S+")  # of the variable; CUDA stops at anything else


def visible() -> dict[str, str]:
    """The devices that this process may use: a device's UUID, and how to name it to CUDA.

    A device is known by its UUID, since processes whose CUDA_VISIBLE_DEVICES differ have different
    devices 0. Where there is no `nvidia-smi`, what the variable says is believed, and is the name.

    A number is that of the driver's list, which is CUDA's own where all GPUs are of one model or
    CUDA_DEVICE_ORDER is PCI_BUS_ID; CUDA is told the number, so the device is the one it means.
    """
    asked = os.environ.get(VISIBLE)
    if asked is None:
        return {uuid: uuid for gpu in machine() for uuid in parts(gpu)}
    entries = [*takewhile(ENTRY.fullmatch, map(str.strip, asked.split(",")))]
    named = names(machine()) if entries else {}
    found: dict[str, str] = {}
    for entry in entries:
        uuid = whole(entry, named) if named else entry
        if uuid is None:  # CUDA, too, goes no further than the first that is not there
            break
        found.setdefault(uuid, entry)
    return found


def machine() -> list[list[str]]:
    """The UUID of each GPU that the driver lists, with those of its parts where it is divided.

    None without a driver that works. Raises UserError where the driver does not answer.
    """
    try:
        done = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=PATIENCE, check=True
        )
    except subprocess.TimeoutExpired:
        raise UserError(
            f"`nvidia-smi -L` has not answered in {PATIENCE:.0f} seconds, so it is not known which "
            "GPUs there are. Call it yourself; a driver that hangs needs a restart of the machine. "
            "`--config device=cpu` trains without GPUs"
        ) from None
    except (OSError, subprocess.CalledProcessError):
        return []
    gpus: list[list[str]] = []
    for indent, uuid in LISTED.findall(done.stdout):
        if indent and gpus:
            gpus[-1].append(uuid)
        else:
            gpus.append([uuid])
    return gpus


def parts(gpu: list[str]) -> list[str]:
    """What of a GPU can be used: its parts, or the GPU itself.

    >>> parts(["GPU-1"]), parts(["GPU-1", "MIG-1", "MIG-2"])
    (['GPU-1'], ['MIG-1', 'MIG-2'])
    """
    return gpu[1:] or gpu


def names(gpus: list[list[str]]) -> dict[str, str]:
    """The device that CUDA uses for each number and each UUID; of a divided GPU the first part."""
    named: dict[str, str] = {}
    for number, gpu in enumerate(gpus):
        first, *_ = parts(gpu)
        named |= {uuid: uuid for uuid in gpu} | {str(number): first, gpu[0]: first}
    return named


def whole(entry: str, named: dict[str, str]) -> str | None:
    """The device that a number, or the beginning of a UUID, means; None where it is not there."""
    if entry.isdigit():
        return named.get(str(int(entry)))
    found = {uuid for name, uuid in named.items() if name.startswith(entry)}
    return found.pop() if len(found) == 1 else None
