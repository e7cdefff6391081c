"""Reading a configuration file: the model's errors as sentences that name file and key."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from oebench.config.catalog import CATALOG, complete
from oebench.config.schema import PATTERNS, Config
from oebench.strict_yaml import read_yaml
from oebench.validation import ConfigError, UserError, said, told
from oebench.wording import listed, printed


def load(path: Path, overrides: dict[str, Any] | None = None) -> Config:
    """The configuration in a file, with the catalogue's data sets and recipes.

    overrides: keys that a machine may set in place of the file, `device` only: all else makes
    other results and belongs into a file. Raises ConfigError with a line for each thing to mend:
    file, key, what was found and what is allowed.
    """
    other = set(overrides or {}) - {"device"}
    if other:
        raise ConfigError(
            f"--config sets {listed(sorted(other))}; only device can be set there. Write a "
            "configuration file of your own and give it with --configfile"
        )
    content = {**read_yaml(path), **(overrides or {})}
    try:
        given = Config.model_validate(content)
    except ValidationError as error:
        raise ConfigError(told(sentences(path, error, content))) from None
    try:
        return complete(given, read_yaml(CATALOG))
    except UserError as error:
        raise ConfigError(f"{path}: {error}") from None


def sentences(path: Path, error: ValidationError, content: Any) -> list[str]:
    """Pydantic's errors as lines "file: key: what is wrong", one for each place."""
    found: dict[str, list[str]] = {}
    for each in error.errors():
        message = said(each, PATTERNS)
        where = place(each["loc"], content, missing=each["type"] == "missing")
        messages = found.setdefault(where, [])
        messages += [message] if message not in messages else []
    return [f"{path}: {key}: {'; or '.join(messages)}" for key, messages in found.items()]


def place(location: tuple[int | str, ...], content: Any, missing: bool) -> str:
    """Where an error is, by keys of the file alone; pydantic adds names of its own for unions."""
    keys: list[str] = []
    for part in location:
        inside = isinstance(content, dict) and part in content
        if inside or (isinstance(content, list) and isinstance(part, int) and part < len(content)):
            keys.append(printed(str(part)))
            content = content[part]
    if missing:
        keys.append(printed(str(location[-1])))
    return ".".join(keys) or "top level"
