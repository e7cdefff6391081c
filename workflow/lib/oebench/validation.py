"""What every file that a person writes is held to: YAML without surprises, no unknown key."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

try:  # ten times as fast; wheels have it
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

LARGEST = 1_000_000  # characters of a file, aliases written out
VALUE = 20  # characters that a value of it counts at least
DEEPEST = 30  # lists and mappings in one another
SHOWN = 80  # characters of a value that is found
LISTED = 600  # characters of a list of those there are
TOLD = 3000  # characters of all sentences on a file
LINE = 200  # characters of a title and of other lines


class UserError(ValueError):
    """What a person can mend, said as a sentence: what was found, where, and what to do.

    Any other error is a fault of this library and keeps its traceback.
    """


class ConfigError(UserError):
    """The configuration cannot be used; the message has a line for each thing to mend."""


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
        told = cut(str(number))
    except ValueError:  # 0b_, or thousands of digits
        raise ConfigError(f"{line_of(node)}: {cut(text)} is not a number") from None
    if ":" in text or (isinstance(number, int) and len(digits) > 1 and digits.startswith("0")):
        raise ConfigError(
            f"{line_of(node)}: YAML reads {cut(text)} as {told}; write the number that is meant "
            "without leading zeros or colons, or a text in quotes"
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
                        f"{line_of(event)}: *{cut(str(anchor))} stands for nothing that is whole "
                        "before it"
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
                f"{line_of(event)}: the tag {cut(str(tag).replace(TAG, '!!'))} is not supported; "
                "write the value alone, a text in quotes"
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
        return cut(str(error))
    words = " ".join(filter(None, (error.context, error.problem)))
    mark = error.problem_mark or error.context_mark
    return f"line {mark.line + 1}, column {mark.column + 1}: {cut(words)}" if mark else cut(words)


class Strict(BaseModel):
    """A frozen model whose error for an unknown key names the key and those there are."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def refuse_unknown_keys(cls, values: Any) -> Any:
        if isinstance(values, dict):
            allowed = list(cls.model_fields)
            wrong = [str(key) for key in values if key not in allowed]
            if wrong:
                told = [unknown("key", key, allowed) for key in wrong[:5]]
                more = [f"and {len(wrong) - 5} more"] if len(wrong) > 5 else []
                raise UserError("; ".join(told + more))
        return values


# What pydantic calls an error, and the sentence for it. A context, as {gt}, is pydantic's.
EXPECTED = {
    "missing": "the key is missing",
    "greater_than": "expected more than {gt:g}",
    "greater_than_equal": "expected at least {ge:g}",
    "less_than": "expected less than {lt:g}",
    "less_than_equal": "expected at most {le:,.10g}",
    "finite_number": "expected a number that is not infinite",
    "literal_error": "expected {expected}",
    "too_short": "expected at least {min_length} of them",
    "too_long": "expected at most {max_length} of them",
    "string_too_short": "expected a text that is not empty",
    "string_too_long": "expected a text of at most {max_length} letters",
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


def told(sentences: Iterable[str]) -> str:
    """A message of a line for each sentence; of many only the first, for nobody reads hundreds."""
    first, *others = [line[:TOLD] for line in sentences]
    while others and len(first) + len(others[0]) <= TOLD:
        first += f"\n{others.pop(0)}"
    return f"{first}\nand {len(others)} more" if others else first


def shortened(value: Any) -> str:
    """A value that is found, of which a long one is not repeated whole."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} ..."


def cut(text: str) -> str:
    """Likewise a name or a word, without quotation marks.

    >>> cut("epochs"), cut("a\\nb")
    ('epochs', 'a\\\\nb')
    """
    return text if len(text) <= SHOWN and text.isprintable() else shortened(text)[1:].rstrip("'")


def some(names: Iterable[str]) -> str:
    """Names with commas between them; of many only the first.

    >>> some(["hsc", "bce"])
    'hsc, bce'
    """
    every = list(map(cut, names))
    text = ", ".join(every)
    if len(text) <= LISTED:
        return text
    return f"{text[:LISTED].rpartition(', ')[0]}, ... ({len(every)} in all)"


def unknown(what: str, name: str, allowed: list[str]) -> str:
    """The sentence for a name that does not exist.

    >>> unknown("objective", "hcs", ["hsc", "bce"])
    "'hcs' is not a known objective; did you mean 'hsc'? There are: hsc, bce"
    """
    close = difflib.get_close_matches(name[:SHOWN], allowed, n=1)
    hint = f"did you mean {shortened(close[0])}? There are" if close else "there are"
    return f"{shortened(name)} is not a known {what}; {hint}: {some(allowed) or 'none'}"


# The kinds of values that several files have.


def printable(text: str) -> str:
    """A line without signs that steer a terminal or turn around what is written."""
    for sign in text:
        if not sign.isprintable():
            raise UserError(
                f"expected a text of signs that can be printed, found {sign!r} in {shortened(text)}"
            )
    return text


def one_line(text: str) -> str:
    """The same with spaces for all white space: a heading ends with its line."""
    return printable(" ".join(text.split()))


def words(text: str) -> str:
    """The same of lines, which are kept."""
    one_line(text)
    return text


def no_truth(value: Any) -> Any:
    """Pydantic would read true as 1."""
    if isinstance(value, bool):
        raise UserError(f"expected a number, found {value}")
    return value


def inside(name: str) -> str:
    """The name of a file in a folder, which does not lead out of it."""
    if (
        not printable(name)
        or name.startswith("/")
        or {"..", ""} & {*name.split("/")}
        or "\\" in name
    ):
        raise UserError(
            "expected the name of a file in the folder, without `..` and not from the root, found "
            + shortened(name)
        )
    return name


Line = Annotated[str, Field(max_length=LINE), AfterValidator(printable)]
Title = Annotated[str, Field(max_length=LINE), AfterValidator(one_line)]
Words = Annotated[str, AfterValidator(words)]
FileName = Annotated[str, Field(max_length=LINE), AfterValidator(inside)]
Number = Annotated[float, BeforeValidator(no_truth)]
Whole = Annotated[int, Field(gt=0, le=10**9, strict=True)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1, strict=True)]  # scikit-learn takes no larger one
