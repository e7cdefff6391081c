"""YAML whose values are what they look like, within bounds that are looked at first."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import yaml

from oebench.validation import ConfigError, shortened
from oebench.wording import printed

try:  # ten times as fast; wheels have it
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]  # of the same use, not of one class

LARGEST = 1_000_000  # characters of a file, aliases written out
VALUE = 20  # characters that a value of it counts at least
DEEPEST = 30  # lists and mappings in one another
TAG = "tag:yaml.org,2002:"


class NoSurprises(SafeLoader):
    """YAML whose values are what they look like, and whose mappings name each key once.

    The usual loader reads 010 as eight, 1:30 as ninety and no as false, and keeps the last of two
    values of a key without a word.
    """

    yaml_constructors: ClassVar[dict[str | None, Any]] = {
        **SafeLoader.yaml_constructors,
        f"{TAG}int": lambda loader, node: plain_number(node, loader.construct_yaml_int),
        f"{TAG}float": lambda loader, node: plain_number(node, loader.construct_yaml_float),
        f"{TAG}bool": lambda loader, node: plain_truth(node, loader.construct_yaml_bool),
        f"{TAG}timestamp": SafeLoader.construct_yaml_str,  # a date is a text like any other
        f"{TAG}value": SafeLoader.construct_yaml_str,  # so is =
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            line = line_of(key_node)
            if key_node.tag == f"{TAG}merge":
                raise ConfigError(f"{line}: merge keys (<<) are not supported")
            if key_node.tag in (f"{TAG}bool", f"{TAG}null"):
                read = READ.get(key_node.value.lower())
                raise ConfigError(
                    f"{line}: YAML reads the key {key_node.value} as {read}; put it in quotes"
                )
            key = str(self.construct_object(key_node, deep=True))
            if key in seen:
                raise ConfigError(f"{line}: the key {shortened(key)} stands twice in one mapping")
            seen.add(key)
        return super().construct_mapping(node, deep)


READ = dict.fromkeys(("true", "yes", "on"), True) | dict.fromkeys(("false", "no", "off"), False)


def line_of(place: Any) -> str:
    """The line of a node or an event."""
    return f"line {place.start_mark.line + 1}"


def plain_number(node: yaml.ScalarNode, read: Callable[[yaml.ScalarNode], Any]) -> Any:
    """A number as it is written."""
    text, digits = node.value, node.value.lstrip("+-")
    try:
        number = read(node)
        told = printed(str(number))
    except ValueError:  # 0b_, or thousands of digits
        raise ConfigError(f"{line_of(node)}: {printed(text)} is not a number") from None
    if ":" in text or (isinstance(number, int) and len(digits) > 1 and digits.startswith("0")):
        raise ConfigError(
            f"{line_of(node)}: YAML reads {printed(text)} as {told}; write the number that is "
            "meant without leading zeros or colons, or a text in quotes"
        )
    return number


def plain_truth(node: yaml.ScalarNode, read: Callable[[yaml.ScalarNode], bool]) -> bool:
    """true or false; the other words for them are a name where somebody writes them."""
    if node.value.lower() not in ("true", "false"):
        value = read(node)
        raise ConfigError(
            f"{line_of(node)}: YAML reads {node.value} as {value}; put it in quotes, or write "
            f"{str(value).lower()}"
        )
    return read(node)


def check_size(text: str) -> None:
    """Refuse what would grow beyond all bounds, before anything is built of it.

    A few lines of aliases of aliases, or of brackets, are enough.
    """
    size = 0
    begun: list[tuple[str | None, int]] = []  # the anchors of what is open, and the size before
    sizes: dict[str | None, int] = {}  # of what has an anchor
    for event in yaml.parse(text, SafeLoader):
        match event:
            case yaml.AliasEvent(anchor=anchor):
                if anchor not in sizes:
                    raise ConfigError(
                        f"{line_of(event)}: *{printed(str(anchor))} stands for nothing that is "
                        "whole before it"
                    )
                size += sizes[anchor]
            case yaml.ScalarEvent(anchor=anchor, value=value):
                sizes[anchor] = max(len(value), VALUE)
                size += sizes[anchor]
            case yaml.CollectionStartEvent(anchor=anchor):
                begun.append((anchor, size))
                size += VALUE
            case yaml.CollectionEndEvent():
                anchor, before = begun.pop()
                sizes[anchor] = size - before
        if (tag := getattr(event, "tag", None)) not in (None, "!"):
            raise ConfigError(
                f"{line_of(event)}: the tag {printed(str(tag).replace(TAG, '!!'))} is not "
                "supported; write the value alone, a text in quotes"
            )
        if len(begun) > DEEPEST:
            raise ConfigError(
                f"{line_of(event)}: more than {DEEPEST} lists and mappings lie in one another"
            )
        if size > LARGEST:
            raise ConfigError(
                f"{line_of(event)}: the file is too large; with its aliases written out, and each "
                f"value counted as at least {VALUE}, it may have {LARGEST:,} characters"
            )


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds a mapping. Raises ConfigError."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise ConfigError(f"the file is too large; it may have {LARGEST:,} characters")
        check_size(text)
        content = yaml.load(text, NoSurprises)
    except ConfigError as error:
        raise ConfigError(f"{path}, {error}") from None
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read as YAML: {problem(error)}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path} holds {type(content).__name__}, expected a mapping of keys")
    return content


def problem(error: Exception) -> str:
    """What is wrong with a file by YAML's own words, and where; its lines are not repeated."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return printed(str(error))
    words = printed(" ".join(filter(None, (error.context, error.problem))))
    mark = error.problem_mark or error.context_mark
    return f"line {mark.line + 1}, column {mark.column + 1}: {words}" if mark else words
