"""Reading a configuration file: the model's errors as sentences that name file and key."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from oead.catalog import CATALOG, complete
from oead.config import STUDY_NAME, Config
from oead.runs import SAFE_NAME
from oead.sources.base import MD5

PATTERNS = {
    f"^{STUDY_NAME}$": "a study's name has lower-case letters, digits and hyphens",
    f"^{SAFE_NAME}$": "a name has letters, digits, '.', '_', '-'; the first is a letter or digit",
    MD5: "an MD5 checksum has 32 hex digits",
}


class ConfigError(ValueError):
    """The configuration cannot be used; the message has a line for each thing to mend."""


class NoDuplicates(yaml.SafeLoader):
    """YAML whose mappings name each key once; the usual loader keeps the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                raise ConfigError(
                    f"line {key_node.start_mark.line + 1}: merge keys (<<) are not supported"
                )
            key = str(self.construct_object(key_node, deep=True))
            line = key_node.start_mark.line + 1
            if key in seen:
                raise ConfigError(f"line {line}: the key {key!r} stands twice in one mapping")
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds a mapping. Raises ConfigError."""
    try:
        content = yaml.load(path.read_text(), NoDuplicates)
    except ConfigError as error:
        raise ConfigError(f"{path}, {error}") from None
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read as YAML: {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path} holds {type(content).__name__}, expected a mapping of keys")
    return content


def load(path: Path, overrides: dict[str, Any] | None = None) -> Config:
    """The configuration in a file, with the catalogue's data sets and recipes.

    overrides: keys that a machine may set in place of the file, `device` only: all else makes
    other results and belongs into a file. Raises ConfigError with a line for each thing to mend:
    file, key, what was found and what is allowed.
    """
    other = set(overrides or {}) - {"device"}
    if other:
        raise ConfigError(
            f"--config sets {', '.join(sorted(other))}; only device can be set there. Write a "
            "configuration file of your own and give it with --configfile"
        )
    content = {**read_yaml(path), **(overrides or {})}
    try:
        given = Config.model_validate(content)
    except ValidationError as error:
        raise ConfigError("\n".join(sentences(path, error, content))) from None
    try:
        return complete(given, read_yaml(CATALOG))
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None


def sentences(path: Path, error: ValidationError, content: Any) -> list[str]:
    """Pydantic's errors as lines "file: key: what is wrong", one for each place."""
    found: dict[str, list[str]] = {}
    for each in error.errors():
        message = each["msg"].removeprefix("Value error, ")
        if each["type"] == "string_pattern_mismatch":
            message = PATTERNS[each["ctx"]["pattern"]]
        if each["type"] not in ("value_error", "missing"):
            message += f", found {each['input']!r}"
        where = place(each["loc"], content, missing=each["type"] == "missing")
        messages = found.setdefault(where, [])
        messages += [message] if message not in messages else []
    return [f"{path}: {key}: {'; or '.join(messages)}" for key, messages in found.items()]


def place(location: tuple[int | str, ...], content: Any, missing: bool) -> str:
    """Where an error is, by keys of the file alone; pydantic adds names of its own for unions."""
    keys: list[str] = []
    for part in location:
        inside = isinstance(content, dict) and part in content
        if inside or (isinstance(content, list) and isinstance(part, int)):
            keys.append(str(part))
            content = content[part]
    if missing:
        keys.append(str(location[-1]))
    return ".".join(keys) or "top level"
