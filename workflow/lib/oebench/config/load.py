"""Reading a configuration file: the model's errors as sentences that name file and key."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from oebench.config.catalog import CATALOG, complete
from oebench.config.schema import Config
from oebench.config.study import PATTERNS
from oebench.strict_yaml import read_yaml
from oebench.validation import ConfigError, UserError, sentences, told
from oebench.wording import listed


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
        lines = sentences(error, content, PATTERNS)
        raise ConfigError(told(f"{path}: {line}" for line in lines)) from None
    try:
        return complete(given, read_yaml(CATALOG))
    except UserError as error:
        raise ConfigError(f"{path}: {error}") from None
