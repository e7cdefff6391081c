"""The kinds of statement of which claims are made, checked before the first job.

Each is named by its first key: `better`, `equivalent`, `rises`, `falls`, `insensitive`, `exceeds`,
`compact`, and `all_of` or `any_of` of them. `claims.judge` says what becomes of each on runs,
`claims.spoken` how it reads aloud.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    create_model,
    model_validator,
)

from oebench.registry import METHODS
from oebench.run import AMOUNTS, AXES, KEYS, SETTINGS
from oebench.validation import Line, Number, Strict, UserError, Whole, shortened, unknown

ALL = "all"  # of the OE data set
MOST = 20  # statements that one joins
# A value of each kind that a key of a run has.
VALUES: dict[type, Any] = {
    int: Whole | Literal["all"],
    float: Annotated[Number, Field(ge=0)],
    bool: Annotated[bool, Field(strict=True)],
    str: Line,
}
TOLD = "As in a study."
CHOSEN = tuple(key for key in SETTINGS if key != "dataset")  # what tells the runs of a claim


class Range(Strict):
    """Values of a key: every one for which there are runs."""

    above: Number | None = Field(None, description="They are larger than this.")
    at_least: Number | None = Field(None, description="They are this or larger.")
    at_most: Number | None = Field(None, description="They are this or smaller.")
    from_some: bool = Field(
        False,
        strict=True,
        description="It is enough that the statement holds from some of these values on.",
    )

    def holds(self, value: float) -> bool:
        """Whether a value is one of them."""
        return (
            (self.above is None or value > self.above)
            and (self.at_least is None or value >= self.at_least)
            and (self.at_most is None or value <= self.at_most)
        )


class Chosen(Strict):
    """Values of the keys of a run; those that are not named have their default."""

    @property
    def asked(self) -> dict[str, Any]:
        """The keys that are named, and their values."""
        named = {key: getattr(self, key, None) for key in CHOSEN}
        return {key: value for key, value in named.items() if value is not None}

    def within(self, values: dict[str, Any]) -> dict[str, Any]:
        """Other values with these in their place: a run has one amount of OE."""
        taken = AMOUNTS if self.asked.keys() & {*AMOUNTS} else ()
        return {key: values[key] for key in values if key not in taken} | self.asked

    @model_validator(mode="after")
    def one_amount(self) -> "Chosen":
        if len(named := [key for key in AMOUNTS if key in self.asked]) > 1:
            raise UserError(f"{' and '.join(named)} are both given; a run has one of them")
        return self


def keys(ranges: bool) -> dict[str, Any]:
    """The keys of a run as fields of a model; with `ranges`, those of an axis may have several."""
    kinds = {key: VALUES[KEYS[key].kind] for key in CHOSEN}
    if ranges:
        kinds |= {key: one_or_range(kinds[key]) for key in AXES}
    return {key: (kind | None, Field(None, description=TOLD)) for key, kind in kinds.items()}


def one_or_range(kind: Any) -> Any:
    """A value of this kind, or a range of them, whichever a file has."""
    return Annotated[
        Annotated[kind, Tag("value")] | Annotated[Range, Tag("range")],
        Discriminator(lambda value: "range" if isinstance(value, dict | Range) else "value"),
    ]


def known(name: Any) -> Any:
    """The name of a method."""
    if not isinstance(name, str) or name not in METHODS:
        raise UserError(unknown("objective", str(name), [*METHODS]))
    return name


def takes(objective: str, key: str) -> bool:
    """Whether runs of a method have a key: bce has no norm, dsvdd sees no OE images."""
    method, about = METHODS[objective], KEYS[key].about
    return key in method.parameters if about == "objective" else about != "oe" or method.uses_oe


class NamedSide(Chosen):
    """A method, and values of keys that are its own in a comparison."""

    objective: Annotated[str, BeforeValidator(known)] = Field(
        description="An objective, or a method without deep learning."
    )

    @model_validator(mode="after")
    def has_such_keys(self) -> "NamedSide":
        for key in self.asked:
            if not takes(self.objective, key):
                raise UserError(f"{self.objective} has no {key}; take it out")
        return self


def by_name(value: Any) -> Any:
    """A name alone is a method as it is."""
    if not isinstance(value, str | dict | NamedSide):
        raise UserError(
            "expected a method's name, or a mapping with the key objective, found "
            + shortened(value)
        )
    return {"objective": value} if isinstance(value, str) else value


def as_list(value: Any) -> Any:
    """One alone is a list of one."""
    return value if isinstance(value, list | tuple) else [value]


def axis(key: Any) -> Any:
    """The name of a key that may be on the axis of a curve."""
    if key not in AXES:
        raise UserError(unknown("key of an axis", str(key), [*AXES]))
    return key


Sided = create_model("Sided", __base__=NamedSide, **keys(ranges=False))
Where = create_model("Where", __base__=Chosen, **keys(ranges=True))
Side = Annotated[Sided, BeforeValidator(by_name, json_schema_input_type=str | Sided)]
Sides = Annotated[
    tuple[Side, ...],
    BeforeValidator(as_list, json_schema_input_type=Side | list[Side]),
    Field(min_length=1, max_length=MOST),
]
Axis = Annotated[str, BeforeValidator(axis)]
AN_AXIS = f"Over which key: {', '.join(AXES)}."
Points = Annotated[Number, Field(ge=-100, le=100)]
Within = Annotated[Number, Field(gt=0, le=100)]


class Of(Strict):
    """What statements on runs share."""

    where: Where = Field(
        Where(),
        description="Keys of a run and their values, as in a study; the runs that have them are "
        "meant. What is not named has its default.",
    )
    methods: ClassVar[tuple[str, ...]]  # the keys whose values are methods

    @property
    def sides(self) -> list[NamedSide]:
        """Every method in it."""
        given = [getattr(self, key) for key in self.methods]
        return [side for each in given if each is not None for side in as_list(each)]

    @cached_property
    def range(self) -> tuple[str, Range] | None:
        """The key whose values are a range, if there is one."""
        found = [(key, each) for key, each in self.where.asked.items() if isinstance(each, Range)]
        return found[0] if found else None

    @model_validator(mode="after")
    def has_such_values(self) -> "Of":
        several = [key for key, each in self.where.asked.items() if isinstance(each, Range)]
        if len(several) > 1:
            raise UserError(f"where: {' and '.join(several)} have a range; one key may have it")
        for key in self.where.asked:
            if not any(takes(side.objective, key) for side in self.sides):
                names = dict.fromkeys(side.objective for side in self.sides)
                raise UserError(f"where: {' and '.join(names)} has no {key}; take it out")
        return self


class Along(Of):
    """What statements on all values of a key share."""

    axis: ClassVar[str]  # the key whose value is that key

    @model_validator(mode="after")
    def has_an_axis(self) -> "Along":
        key, asked = getattr(self, self.axis), self.where.asked
        for side in self.sides:
            if not takes(side.objective, key):
                raise UserError(f"{side.objective} has no {key}; name another key")
            if key in side.asked:
                raise UserError(f"{side.objective}: all values of {key} are meant; take it out")
        if key in asked and not (isinstance(asked[key], Range) and not asked[key].from_some):
            raise UserError(
                f"where: all values of {key} are meant, or those of a range without from_some; "
                f"found {shortened(asked[key])}"
            )
        if self.range and self.range[0] != key:
            raise UserError(f"where: {self.range[0]} has a range; here only {key} may have it")
        return self


class Better(Of):
    """The mean AUROC of a method lies above that of others."""

    methods: ClassVar = ("better", "than")
    better: Side = Field(description="The better method.")
    than: Sides = Field(description="The other one, or a list of others.")
    by: Points = Field(
        0.0, description="Points by which it is better at least; below 0: it may be as much worse."
    )


class Equivalent(Of):
    """The mean AUROCs of methods are alike."""

    methods: ClassVar = ("equivalent", "to")
    equivalent: Side = Field(description="A method.")
    to: Sides = Field(description="The other one, or a list of others.")
    within: Within = Field(description="Points by which they differ at most.")


class Rises(Along):
    """The mean AUROC rises with a key: its slope is above 0."""

    methods: ClassVar = ("rises",)
    axis: ClassVar = "over"
    rises: Sides = Field(description="A method, or several of which each does.")
    over: Axis = Field(description=AN_AXIS)


class Falls(Along):
    """The mean AUROC falls with a key: its slope is below 0."""

    methods: ClassVar = ("falls",)
    axis: ClassVar = "over"
    falls: Sides = Field(description="A method, or several of which each does.")
    over: Axis = Field(description=AN_AXIS)


class Insensitive(Along):
    """The mean AUROC is alike at all values of a key."""

    methods: ClassVar = ("insensitive",)
    axis: ClassVar = "to"
    insensitive: Side = Field(description="A method.")
    to: Axis = Field(description=AN_AXIS)
    within: Within = Field(description="Points by which any two values differ at most.")


MEASURES = ("published", "baseline", "value")


class Exceeds(Of):
    """The mean AUROC lies above a published value, a baseline of one's own, or a number."""

    methods: ClassVar = ("exceeds", "baseline")
    exceeds: Side = Field(description="A method.")
    published: Line | None = Field(
        None, description="The name of a published method on the same data set."
    )
    baseline: Side | None = Field(None, description="A method without OE images.")
    value: Annotated[Number, Field(ge=0, le=100)] | None = Field(None, description="In per cent.")
    by: Points = Field(
        0.0, description="Points by which it is above at least; below 0: it may be as much below."
    )

    @model_validator(mode="after")
    def one_measure(self) -> "Exceeds":
        given = [key for key in MEASURES if getattr(self, key) is not None]
        if len(given) != 1:
            raise UserError(
                f"exceeds: expected one of {', '.join(MEASURES)}, found "
                f"{' and '.join(given) or 'none'}"
            )
        if self.baseline and METHODS[self.baseline.objective].uses_oe:
            raise UserError(f"exceeds: {self.baseline.objective} sees OE images; use better")
        return self


class Compact(Of):
    """A method calls fewer points far from the normal ones normal (the metric miss95)."""

    methods: ClassVar = ("compact", "than")
    compact: Side = Field(description="The method that calls few far points normal.")
    than: Side = Field(description="The one that calls many normal.")
    factor: Annotated[Number, Field(ge=1, le=1000)] = Field(
        1.0, description="How many times as many at least."
    )


if TYPE_CHECKING:  # the union below is recursive, which mypy does not follow
    Statement = Strict


class AllOf(Strict):
    """Every one of these statements holds."""

    all_of: tuple["Statement", ...] = Field(
        min_length=1, max_length=MOST, description="Statements."
    )


class AnyOf(Strict):
    """One of these statements holds at least."""

    any_of: tuple["Statement", ...] = Field(
        min_length=1, max_length=MOST, description="Statements."
    )


STATEMENTS: dict[str, type[Strict]] = {
    "better": Better,
    "equivalent": Equivalent,
    "rises": Rises,
    "falls": Falls,
    "insensitive": Insensitive,
    "exceeds": Exceeds,
    "compact": Compact,
    "all_of": AllOf,
    "any_of": AnyOf,
}


def kind_of(value: Any) -> str | None:
    """Which kind of statement a mapping, or a model, is."""
    given = value if isinstance(value, dict) else getattr(value, "model_fields_set", ())
    return next((name for name in STATEMENTS if name in given), None)


def tag_of(value: Any) -> str:
    """The same as pydantic is to call it where an error is: otherwise than any key of a file."""
    return f"{kind_of(value)} statement"


def is_statement(value: Any) -> Any:
    """Refuses what is no kind of statement, naming those there are."""
    if kind_of(value) is None:
        raise UserError(
            f"expected a mapping with one of the keys {', '.join(STATEMENTS)}, found "
            + shortened(value)
        )
    return value


if not TYPE_CHECKING:
    Statement = Annotated[
        Annotated[Better, Tag("better statement")]
        | Annotated[Equivalent, Tag("equivalent statement")]
        | Annotated[Rises, Tag("rises statement")]
        | Annotated[Falls, Tag("falls statement")]
        | Annotated[Insensitive, Tag("insensitive statement")]
        | Annotated[Exceeds, Tag("exceeds statement")]
        | Annotated[Compact, Tag("compact statement")]
        | Annotated[AllOf, Tag("all_of statement")]
        | Annotated[AnyOf, Tag("any_of statement")],
        Discriminator(tag_of),
        BeforeValidator(is_statement),
    ]
AllOf.model_rebuild()
AnyOf.model_rebuild()
