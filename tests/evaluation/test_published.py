"""Published numbers: what a file may hold, what is wrong with others, and how a value is named."""

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from table_cases import PETS, SPEC, table

from oebench.artifacts.manifest import Published
from oebench.evaluation.published import FOLDER, read
from oebench.reporting.table import write_table

HEAD = "dataset,oe,method,mean_auc,status,source\n"
GOOD = "pets,none,CSI,94.3,verified,table 1\n"
Write = Callable[..., list[Published]]


@pytest.fixture
def read_of(tmp_path: Path) -> Write:
    """The values of a file with this content."""

    def reading(content: str | bytes, name: str = "own.csv") -> list[Published]:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(tmp_path)

    return reading


def refusal(read_of: Write, content: str | bytes) -> str:
    with pytest.raises(ValueError, match=r"^own\.csv") as error:
        read_of(content)
    return str(error.value)


# The files of this repository


def test_a_file_of_this_repository_has_the_values_of_its_data_set() -> None:
    datasets: dict[str, set[str]] = {}
    for file in FOLDER.glob("*.csv"):
        with file.open(newline="", encoding="utf-8") as content:
            datasets[file.name] = {row["dataset"] for row in csv.DictReader(content)}
    others = datasets.pop("others.csv")
    assert datasets == {
        "cifar10.csv": {"cifar10"},
        "cifar10_oe_classes.csv": {"cifar10"},
        "imagenet30.csv": {"imagenet30"},
        "mnist.csv": {"mnist"},
    }
    assert others.isdisjoint({"cifar10", "imagenet30", "mnist"})


def test_every_published_value_of_this_repository_is_read_and_has_a_source() -> None:
    values = read()
    lines = [line for file in FOLDER.glob("*.csv") for line in file.read_text().splitlines()]
    assert len(values) == len(lines) - 5  # the heads
    assert all(len(each.source) > 10 for each in values)
    counts = Counter((bool(each.key), each.status) for each in values)
    assert counts == {
        (False, "verified"): 22,
        (False, "secondary"): 16,
        (False, "unverified"): 10,
        (True, "secondary"): 16,
    }


def test_only_the_worst_of_single_oe_images_are_worse_than_chance() -> None:
    for each in read():
        assert (each.mean_auc > 50) != each.method.startswith("worst single OE image")


def test_what_is_recalled_is_unverified_and_nothing_else_is() -> None:
    for each in read():
        assert (each.status == "unverified") == each.source.startswith("recalled")


def test_methods_of_the_paper_have_our_names_also_where_two_digits_are_known() -> None:
    named = {(each.method, each.objective) for each in read() if each.objective}
    assert named == {
        *(("DSVDD", "dsvdd"), ("BCE", "bce"), ("Focal", "focal")),
        *(("HSC", "hsc"), ("HSC (two digits)", "hsc")),
        *(("DSAD", "deepsad"), ("DSAD (two digits)", "deepsad")),
        *(("Focal* (literature)", "focal"), ("Focal* (literature; two digits)", "focal")),
        *(("worst single OE image HSC", "hsc"), ("worst single OE image BCE", "bce")),
    }


def test_the_curve_over_the_classes_of_cifar100_is_that_of_two_objectives() -> None:
    points = [each for each in read() if each.key]
    assert {(each.dataset, each.oe, each.key) for each in points} == {
        ("cifar10", "cifar100", "oe_classes")
    }
    for method in ("BCE", "HSC"):
        own = [each for each in points if each.method == method]
        assert [each.value for each in own] == [1, 2, 4, 8, 16, 32, 64, 100]
        assert all("digitised" in each.source for each in own)
    (first,) = [each for each in points if (each.method, each.value) == ("BCE", 1)]
    assert (first.mean_auc, first.spread, first.objective) == (80.2, 8.2, "bce")


@pytest.mark.parametrize(
    ("dataset", "method", "auroc"),
    [
        *(
            ("cifar10", "CSI", 94.3),
            ("cifar10", "GT+ (OE)", 95.6),
            ("cifar10", "GT+ (no OE)", 90.1),
        ),
        *(("imagenet30", "CSI", 91.6), ("imagenet30", "GT+", 85.7)),
    ],
)
def test_the_values_that_claims_ask_for_are_there(dataset: str, method: str, auroc: float) -> None:
    (value,) = [each for each in read() if (each.dataset, each.method) == (dataset, method)]
    assert (value.mean_auc, value.status) == (auroc, "verified")


# A file of one's own


def test_a_value_is_read_with_all_that_its_row_says(read_of: Write) -> None:
    (value,) = read_of(HEAD + 'pets,letters,GT+ (OE),95.60,unverified,"table 1, row 2"\n')
    assert value == Published(
        dataset="pets",
        oe="letters",
        method="GT+ (OE)",
        mean_auc=95.6,
        status="unverified",
        source="table 1, row 2",
    )
    assert value.normal_class == ""


def test_files_are_read_in_the_order_of_their_names(read_of: Write) -> None:
    read_of(HEAD + GOOD, "b.csv")
    values = read_of(HEAD + GOOD.replace("CSI", "GT"), "a.csv")
    assert [each.method for each in values] == ["GT", "CSI"]


def test_columns_may_stand_in_any_order(read_of: Write) -> None:
    (value,) = read_of("source,status,mean_auc,method,oe,dataset\ntable 1,verified,94,CSI,none,p\n")
    assert (value.dataset, value.mean_auc, value.source) == ("p", 94.0, "table 1")


def test_the_ends_of_the_scale_are_allowed(read_of: Write) -> None:
    rows = "pets,none,A,0,verified,s\npets,none,B,100,verified,s\n"
    assert [each.mean_auc for each in read_of(HEAD + rows)] == [0.0, 100.0]


def test_an_empty_line_between_rows_is_no_row(read_of: Write) -> None:
    assert len(read_of(HEAD + GOOD + "\n" + GOOD.replace("CSI", "GT"))) == 2


def test_there_may_be_no_file_at_all_no_folder_and_no_value(read_of: Write, tmp_path: Path) -> None:
    assert read(tmp_path) == []
    assert read(tmp_path / "nowhere") == []
    assert read_of(HEAD) == []


def test_another_column_gives_the_values_of_single_classes(read_of: Write) -> None:
    head = HEAD.replace("source", "source,normal_class")
    values = read_of(
        head + "pets,none,CSI,94.3,verified,s,\n"
        "pets,none,CSI,90,verified,s,cat\n"
        "pets,none,CSI,91,verified,s,dog\n"
    )
    assert [(each.normal_class, each.mean_auc) for each in values] == [
        ("", 94.3),
        ("cat", 90.0),
        ("dog", 91.0),
    ]


def test_another_column_gives_the_name_of_the_method_here(read_of: Write) -> None:
    head = HEAD.replace("source", "source,objective")
    values = read_of(
        head + "pets,none,CSI,94.3,verified,s,\npets,none,Deep SVDD,70,secondary,s,dsvdd\n"
    )
    assert [each.objective for each in values] == ["", "dsvdd"]


POINTS = HEAD.replace("source", "source,key,value,spread")


def test_other_columns_give_the_points_of_a_curve_beside_means(read_of: Write) -> None:
    values = read_of(
        POINTS
        + "pets,things,HSC,95,secondary,s,,,\n"
        + "pets,things,HSC,80,secondary,s,oe_size,1,2.5\n"
        + "pets,things,HSC,90,secondary,s,oe_size,2,\n"
        + "pets,things,HSC,70,secondary,s,blur,0.5,\n"
    )
    assert [(each.key, each.value, each.spread) for each in values] == [
        ("", None, None),
        ("oe_size", 1, 2.5),
        ("oe_size", 2, None),
        ("blur", 0.5, None),
    ]


# What is wrong with a file

COLUMNS = (
    "its first line must name the columns dataset,oe,method,mean_auc,status,source, and may name "
    "normal_class,objective,key,value,spread"
)


def test_an_empty_file_is_refused_with_the_line_that_it_must_begin_with(read_of: Write) -> None:
    assert refusal(read_of, "") == f"own.csv is empty; {COLUMNS}"


@pytest.mark.parametrize(
    "names",
    [
        "method,value",
        "dataset,oe,method,mean_auc,status",
        "dataset,oe,method,auroc,status,source",
        "dataset,oe,method,mean_auc,status,source,year",
        "dataset,oe,method,mean_auc,status,source,normal_class,year",
    ],
)
def test_other_columns_than_the_known_ones_are_refused_by_name(read_of: Write, names: str) -> None:
    assert refusal(read_of, names + "\n") == f"own.csv has the columns {names}; {COLUMNS}"


def test_a_column_that_stands_twice_is_refused(read_of: Write) -> None:
    """Its second value would silently take the place of the first."""
    twice = HEAD.replace("source", "source,status") + GOOD.replace("table 1", "table 1,unverified")
    assert "status" in refusal(read_of, twice)


@pytest.mark.parametrize(
    "row",
    [
        "pets,none,CSI,94.3,verified\n",
        "pets\n",
        "pets,none,CSI,94.3,verified,table 1, row 2\n",
    ],
)
def test_a_row_with_another_number_of_values_is_refused_with_its_line(
    read_of: Write, row: str
) -> None:
    assert refusal(read_of, HEAD + GOOD + row) == (
        "own.csv, line 3: expected 6 values, those with a comma in quotation marks"
    )


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("high", "number"),
        ("", "number"),
        ("94.3 %", "number"),
        ("-0.1", "0"),
        ("100.1", "100"),
        ("943", "100"),
        ("nan", "number"),
        ("inf", "number"),
    ],
)
def test_an_auroc_that_is_no_number_from_0_to_100_is_refused(
    read_of: Write, value: str, wrong: str
) -> None:
    text = refusal(read_of, HEAD + GOOD.replace("94.3", value))
    assert text.startswith("own.csv, line 2: mean_auc: expected ")
    assert wrong in text
    assert text.endswith(f", found {value!r}")


def test_a_status_other_than_the_three_is_refused(read_of: Write) -> None:
    assert refusal(read_of, HEAD + GOOD.replace("verified", "certain")) == (
        "own.csv, line 2: status: expected 'verified', 'secondary' or 'unverified', found 'certain'"
    )


def test_a_method_that_this_library_lacks_is_refused_with_those_there_are(read_of: Write) -> None:
    text = refusal(
        read_of,
        HEAD.replace("source", "source,objective") + "pets,none,A,50,verified,s,hcs\n",
    )
    assert text.startswith("own.csv, line 2: objective: 'hcs' is not a known method; did you mean ")


@pytest.mark.parametrize(
    ("point", "said"),
    [
        ("epochs,5,", "key: 'epochs' is not a known key of a curve; there are: gamma, oe_size"),
        ("oe_sizes,5,", "key: 'oe_sizes' is not a known key of a curve; did you mean 'oe_size'?"),
        ("oe_size,many,", "value: expected a number, found 'many'"),
        ("blur,-1,", "value: expected at least 0, found '-1'"),
        ("oe_size,1e12,", "value: expected at most 1,000,000,000, found '1e12'"),
        ("blur,1,-2", "spread: expected at least 0, found '-2'"),
        ("oe_size,,", "a point of a curve has a value; expected one of oe_size"),
        (",5,", "a point of a curve has a key; expected one beside value and spread"),
        (",,5", "a point of a curve has a key; expected one beside value and spread"),
        ("oe_size,0,", "value: expected a whole number of oe_size from 1 on, found 0"),
        ("oe_classes,1.5,", "value: expected a whole number of oe_classes from 1 on, found 1.5"),
    ],
)
def test_a_point_that_is_none_is_refused(read_of: Write, point: str, said: str) -> None:
    text = refusal(read_of, POINTS + f"pets,things,HSC,80,secondary,s,{point}\n")
    assert text.startswith(f"own.csv, line 2: {said}"), text


def test_a_point_of_a_single_class_is_refused(read_of: Write) -> None:
    head = HEAD.replace("source", "source,normal_class,key,value")
    text = refusal(read_of, head + "pets,things,HSC,80,secondary,s,cat,oe_size,1\n")
    assert text == (
        "own.csv, line 2: a point of a curve is a mean over classes; leave normal_class empty"
    )


def test_a_point_that_stands_twice_is_refused_however_its_value_is_written(read_of: Write) -> None:
    row = "pets,things,HSC,80,secondary,s,oe_size,16,\n"
    assert refusal(read_of, POINTS + row + row.replace(",16,", ",16.0,")) == (
        "own.csv, line 3: pets things HSC oe_size 16 stands twice; keep one"
    )


@pytest.mark.parametrize(
    ("column", "row"),
    [
        ("source", "pets,none,CSI,94.3,verified,\n"),
        ("method", "pets,none,,94.3,verified,table 1\n"),
        ("oe", "pets,,CSI,94.3,verified,table 1\n"),
        ("dataset", ",none,CSI,94.3,verified,table 1\n"),
    ],
)
def test_a_value_that_is_empty_is_refused(read_of: Write, column: str, row: str) -> None:
    assert refusal(read_of, HEAD + row).startswith(
        f"own.csv, line 2: {column}: expected a text that is not empty, found ''"
    )


def test_a_row_that_stands_twice_is_refused_whatever_its_value(read_of: Write) -> None:
    again = GOOD.replace("94.3", "94.4")
    assert refusal(read_of, HEAD + GOOD + "\n" + again) == (
        "own.csv, line 4: pets none CSI stands twice; keep one"
    )


def test_a_row_that_stands_in_two_files_is_refused(read_of: Write) -> None:
    read_of(HEAD + GOOD, "first.csv")
    assert refusal(read_of, HEAD + GOOD).startswith("own.csv, line 2: pets none CSI stands twice")


def test_a_method_may_have_a_value_for_each_kind_of_oe_images(read_of: Write) -> None:
    assert len(read_of(HEAD + GOOD + GOOD.replace("none", "letters"))) == 2


def test_a_file_that_is_not_utf_8_is_refused(read_of: Write) -> None:
    latin = (HEAD + GOOD.replace("table 1", "Schölkopf")).encode("latin-1")
    assert refusal(read_of, latin).startswith("own.csv cannot be read as CSV: 'utf-8' codec can't")


def test_a_quotation_that_does_not_end_is_refused(read_of: Write) -> None:
    unclosed = HEAD + GOOD.replace("table", '"table')
    assert refusal(read_of, unclosed).startswith("own.csv cannot be read as CSV: ")


# How a value is named


def value(**changes: str) -> Published:
    base = {"dataset": "pets", "oe": "none", "method": "CSI", "mean_auc": 94.3}
    return Published(**{**base, "status": "verified", "source": "table 1", **changes})


@pytest.mark.parametrize(
    ("method", "oe", "status", "label"),
    [
        ("CSI", "none", "verified", "CSI (no OE)"),
        ("CSI", "none", "secondary", "CSI (no OE, secondary)"),
        ("CSI", "none", "unverified", "CSI (no OE, unverified)"),
        ("HSC", "80mti", "verified", "HSC (OE 80mti)"),
        ("HSC", "80mti", "unverified", "HSC (OE 80mti, unverified)"),
        ("GT+ (OE)", "80mti", "verified", "GT+ (OE 80mti)"),  # not said twice
        ("GT+ (no OE)", "none", "verified", "GT+ (no OE)"),
    ],
)
def test_a_label_always_says_what_oe_images_were_seen(
    method: str, oe: str, status: str, label: str
) -> None:
    assert value(method=method, oe=oe, status=status).label == label


# Where a value is shown


@pytest.mark.parametrize("suffix", [".csv", ".md", ".tex", ".html"])
def test_all_but_a_verified_value_are_marked_in_every_file(tmp_path: Path, suffix: str) -> None:
    for status in ("verified", "secondary", "unverified"):
        spec = SPEC.model_copy(update={"published": (value(status=status),)})
        write_table(table(*PETS), spec, tmp_path / status)
    for status in ("secondary", "unverified"):
        (line,) = lines_of(tmp_path / f"{status}{suffix}", f"CSI (no OE, {status}) 94.3")
        assert "−20.8" in line or "-20.8" in line or "$-$20.8" in line  # 73.5 - 94.3
        assert status not in (tmp_path / f"verified{suffix}").read_text()


def lines_of(file: Path, text: str) -> list[str]:
    return [line for line in file.read_text(encoding="utf-8").splitlines() if text in line]
