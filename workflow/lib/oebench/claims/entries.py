"""The claims of the paper as entries of a YAML file, read before the first job."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator

from oebench.claims.language import ExpressionError, parse
from oebench.strict_yaml import read_yaml
from oebench.validation import (
    ConfigError,
    Line,
    Number,
    Strict,
    UserError,
    Words,
    said,
    shortened,
    told,
)
from oebench.wording import printed

CLAIMS = Path(__file__).parents[1] / "published/claims.yaml"
Status = Literal["verified", "secondary", "inferred"]


class Claim(Strict):
    """What the paper is said to say, and the expression that its truth is judged by."""

    claim: Words = Field(min_length=1, description="In our words.")
    status: Status = Field(
        description="`verified`: read in the paper; `secondary`: in somebody's notes on it; "
        "`inferred`: from its figures."
    )
    source: Words = Field(min_length=1, description="Where it was read.")
    data: dict[Line, Line] = Field(
        min_length=1, description="Data sets that it is about, each with its OE data set."
    )
    general: bool = Field(False, description="Whether it can be asked of any data set.")
    check: str = Field(
        max_length=1000, description="An expression that is true if the claim holds."
    )
    stricter: str | None = Field(
        None,
        max_length=1000,
        description="Another one, judged too, where it is not known which is meant.",
    )
    tolerance: Number = Field(0.0, description="The value of `tolerance` in the expressions.")
    tolerance_source: Words = Field("", description="Who says so, and in what unit.")
    note: Words = Field("", description="What a reader should know of the check.")

    @field_validator("check", "stricter")
    @classmethod
    def parses(cls, text: str | None) -> str | None:
        try:
            if text is not None:
                parse(text)
        except ExpressionError as error:
            raise UserError(str(error).replace(repr(text), shortened(text))) from None
        return text


class Asked(Strict):
    """A claim, and the data sets on which it is judged: of normal and test, and of OE images."""

    name: str
    claim: Claim
    dataset: str
    oe: str


def read_claims(path: Path = CLAIMS) -> dict[str, Claim]:
    """The claims of a file by their name. Raises ConfigError, a line for each thing to mend."""
    claims, problems = {}, []
    for name, entry in read_yaml(path).items():
        try:
            claims[str(name)] = Claim.model_validate(entry)
        except ValidationError as error:
            for each in error.errors():
                key = ".".join(printed(str(part)) for part in (name, *each["loc"]))
                problems.append(f"{path.name}: {key}: {said(each)}")
    if problems:
        raise ConfigError(told(problems))
    if not claims:
        raise ConfigError(f"{path.name} has no claims; delete the key or name one")
    return claims
