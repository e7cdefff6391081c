"""The reference of all configuration keys, from the descriptions in the typed model."""

from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from oead.claimfile import Claim
from oead.config import Claims, Config, Draw, Jobs, Study
from oead.datasets import Dataset
from oead.recipe import Recipe
from oead.sources.arrays import Arrays
from oead.sources.base import Download
from oead.sources.cifar import Cifar
from oead.sources.digits import Digits
from oead.sources.folder import Folder
from oead.sources.idx import Idx
from oead.sources.letters import Letters
from oead.sources.tinyimages import TinyImages
from oead.sources.toy import Toy

SECTIONS: dict[str, type[BaseModel]] = {
    "Top level": Config,
    "`studies.NAME`": Study,
    "`studies.NAME.draw`": Draw,
    "`jobs`": Jobs,
    "`claims`": Claims,
    "`recipes.NAME`": Recipe,
    "`datasets.NAME`": Dataset,
    "`datasets.NAME.source`, kind `digits`": Digits,
    "`datasets.NAME.source`, kind `letters`": Letters,
    "`datasets.NAME.source`, kind `arrays`": Arrays,
    "`datasets.NAME.source`, kind `folder`": Folder,
    "`datasets.NAME.source`, kind `idx`": Idx,
    "`datasets.NAME.source`, kind `cifar`": Cifar,
    "`datasets.NAME.source`, kind `tinyimages`": TinyImages,
    "`datasets.NAME.source`, kind `toy`": Toy,
    "`datasets.NAME.source.downloads`": Download,
    "A claim in a file of claims": Claim,
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
        return "see below"
    spelled = {None: "none", True: "`true`", False: "`false`"}
    if value is None or isinstance(value, bool):
        return spelled[value]
    return f"`{list(value) if isinstance(value, tuple) else value}`"
