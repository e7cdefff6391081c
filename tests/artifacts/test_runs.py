"""The table of runs as it is read from a file that somebody changed."""

from pathlib import Path

import pytest
from table_cases import PETS, table

from oebench.artifacts import runs
from oebench.validation import UserError


@pytest.mark.parametrize("wrong", ["1e999", "-inf", "1.5", "two", "9" * 30])
def test_a_whole_number_that_is_none_is_refused_with_the_file(tmp_path: Path, wrong: str) -> None:
    text = table(*PETS).to_csv(index=False).replace(",16,", f",{wrong},")
    (tmp_path / "runs.csv").write_text(text)
    with pytest.raises(UserError, match=r"runs\.csv is not a table of runs: "):
        runs.read(tmp_path / "runs.csv")
