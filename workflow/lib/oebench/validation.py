"""What every file that a person writes is held to: no unknown key, kinds of values, sentences."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from oebench.wording import listed, printed

SHOWN = 80  # characters of a value that is found
TOLD = 3000  # characters of all sentences on a file
LINE = 200  # characters of a title and of other lines
URL = "^https?://[!-~]+$"  # what `requests` fetches


class UserError(ValueError):
    """What a person can mend, said as a sentence: what was found, where, and what to do.

    Any other error is a fault of this library and keeps its traceback.
    """


class ConfigError(UserError):
    """The configuration cannot be used; the message has a line for each thing to mend."""


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


def sentences(
    error: ValidationError, content: Any, patterns: Mapping[str, str] | None = None
) -> list[str]:
    """Pydantic's errors on what a file holds as lines "key: what is wrong", one for each place."""
    found: dict[str, list[str]] = {}
    errors = error.errors()
    outer = {each["loc"][:part] for each in errors for part in range(len(each["loc"]))}
    for each in errors:
        if each["type"] == "too_short" and each["loc"] in outer:
            continue  # pydantic counts those that are right alone
        message = said(each, patterns)
        where = place(each["loc"], content, missing=each["type"] == "missing")
        messages = found.setdefault(where, [])
        messages += [message] if message not in messages else []
    return [f"{key}: {'; or '.join(messages)}" for key, messages in found.items()]


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


def told(lines: Iterable[str]) -> str:
    """A message of a line for each sentence; of many only the first, for nobody reads hundreds."""
    first, *others = [line[:TOLD] for line in lines]
    while others and len(first) + len(others[0]) <= TOLD:
        first += f"\n{others.pop(0)}"
    return f"{first}\nand {len(others)} more" if others else first


def shortened(value: Any) -> str:
    """A value that is found, of which a long one is not repeated whole."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} ..."


def unknown(what: str, name: str, allowed: list[str]) -> str:
    """The sentence for a name that does not exist.

    >>> unknown("objective", "hcs", ["hsc", "bce"])
    "'hcs' is not a known objective; did you mean 'hsc'? There are: hsc, bce"
    """
    close = difflib.get_close_matches(name[:SHOWN], allowed, n=1)
    hint = f"did you mean {shortened(close[0])}? There are" if close else "there are"
    return f"{shortened(name)} is not a known {what}; {hint}: {listed(allowed) or 'none'}"


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


def one_or_list(value: Any) -> str:
    """Which of two kinds a value is meant to be, so that an error is said of that one alone."""
    return "list" if isinstance(value, list | tuple) else "one"


ONE, LIST, ONE_OR_LIST = Tag("one"), Tag("list"), Discriminator(one_or_list)
Line = Annotated[str, Field(max_length=LINE), AfterValidator(printable)]
Title = Annotated[str, Field(max_length=LINE), AfterValidator(one_line)]
Words = Annotated[str, AfterValidator(words)]
FileName = Annotated[str, Field(max_length=LINE), AfterValidator(inside)]
Number = Annotated[float, BeforeValidator(no_truth)]
Whole = Annotated[int, Field(gt=0, le=10**9, strict=True)]
Count = Annotated[int, Field(ge=0, le=10**9, strict=True)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1, strict=True)]  # scikit-learn takes no larger one
