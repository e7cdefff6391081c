"""The claims of the paper, and one's own, as typed entries, checked before the first job."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from oebench.claims.statements import Statement
from oebench.strict_yaml import read_yaml
from oebench.validation import ConfigError, Line, Strict, UserError, Words, sentences, told

CLAIMS = Path(__file__).parents[1] / "published/claims.yaml"
Status = Literal["verified", "secondary", "inferred"]


class Claim(Strict):
    """What the paper is said to say, and the statement that its truth is judged by."""

    claim: Words = Field(min_length=1, description="In our words.")
    status: Status = Field(
        description="`verified`: read in the paper; `secondary`: in somebody's notes on it; "
        "`inferred`: from its figures."
    )
    source: Words = Field(min_length=1, description="Where it was read.")
    data: dict[Line, Line] = Field(
        min_length=1,
        description="Data sets that it is about, each with its OE data set; its recipe is that of "
        "the catalogue that has the data set's name.",
    )
    asked_of: Literal["any", "images", "pair"] = Field(
        "images",
        description="`any`: of the data sets of `claims.data`, too; `images`: of its own data sets "
        "with any OE images; `pair`: with its own OE images alone.",
    )
    check: Statement | None = Field(description="What is so if it holds; `null`: see `beyond`.")
    stricter: Statement | None = Field(
        None, description="Another one, judged too, where it is not known which is meant."
    )
    beyond: Words = Field("", description="Why no statement says it, where `check` is `null`.")
    tolerance: Words = Field("", description="Who chose the numbers in the statement.")
    note: Words = Field("", description="What a reader should know of the check.")

    @model_validator(mode="after")
    def can_be_judged_or_says_why_not(self) -> "Claim":
        if (self.check is None) != bool(self.beyond):
            raise UserError("expected either check or beyond, which says why no statement says it")
        return self


class Asked(Strict):
    """A claim, and the data sets on which it is judged: of normal and test, and of OE images.

    `own` says whether they are the claim's own; `recipe` is the claim's own, by value, where there
    is one. `features_of` is the data set whose images they are features of, if they are.
    """

    name: str
    claim: Claim
    dataset: str
    oe: str
    own: bool
    recipe: dict[str, Any] | None = None
    features_of: str = ""


def read_claims(path: Path = CLAIMS) -> dict[str, Claim]:
    """The claims of a file by their name. Raises ConfigError, a line for each thing to mend."""
    content = {str(name): entry for name, entry in read_yaml(path).items()}
    try:
        return TypeAdapter(dict[str, Claim]).validate_python(content)
    except ValidationError as error:
        lines = sentences(error, content)
        raise ConfigError(told(f"{path.name}: {line}" for line in lines)) from None
