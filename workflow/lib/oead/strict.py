"""The base of everything that is written in YAML: unknown keys are refused with a sentence."""

import difflib
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


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


def unknown(what: str, name: str, allowed: list[str]) -> str:
    """The sentence for a name that does not exist.

    >>> unknown("objective", "hcs", ["hsc", "bce"])
    "'hcs' is not a known objective; did you mean 'hsc'? There are: hsc, bce"
    """
    close = difflib.get_close_matches(name, allowed, n=1)
    hint = f"did you mean {close[0]!r}? There are" if close else "there are"
    return f"{name!r} is not a known {what}; {hint}: {', '.join(allowed) or 'none'}"
