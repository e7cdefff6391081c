"""Downloads that arrive whole: verified, resumed after a cut, from mirrors."""

import sys
import time
from http.client import HTTPException
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError

from oebench.files import Checksum
from oebench.validation import UserError
from oebench.wording import printed, reason

CHUNK = 1 << 16  # bytes read at a time, at most: what has come is kept
TIMEOUT = (10, 60)  # seconds to connect, and to wait for the next bytes
PROGRESS_EVERY = 5.0  # seconds
REASON = 400  # characters of a library's reason, whose cause stands at the end
# What an address can come to: not only the libraries' own errors, those of Python too, of which
# an address that is none is a ValueError.
FAILED = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)
WHOLE, REST = requests.codes.ok, requests.codes.partial_content


class DownloadError(UserError):
    """No address gave the file; the message says what happened at each and what to do."""


def fetch(urls: list[str], path: Path, checksum: Checksum, attempts: int = 3) -> None:
    """Download `path` from the first address that gives a file with this checksum.

    A present, correct file is not fetched again. What came before a cut stays in PATH.part and the
    next attempt, also of a later call, goes on from there. Raises DownloadError.
    """
    try:
        if path.is_file():
            if checksum.fits(checksum.of(path)):
                return
            aside = path.with_name(f"{path.name}.other")
            path.replace(aside)
            told = f"{path} has another {checksum.name} than expected; moved to {aside}"
            print(told, file=sys.stderr)
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(
            f"{path} cannot be written: {error.strerror}; see who may write there"
        ) from None
    part = path.with_name(f"{path.name}.part")
    failures = []
    for attempt in range(attempts):
        for url in urls:
            asked = printed(url, None)
            print(f"{path.name}: asking {asked}", file=sys.stderr, flush=True)
            try:
                transfer(url, part)
                found = checksum.of(part)
                if checksum.fits(found):
                    part.replace(path)
                    return
                part.unlink()
                failures.append(
                    f"{asked}: the file has the {checksum.name} {found}, expected {checksum.digits}"
                )
            except FAILED as error:
                failures.append(f"{asked}: {reason(error, REASON)}")
        if attempt + 1 < attempts:
            time.sleep(2**attempt)
    raise DownloadError(
        f"{path.name} could not be downloaded. Tried:\n  "
        + "\n  ".join(dict.fromkeys(failures))
        + f"\nDownload it yourself and put it at {path}, or name a folder that has it as `folder` "
        "of the data set's source, or the file as `weights` of features."
    )


def transfer(url: str, part: Path) -> None:
    """Append to `part` what the address has beyond it; start anew where it cannot resume."""
    have = part.stat().st_size if part.exists() else 0
    # As it lies there: a server may want to unpack a .gz on the way.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable and have:
            return  # nothing is left: the checksum decides
        answer.raise_for_status()
        if answer.status_code not in (WHOLE, REST):
            raise requests.HTTPError(f"{answer.status_code} {answer.reason}, which is no file")
        have = have if answer.status_code == REST else 0
        total = have + (answer.raw.length_remaining or 0)
        said = time.monotonic()
        with part.open("ab" if have else "wb") as file:
            # What has come is taken at once, however little it is.
            while chunk := answer.raw.read1(CHUNK, decode_content=False):
                file.write(chunk)
                have += len(chunk)
                if time.monotonic() - said > PROGRESS_EVERY:
                    said = time.monotonic()
                    print(progress(part.stem, have, total), file=sys.stderr, flush=True)


def progress(name: str, have: int, total: int) -> str:
    """One line of progress.

    >>> progress("a.gz", 5_000_000, 20_000_000)
    'a.gz: 5.0 of 20.0 MB (25 %)'
    """
    of = f" of {total / 1e6:.1f} MB ({100 * have / total:.0f} %)" if total else " MB"
    return f"{name}: {have / 1e6:.1f}{of}"
