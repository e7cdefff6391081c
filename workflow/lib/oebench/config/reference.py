"""The reference of all configuration keys, from the descriptions in the typed model."""

from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from oebench.claims.entries import Claim
from oebench.claims.statements import STATEMENTS, NamedSide, Range
from oebench.config.schema import Claims, Config, Jobs
from oebench.config.study import Draw, Study
from oebench.data.dataset import Dataset, FeaturesOf
from oebench.data.sources.base import Download
from oebench.data.sources.frozen import Frozen
from oebench.data.sources.kinds import SOURCES
from oebench.recipe import Recipe

SECTIONS: dict[str, type[BaseModel]] = {
    "Top level": Config,
    "`studies.NAME`": Study,
    "`studies.NAME.draw`": Draw,
    "`jobs`": Jobs,
    "`claims`": Claims,
    "`recipes.NAME`": Recipe,
    "`datasets.NAME`": Dataset,
    "`datasets.NAME` of features": FeaturesOf,
    "`datasets.NAME.features`": Frozen,
    **{
        f"`datasets.NAME.source`, kind `{kind}`": each
        for kind, each in SOURCES.items()
        if each is not Frozen  # written as `features`
    },
    "`datasets.NAME.source.downloads`": Download,
    "`claims.own.NAME`": Claim,
    **{f"A statement, kind `{kind}`": each for kind, each in STATEMENTS.items()},
    "A method in a statement": NamedSide,
    "A range in `where`": Range,
}


def reference() -> str:
    """A Markdown table of key, default and meaning for each section."""
    parts = []
    for title, model in SECTIONS.items():
        lines = [f"### {title}", "", "| key | default | meaning |", "|---|---|---|"]
        for key, field in model.model_fields.items():
            lines.append(f"| `{key}` | {default(field.default)} | {field.description or ''} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def default(value: Any) -> str:
    """A default as YAML would spell it; "required" without one."""
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, BaseModel):
        return "see below" if type(value) in SECTIONS.values() else "`{}`"
    spelled = {None: "none", True: "`true`", False: "`false`"}
    if value is None or isinstance(value, bool):
        return spelled[value]
    return f"`{list(value) if isinstance(value, tuple) else value}`"
