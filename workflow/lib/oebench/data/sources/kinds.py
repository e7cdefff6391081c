"""All kinds of source: a new one is a class beside the others, and an entry here."""

from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from oebench.data.sources.arrays import Arrays
from oebench.data.sources.base import Source
from oebench.data.sources.cifar import Cifar
from oebench.data.sources.embedded import Digits, Letters, PhotoPatches
from oebench.data.sources.folder import Folder
from oebench.data.sources.frozen import Frozen
from oebench.data.sources.idx import Idx
from oebench.data.sources.tinyimages import TinyImages
from oebench.data.sources.toy import Toy
from oebench.data.sources.vectors import Vectors

SOURCES: dict[str, type[Source]] = {
    "digits": Digits,
    "letters": Letters,
    "photo_patches": PhotoPatches,
    "arrays": Arrays,
    "vectors": Vectors,
    "frozen": Frozen,
    "folder": Folder,
    "idx": Idx,
    "cifar": Cifar,
    "tinyimages": TinyImages,
    "toy": Toy,
}


class ByKind:
    """A source is read as the class that its key `kind` names in `SOURCES`."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        choices = {kind: handler.generate_schema(each) for kind, each in SOURCES.items()}
        return core_schema.tagged_union_schema(choices, discriminator="kind")


AnySource = Annotated[Source, ByKind()]
