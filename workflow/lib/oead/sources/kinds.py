"""All kinds of source. A new kind is a module of this folder and one entry here."""

from typing import Annotated

from pydantic import Field

from oead.sources.arrays import Arrays
from oead.sources.cifar import Cifar
from oead.sources.digits import Digits
from oead.sources.folder import Folder
from oead.sources.idx import Idx
from oead.sources.letters import Letters
from oead.sources.tinyimages import TinyImages
from oead.sources.toy import Toy

AnySource = Annotated[
    Digits | Letters | Arrays | Folder | Idx | Cifar | TinyImages | Toy, Field(discriminator="kind")
]
