"""runs.csv: a row per run that says what was run and what came out."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scores_cases import collected

from oebench.artifacts import scores
from oebench.artifacts.manifest import Group, StudyManifest
from oebench.artifacts.runs import merge, read, write
from oebench.evaluation.collect import check_complete, collect
from oebench.evaluation.metrics import Ranking
from oebench.registry import METRICS, Metric
from oebench.validation import UserError

COLUMNS = [
    *("dataset", "oe", "objective", "norm", "gamma", "normal_class", "normal_name"),
    *("oe_size", "oe_classes", "blur", "augment", "recipe", "seed", "status"),
    *("auroc", "average_precision", "fpr95", "miss95", "anomaly_share", "n_test"),
    *("normal_in_test", "oe_in_test", "train_seconds", "device", "arithmetic", "versions", "code"),
    *("path", "group"),
]
RUN: dict[str, Any] = {
    "dataset": "digits",
    "oe": "letters",
    "oe_size": 16,
    "oe_classes": None,
    "blur": 0.0,
    "objective": "hsc",
    "norm": "pseudo_huber",
    "gamma": None,
    "recipe": "digits",
    "augment": False,
    "normal_class": 3,
    "normal_name": "3",
    "seed": 1,
    "status": "ok",
    "n_test": 599,
    "normal_in_test": 0,
    "oe_in_test": 2,
    "train_seconds": 2.5,
    "device": "cpu",
    "arithmetic": "float32",
    "versions": "python 3.11.7",
    "code": "c0de",
    "message": None,
}
# Normal 1, 2, 5 and anomalies 3, 4, 6: of 9 pairs 2 + 2 + 3 are won. All anomalies lie above 2, and
# of the normal images 5 does too; up to 5 lie 2 of 3 anomalies.
ARRAYS = {
    "score": np.array([1, 2, 3, 4, 5, 6], dtype=np.float32),
    "label": np.array([0, 0, 1, 1, 0, 1], dtype=np.uint8),
}
AUROC, PRECISION, FPR95, MISS95 = 7 / 9, (1 + 2 / 3 + 3 / 4) / 3, 1 / 3, 2 / 3
DIVERGED = {"status": "diverged"}
MEMBER = "normal_class=3/seed=1"


@pytest.fixture
def saved(tmp_path: Path) -> Any:
    """Writes a scores file that differs from RUN in the given attributes; returns file and run."""

    def save(name: str = "one", arrays: Any = ARRAYS, **changes: Any) -> tuple[Path, str]:
        path = tmp_path / "runs" / f"{name}.h5"
        scores.write(path, MEMBER, arrays, {**RUN, **changes})
        return path, MEMBER

    return save


def lines(table: pd.DataFrame, folder: Path) -> list[str]:
    write(table, folder / "runs.csv")
    return (folder / "runs.csv").read_text().splitlines()


def test_a_run_is_a_row_with_every_column_in_order(saved: Any, tmp_path: Path) -> None:
    path, member = saved()
    head, row = lines(collected([(path, member)]), tmp_path)
    assert head == ",".join(COLUMNS)
    before = "digits,letters,hsc,pseudo_huber,,3,3,16,,0.0,False,digits,1,ok"
    assert row.startswith(f"{before},0.7777777777777778,")
    machine = "2.5,cpu,float32,python 3.11.7,c0de"
    assert row.endswith(f",0.5,599,0,2,{machine},{path.as_posix()},{member}")
    metrics = [float(value) for value in row.split(",")[14:18]]
    assert metrics == pytest.approx([AUROC, PRECISION, FPR95, MISS95])


def test_what_does_not_apply_is_empty_and_whole_numbers_stay_whole(
    saved: Any, tmp_path: Path
) -> None:
    """A column with gaps must not turn its whole numbers into 16.0."""
    baseline = {"oe": None, "oe_size": None, "objective": "dsvdd"}
    by_class = {"oe_size": 2600, "oe_classes": 26, "objective": "focal", "norm": None, "gamma": 2.0}
    table = collected([saved("a"), saved("b", **baseline), saved("c", **by_class)])
    rows = [line.split(",") for line in lines(table, tmp_path)[1:]]
    columns = ["oe", "norm", "gamma", "oe_size", "oe_classes"]
    found = [[row[COLUMNS.index(column)] for column in columns] for row in rows]
    assert found == [
        ["letters", "pseudo_huber", "", "16", ""],
        ["", "pseudo_huber", "", "", ""],
        ["letters", "", "2.0", "2600", "26"],
    ]


def test_a_diverged_run_has_no_metrics(saved: Any, tmp_path: Path) -> None:
    row = lines(collected([saved(**DIVERGED)]), tmp_path)[1].split(",")
    found = {name: row[COLUMNS.index(name)] for name in ("status", *METRICS, "n_test")}
    assert found == {"status": "diverged", **dict.fromkeys(METRICS, ""), "n_test": "599"}


def test_a_table_that_is_written_and_read_is_the_same_table(saved: Any, tmp_path: Path) -> None:
    table = collected(
        [
            saved("a"),
            saved("b", oe=None, oe_size=None),
            saved("c", **DIVERGED),
            saved("d", augment=True, blur=0.5),
        ]
    )
    write(table, tmp_path / "runs.csv")
    again = read(tmp_path / "runs.csv")
    pd.testing.assert_frame_equal(again, table, check_dtype=False)
    for column in ("normal_class", "oe_size", "oe_classes", "seed", "n_test"):
        assert again[column].dtype == "Int64", column
    for column in ("auroc", "average_precision", "fpr95", "blur", "gamma"):
        assert again[column].dtype == "float64", column
    write(again, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "runs.csv").read_bytes()


@pytest.mark.parametrize("name", ["NA", "none", "nan", "null", "None", "3", "007", "True"])
def test_names_that_look_like_something_else_survive_the_csv(
    saved: Any, tmp_path: Path, name: str
) -> None:
    changes = {"oe": name, "dataset": name, "recipe": name, "normal_name": name}
    write(collected([saved(**changes)]), tmp_path / "runs.csv")
    row = read(tmp_path / "runs.csv").iloc[0]
    assert {key: row[key] for key in changes} == changes


def test_a_name_of_letters_and_one_of_digits_survive_side_by_side(
    saved: Any, tmp_path: Path
) -> None:
    table = collected([saved("a", normal_name="cat"), saved("b", normal_name="1.0")])
    write(table, tmp_path / "runs.csv")
    assert read(tmp_path / "runs.csv")["normal_name"].tolist() == ["cat", "1.0"]


def test_the_runs_of_several_studies_are_merged_without_repeats(saved: Any, tmp_path: Path) -> None:
    a, b, c = saved("a"), saved("b", seed=2), saved("c", **DIVERGED)
    write(collected([a, b]), tmp_path / "one.csv")
    write(collected([b, c]), tmp_path / "two.csv")
    merged = merge([tmp_path / "one.csv", tmp_path / "two.csv"])
    assert merged["path"].tolist() == [path.as_posix() for path, _ in (a, b, c)]
    assert merged["status"].tolist() == ["ok", "ok", "diverged"]
    assert merged.index.tolist() == [0, 1, 2]
    assert merged["oe_size"].dtype == "Int64"


def test_runs_with_equal_results_are_not_repeats(saved: Any, tmp_path: Path) -> None:
    write(collected([saved("a"), saved("b")]), tmp_path / "one.csv")
    assert len(merge([tmp_path / "one.csv"])) == 2


def test_a_table_without_its_columns_is_refused_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text(",".join(COLUMNS[:-5]) + "\n")
    with pytest.raises(
        ValueError,
        match=r"other\.csv is not a table of runs: .*arithmetic, versions, code, path, group",
    ):
        read(tmp_path / "other.csv")


def digest(number: int) -> str:
    """A checksum of images."""
    return f"{number:064x}"


PLANNED: dict[str, Any] = {"recipes": {"r": {"epochs": 2}}, "expected": 1}


def planned(**changes: Any) -> StudyManifest:
    """A study that asks for the run of `made`, or for another in the given keys."""
    keys = {"file": "one.h5", "seeds": (1,), "recipe": "r", "code": "c0de", **changes}
    group = Group(normal_classes=(3,), **keys)
    return StudyManifest(name="s", title="t", epochs=(), groups=(group,), **PLANNED)


@pytest.fixture
def made(saved: Any, tmp_path: Path) -> Path:
    """The folder of a run, and of the checksums of its images."""
    images = {"digits": digest(12), "letters": digest(34)}
    saved(recipe_resolved='{"epochs": 2}', code="c0de", images=json.dumps(images))
    texts = {"digits": f"{digest(12)}\n", "letters": f"16 {digest(34)}\n32 {digest(56)}\n"}
    for name, text in texts.items():
        (tmp_path / f"{name}.sha256").write_text(text)
    return tmp_path


def test_a_run_that_is_what_is_asked_for_is_collected(made: Path) -> None:
    found = collect(planned(), made / "runs", made)
    assert found.runs["group"].tolist() == [MEMBER]
    assert found.runs["path"].tolist() == [(made / "runs/one.h5").as_posix()]
    assert (found.missing, found.outdated, found.damaged) == ([], {}, {})
    check_complete(planned(), found)


@pytest.mark.parametrize("changes", [{"file": "two.h5"}, {"seeds": (2,)}])
def test_a_run_that_is_not_there_is_named(made: Path, changes: dict[str, Any]) -> None:
    found = collect(planned(**changes), made / "runs", made)
    assert found.runs.empty
    assert len(found.missing) == 1
    with pytest.raises(UserError, match=r"1 of 1 runs of s are not there; the first is .*seed="):
        check_complete(planned(**changes), found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code": "other"}, "made by code c0de, today's is other"),
        ({"recipe": "s"}, "trained with epochs 2, the configuration says none"),
    ],
)
def test_a_run_that_was_made_otherwise_is_refused_by_what_differs(
    made: Path, changes: dict[str, Any], said: str
) -> None:
    found = collect(planned(**changes), made / "runs", made)
    assert found.runs.empty
    assert [*found.outdated.values()] == [said]
    with pytest.raises(UserError, match="1 of 1 runs of s are not what is asked for") as error:
        check_complete(planned(**changes), found)
    assert said in str(error.value)
    assert MEMBER in str(error.value)


@pytest.mark.parametrize(
    ("file", "text", "name"),
    [
        ("digits", f"{digest(13)}\n", "digits"),
        ("letters", f"16 {digest(35)}\n", "letters"),
    ],
)
def test_a_run_of_other_images_is_outdated(made: Path, file: str, text: str, name: str) -> None:
    (made / file).parent.mkdir(exist_ok=True)
    (made / f"{file}.sha256").write_text(text)
    (wrong,) = collect(planned(), made / "runs", made).outdated.values()
    assert wrong.startswith(f"made of other images of {name} than ")


@pytest.mark.parametrize(
    ("objective", "step", "status"),
    [
        ("hsc", 0.009, "collapsed"),
        ("hsc", 0.011, "ok"),
        ("kde", 0.009, "ok"),  # a log density may lie far from zero
        ("kde", 2e-6, "ok"),
        ("kde", 5e-7, "collapsed"),
        ("kde", 0.0, "collapsed"),
    ],
)
def test_scores_that_hardly_differ_are_a_collapse_and_keep_their_metrics(
    saved: Any, objective: str, step: float, status: str
) -> None:
    # Half of them 1 - step, half 1 + step: the spread is the step; the limit is a
    # hundredth of hsc, a millionth of kde.
    low, high = 1 - step, 1 + step
    score = np.array([low, low, high, high, low, high], dtype=np.float32)
    row = collected([saved(arrays={**ARRAYS, "score": score}, objective=objective)]).iloc[0]
    assert row["status"] == status
    assert row["auroc"] == (1.0 if step else 0.5)


def test_scores_of_which_no_metric_is_defined_are_refused_by_their_file(saved: Any) -> None:
    alike = {**ARRAYS, "label": np.zeros(6, np.uint8)}
    with pytest.raises(
        ValueError,
        match=r"one\.h5, normal_class=3/seed=1: expected both labels, 0 and 1, found \[0\]",
    ):
        collected([saved(arrays=alike)])


def normal_first(ranking: Ranking) -> float:
    """The share of normal images below every anomaly."""
    score, label = ranking.score, ranking.label
    return (score[label == 0] < score[label == 1].min()).mean()


NORMAL_FIRST = Metric("normal first", "normal first", f"{__name__}:normal_first")


def test_a_metric_that_is_registered_is_a_column(
    saved: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METRICS, "normal_first", NORMAL_FIRST)
    table = collected([saved("a"), saved("b", **DIVERGED)])
    assert [*table.columns] == [*COLUMNS[:18], "normal_first", *COLUMNS[18:]]
    # Of 1, 2 and 5 the first two lie below 3.
    assert table["normal_first"].tolist() == pytest.approx([2 / 3, np.nan], nan_ok=True)
    write(table, tmp_path / "runs.csv")
    again = read(tmp_path / "runs.csv")["normal_first"]
    assert again.dtype == "float64"
    assert again.tolist() == pytest.approx([2 / 3, np.nan], nan_ok=True)


def test_a_table_of_before_a_metric_was_registered_is_refused_by_its_name(
    saved: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(collected([saved()]), tmp_path / "runs.csv")
    monkeypatch.setitem(METRICS, "normal_first", NORMAL_FIRST)
    with pytest.raises(ValueError, match=r"runs\.csv is not .*: it has no column normal_first"):
        read(tmp_path / "runs.csv")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"runs\.csv is empty; delete it"),
        (b"dataset,oe\ndigits,letters\n", r"runs\.csv is not a table of runs: it has no column"),
        (b'"dataset\n', r"runs\.csv is not a table of runs: "),
        (b"\xff\xfe\x00", r"runs\.csv is not a table of runs: "),
        (",".join(COLUMNS).encode() + b"\n" + b"x," * 28 + b"x\n", "not a table of runs: "),
    ],
)
def test_another_file_is_refused_with_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "runs.csv").write_bytes(content)
    with pytest.raises(ValueError, match=said):
        read(tmp_path / "runs.csv")


def test_a_scores_file_of_another_version_is_refused_with_a_sentence(saved: Any) -> None:
    path, member = saved()
    attributes, arrays = scores.read(path, member, *ARRAYS)
    del attributes["seed"]
    scores.write(path, member, arrays, attributes)
    with pytest.raises(ValueError, match=r"one\.h5 lacks seed of normal_class=3/seed=1; delete it"):
        collected([(path, member)])
