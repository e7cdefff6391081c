"""Tables from strangers, published values and runs: each is read, or refused with a sentence."""

from pathlib import Path

import pytest
from config_inputs import WORDS
from fuzz_cases import answers
from hypothesis import given
from hypothesis import strategies as st
from table_cases import PETS, run, table

from oebench.artifacts import runs
from oebench.evaluation import published

PUBLISHED = [file.read_text(encoding="utf-8") for file in sorted(published.FOLDER.glob("*.csv"))]
SIGNS = (
    *(",", ",,", '"', '""', "\n", "\r", "\r\n", "\0", ";", "\t", "-", "\ufeff", "é", "x" * 200_000),
    *("nan", "inf", "1e300", "<NA>", "9" * 30, "9" * 5000, "True", "1.5", "101"),
)
signs = st.sampled_from(SIGNS + WORDS) | st.text(max_size=5)


@st.composite
def tables(draw: st.DrawFn, originals: list[str]) -> str:
    """One of these tables with cells, lines or columns changed, or with signs anywhere."""
    text = originals[draw(st.integers(0, len(originals) - 1))]
    for _ in range(draw(st.integers(1, 4))):
        lines = [line.split(",") for line in text.split("\n")]
        row = draw(st.integers(0, len(lines) - 1))
        column = draw(st.integers(0, len(lines[row]) - 1))
        match draw(st.integers(0, 5)):
            case 0:
                lines[row][column] = draw(signs)
            case 1:
                del lines[row][column]
            case 2:
                lines[row : row + 1] = [lines[row], lines[row]]
            case 3:
                del lines[row]
            case 4:
                lines = [[*line, draw(signs)] for line in lines]
        text = "\n".join(map(",".join, lines))
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.just("") | signs) + text[place:]
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("strangers")


@given(text=tables(PUBLISHED))
def test_published_values_are_read_or_refused_with_a_sentence(folder: Path, text: str) -> None:
    (folder / "own.csv").write_bytes(text.encode("utf-8", "surrogatepass"))
    answers(lambda: published.read(folder), "own.csv")


RUNS = [
    # with paths and groups, without missing values, and with
    table(
        *(
            run(c, s, 0.5, path=f"a/dataset=b/{c}.h5", group=f"seed={s}")
            for c in (0, 1)
            for s in (1, 2)
        )
    )
    .to_csv(index=False)
    .replace("\r", ""),
    table(*PETS).to_csv(index=False),
]


@given(text=tables(RUNS))
def test_a_table_of_runs_is_read_or_refused_with_a_sentence(folder: Path, text: str) -> None:
    (folder / "runs.txt").write_bytes(text.encode("utf-8", "surrogatepass"))
    answers(lambda: runs.names(runs.read(folder / "runs.txt")), folder / "runs.txt")
