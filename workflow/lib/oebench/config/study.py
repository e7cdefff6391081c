"""What a configuration says of a study: the grid of its runs, and what is drawn from them."""

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from oebench.data.sources.base import MD5
from oebench.features import SHA256
from oebench.recipe import SCORED, Recipe
from oebench.registry import METHODS, METRICS, NORMS, is_trained
from oebench.run import AXES, KEYS, SAFE_NAME, SETTINGS
from oebench.validation import (
    LIST,
    ONE,
    ONE_OR_LIST,
    URL,
    Number,
    Seed,
    Strict,
    Title,
    UserError,
    Whole,
    said,
    shortened,
    unknown,
)

LONGEST_NAME = 60  # with what stands beside it, a part of a path has 255 bytes at most
Name = Annotated[str, Field(pattern=f"^{SAFE_NAME}$", max_length=LONGEST_NAME)]
# A study's name is a target beside the workflow's own, which have an underscore or are reserved.
STUDY_NAME = "[a-z0-9][a-z0-9-]*"
Amount = Whole | Literal["all"]
Classes = tuple[Annotated[int, Field(strict=True)] | str, ...]
Seeds = tuple[Annotated[Seed, Field(gt=0)], ...]
PATTERNS = {  # what a text that fits a pattern is
    f"^{STUDY_NAME}$": "a study's name has lower-case letters, digits and hyphens",
    f"^{SAFE_NAME}$": "a name has letters, digits, '.', '_', '-'; the first is a letter or digit",
    MD5: "an MD5 checksum has 32 hex digits",
    SHA256: "a SHA-256 checksum has 64 hex digits, of which the first eight may do",
    URL: "an address begins with http:// or https:// and has no spaces",
}
# Keys that a study sweeps; by which it names a run; whose values are the rows of a table.
SWEEPABLE = (*SETTINGS, *SCORED)
LOOKED_AT = tuple(KEYS)
TABLE_ROWS = ("normal_class", *SETTINGS)


class NamedRecipe(Strict):
    """A recipe by name, with some of its keys overridden; `RecipeKeys` has the keys."""

    name: Name = Field(description="A recipe of the catalogue or of `recipes`.")

    @property
    def overrides(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in self.model_fields_set - {"name"}}


def alone(field: FieldInfo) -> Any:
    """The type of a field with its bounds."""
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def optional(field: FieldInfo) -> Any:
    """The same field of a recipe, but none is required."""
    return (alone(field) | None, Field(None, description=field.description))


def by_name(value: Any) -> Any:
    """A name alone is a recipe without overrides."""
    if not isinstance(value, str | dict | NamedRecipe):
        raise UserError("expected a recipe's name, or a mapping with the key name")
    return {"name": value} if isinstance(value, str) else value


keys: dict[str, Any] = {key: optional(field) for key, field in Recipe.model_fields.items()}
RecipeKeys = create_model("RecipeKeys", __base__=NamedRecipe, **keys)
Choice = Annotated[RecipeKeys, BeforeValidator(by_name, json_schema_input_type=Name | RecipeKeys)]


class Draw(Strict):
    """What is drawn from the runs of a study."""

    table: str | None = Field(
        "normal_class",
        description="The key whose values are the rows of the table, usually `normal_class`; "
        "`null` for no table. The columns are the objectives and whatever else is swept.",
    )
    curve: str | None = Field(
        None, description="The swept key on the horizontal axis of the figure; `null` for none."
    )
    beside: dict[Name, Title] = Field(
        {},
        max_length=4,
        description="Other studies that sweep the same key, whose lines stand in the same figure, "
        "each with what is said of them behind the names of the methods: "
        "`{cifar10-oe-size: trained from scratch}`.",
    )
    metric: str = Field(
        "auroc",
        description=f"What table and curve show the means of: {', '.join(METRICS)}. Comparisons "
        "and published values are AUROCs.",
    )
    compare: bool = Field(
        True, description="Whether the methods are compared, where there are two or more."
    )
    target: Annotated[Number, Field(gt=50, lt=100)] | None = Field(
        None,
        description="The mean AUROC in per cent for which the planner says how many OE images or "
        "classes are needed; by default, within one point of the best.",
    )
    look: dict[str, Any] | None = Field(
        {},
        description="Which run of the study the report plots alone: keys of a run and their "
        "values. What is not named is the study's first, for swept keys the last; `null` for none.",
    )
    plane: bool = Field(
        False,
        description="Whether points and scores are drawn over the plane: for `toy` only. Of "
        "several recipes the first is drawn.",
    )

    @field_validator("metric")
    @classmethod
    def known_metric(cls, name: str) -> str:
        if name not in METRICS:
            raise UserError(unknown("metric", name, [*METRICS]))
        return name


class Study(Strict):
    """A named grid of cells, and the table and figure drawn from it."""

    title: Title = Field(description="Stands over the table and the figure.")
    dataset: Name | None = Field(
        None, description="Where normal and test images come from. Required, unless swept."
    )
    oe: Name | None = Field(None, description="The data set of the OE images.")
    objectives: tuple[str, ...] = Field(min_length=1, description=f"Any of {', '.join(METHODS)}.")
    normal_classes: Annotated[
        Annotated[Literal["all"], ONE] | Annotated[Classes, LIST], ONE_OR_LIST
    ] = Field("all", description="`all`, or a list of class numbers or names.")
    oe_size: Amount | None = Field(
        None,
        description="A random subset of that many OE images, or `all`; each epoch walks it "
        "cyclically in a new order. Not together with `oe_classes`; with neither, all classes.",
    )
    oe_classes: Amount | None = Field(
        None, description="All images of that many random classes of the OE data set, or `all`."
    )
    blur: Number = Field(
        0,
        ge=0,
        le=1000,
        description="Standard deviation in pixels of a Gaussian blur of the OE images.",
    )
    norm: str | None = Field(
        None, description=f"Distance of hsc and dsvdd: {', '.join(NORMS)} (pseudo_huber)."
    )
    gamma: Number | None = Field(None, ge=0, le=100, description="Focusing parameter of focal (2).")
    augment: bool | None = Field(
        None,
        strict=True,
        description="Whether the recipe's augmentation is used; by default it is.",
    )
    recipe: Choice | None = Field(
        None,
        description="A recipe's name, or `{name: NAME, epochs: 10, ...}` to override keys. "
        "Required, unless swept.",
    )
    sweep: dict[str, tuple[Any, ...]] = Field(
        {},
        description="Keys of a run (this list, or a key of the recipe) and the values they take; "
        "several keys make a grid.",
    )
    seeds: Annotated[Annotated[Whole, ONE] | Annotated[Seeds, LIST], ONE_OR_LIST] = Field(
        description="A number (seeds 1 to that number) or a list of seeds."
    )
    up_to_pool: bool = Field(
        False,
        description="Leave out OE sizes and numbers of classes beyond the pool (and say so) "
        "instead of refusing them.",
    )
    keep_models: bool = Field(
        False,
        strict=True,
        description="Whether the trained network of each run is kept beside its scores, in "
        "`results/models`, for `oebench score`. Switched on later, finished runs train again; "
        "switched off, nothing runs. Baselines have no network.",
    )
    draw: Draw = Field(Draw(), description="What is drawn from its runs.")

    @field_validator("sweep")
    @classmethod
    def as_set_alone(cls, sweep: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
        """Every value as its key would have it."""
        return {
            key: like_one(key, values) if key in SWEEPABLE else values
            for key, values in sweep.items()
        }

    @field_validator("seeds", "normal_classes")
    @classmethod
    def not_empty(cls, value: Any) -> Any:
        if value == ():
            raise UserError("the list is empty; name at least one")
        return value

    @field_validator("objectives")
    @classmethod
    def known_objectives(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for place, name in enumerate(names):
            if name not in METHODS:
                raise UserError(unknown("objective", name, list(METHODS)))
            if name in names[:place]:
                raise UserError(f"the objective {name!r} stands twice")
        return names

    @model_validator(mode="after")
    def consistent(self) -> "Study":
        for key, values in self.sweep.items():
            if key not in SWEEPABLE:
                raise UserError(unknown("key to sweep", key, list(SWEEPABLE)))
            if not values:
                raise UserError(f"sweep.{key} is an empty list; give it values or leave it out")
        set_keys = {
            key for key in SETTINGS if getattr(self, key) != Study.model_fields[key].default
        }
        set_keys |= set(self.recipe.overrides) if self.recipe else set()
        for key in sorted(set_keys & set(self.sweep)):
            raise UserError(f"{key} is set and swept; take it out of one of the two")
        for key in ("dataset", "recipe"):
            if key not in set_keys | set(self.sweep):
                raise UserError(f"{key} is missing; set it or sweep it")
        curves = [key for key in AXES if key in self.sweep]
        if self.draw.curve is not None and self.draw.curve not in curves:
            raise UserError(
                f"draw.curve is {shortened(self.draw.curve)}; it must be one of the swept "
                f"keys among {', '.join(AXES)}; swept are: {', '.join(self.sweep) or 'none'}"
            )
        if self.draw.beside and self.draw.curve is None:
            raise UserError("draw.beside names studies for a figure, and draw.curve is not set")
        if len({*self.draw.beside.values()}) < len(self.draw.beside):
            raise UserError("draw.beside says the same of two studies; tell their lines apart")
        if self.draw.table is not None and self.draw.table not in TABLE_ROWS:
            raise UserError(unknown("key for the rows of a table", self.draw.table, [*TABLE_ROWS]))
        if self.keep_models and not any(map(is_trained, self.objectives)):
            raise UserError(
                f"keep_models keeps trained networks, and {', '.join(self.objectives)} train none; "
                "take it out"
            )
        if self.draw.plane and self.draw.curve:
            raise UserError("draw.plane and draw.curve are both set; a study has one figure")
        for key in self.draw.look or {}:
            if key not in LOOKED_AT:
                raise UserError(unknown("key of a run in draw.look", key, [*LOOKED_AT]))
        return self

    @property
    def seed_list(self) -> list[int]:
        if isinstance(self.seeds, int):
            return list(range(1, self.seeds + 1))
        return sorted(set(self.seeds))


@cache
def kind_of(key: str) -> TypeAdapter[Any]:
    """What a value of a key that a study sweeps is."""
    kind = alone((Recipe.model_fields | Study.model_fields)[key])
    return TypeAdapter(kind, config=ConfigDict(allow_inf_nan=False))


def like_one(key: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Swept values, each as it would be set alone; the first wrong one is refused."""
    try:
        return tuple(map(kind_of(key).validate_python, values))
    except ValidationError as error:
        told = dict.fromkeys(said(each, PATTERNS) for each in error.errors())
        raise UserError(f"{key}: {'; or '.join(told)}") from None
