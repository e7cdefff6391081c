"""What every file that a person writes is held to: YAML without surprises, no unknown key."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml
from pydantic import BaseModel, ConfigDict, model_validator


class UserError(ValueError):
    """What a person can mend, said as a sentence: what was found, where, and what to do.

    Any other error is a fault of this library and keeps its traceback.
    """


class ConfigError(UserError):
    """The configuration cannot be used; the message has a line for each thing to mend."""


class NoDuplicates(yaml.SafeLoader):
    """YAML whose mappings name each key once; the usual loader keeps the last without a word."""

    yaml_constructors: ClassVar[dict[str | None, Any]] = {
        **yaml.SafeLoader.yaml_constructors,
        "tag:yaml.org,2002:int": lambda loader, node: plain_number(loader, node),
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                raise ConfigError(
                    f"line {key_node.start_mark.line + 1}: merge keys (<<) are not supported"
                )
            line = key_node.start_mark.line + 1
            key = self.construct_object(key_node, deep=True)
            if key is None or isinstance(key, bool):
                raise ConfigError(
                    f"line {line}: YAML reads the key {key_node.value} as {key!r}; put it in quotes"
                )
            key = str(key)
            if key in seen:
                raise ConfigError(f"line {line}: the key {key!r} stands twice in one mapping")
            seen.add(key)
        return super().construct_mapping(node, deep)


def plain_number(loader: NoDuplicates, node: yaml.ScalarNode) -> int:
    """A whole number as it is written; YAML would read 010 as eight and 1:30 as ninety."""
    text = node.value
    if ":" in text or (len(text.lstrip("+-")) > 1 and text.lstrip("+-").startswith("0")):
        line = node.start_mark.line + 1
        raise ConfigError(
            f"line {line}: YAML reads {text} as {loader.construct_yaml_int(node)}; write the "
            "number that is meant without leading zeros or colons, or a text in quotes"
        )
    return loader.construct_yaml_int(node)


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds a mapping. Raises ConfigError."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), NoDuplicates)
    except ConfigError as error:
        raise ConfigError(f"{path}, {error}") from None
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read as YAML: {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path} holds {type(content).__name__}, expected a mapping of keys")
    return content


class Strict(BaseModel):
    """A frozen model whose error for an unknown key names the key and those there are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def refuse_unknown_keys(cls, values: Any) -> Any:
        if isinstance(values, dict):
            allowed = list(cls.model_fields)
            wrong = [unknown("key", str(key), allowed) for key in values if key not in allowed]
            if wrong:
                raise ValueError("; ".join(wrong))
        return values


# What pydantic calls an error, and the sentence for it. A context, as {gt}, is pydantic's.
EXPECTED = {
    "missing": "the key is missing",
    "greater_than": "expected more than {gt:g}",
    "greater_than_equal": "expected at least {ge:g}",
    "less_than": "expected less than {lt:g}",
    "less_than_equal": "expected at most {le:g}",
    "finite_number": "expected a number that is not infinite",
    "literal_error": "expected {expected}",
    "too_short": "expected at least {min_length} of them",
    "too_long": "expected at most {max_length} of them",
    "string_too_short": "expected a text that is not empty",
    "string_pattern_mismatch": "expected a text like {pattern}",
    "union_tag_invalid": "expected {discriminator} to be one of {expected_tags}",
    "union_tag_not_found": "the key {discriminator} is missing",
    "string_type": "expected a text; put it in quotes",
    "bool": "expected true or false",
    "int": "expected a whole number",
    "float": "expected a number",
    "list": "expected a list",
    "tuple": "expected a list",
    "set": "expected a list",
    "dict": "expected a mapping of keys",
    "model": "expected a mapping of keys",
    "dataclass": "expected a mapping of keys",
    "path": "expected the path of a file or folder",
    "none": "expected nothing",
}
SHOWN = 80  # characters of a value that is found


def said(error: Mapping[str, Any], patterns: Mapping[str, str] | None = None) -> str:
    """An error of a pydantic model as a sentence: what was expected, and what was found.

    error: one of `ValidationError.errors()`. patterns: what a text that fits a pattern has.
    """
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":  # raised by a model of this library
        return str(context["error"])
    family = EXPECTED.get(kind.partition("_")[0], "expected another value")
    sentence = EXPECTED.get(kind, family).format(**context)
    if patterns and context.get("pattern") in patterns:
        sentence = patterns[context["pattern"]]
    return sentence if kind == "missing" else f"{sentence}, found {shortened(error['input'])}"


def shortened(value: Any) -> str:
    """A value that is found, of which a long one is not repeated whole."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} ..."


def unknown(what: str, name: str, allowed: list[str]) -> str:
    """The sentence for a name that does not exist.

    >>> unknown("objective", "hcs", ["hsc", "bce"])
    "'hcs' is not a known objective; did you mean 'hsc'? There are: hsc, bce"
    """
    close = difflib.get_close_matches(name, allowed, n=1)
    hint = f"did you mean {close[0]!r}? There are" if close else "there are"
    return f"{name!r} is not a known {what}; {hint}: {', '.join(allowed) or 'none'}"
