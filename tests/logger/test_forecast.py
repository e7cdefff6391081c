"""The time left: work still to do, at the pace of finished jobs of the same recipe."""

import pytest

from snakemake_logger_plugin_oebench.forecast import Forecast, Work


def training(runs: int, recipe: str = "digits", oe: str = "letters~size=1") -> Work:
    return Work.of("train", {"dataset": "digits", "oe": oe, "recipe": recipe}, runs)


def forecast(*work: Work) -> Forecast:
    """Before the first of these jobs, which are numbered from 0."""
    made = Forecast()
    made.expect(dict(enumerate(work)))
    return made


def run(made: Forecast, job: int, begin: float, end: float) -> None:
    made.start(job, begin)
    made.finish(job, end)


# What counts


def test_without_a_finished_job_there_is_no_estimate() -> None:
    made = forecast(training(3), training(3))
    assert made.left(0) is None
    made.start(0, 0)
    assert made.left(10) is None


def test_what_is_left_goes_at_the_pace_of_the_finished_runs() -> None:
    made = forecast(training(3), training(30))
    run(made, 0, 0, 12)  # 4 seconds a run
    assert made.left(12) == (120, True)


def test_the_median_pace_counts() -> None:
    made = forecast(*[training(1)] * 4)
    run(made, 0, 0, 10)
    run(made, 1, 10, 21)
    run(made, 2, 21, 200)  # something else was on the machine
    assert made.left(200) == (11, True)


def test_another_size_of_the_same_oe_images_is_the_same_pace_and_no_oe_images_are_not() -> None:
    assert training(3, oe="letters~size=1") == training(3, oe="letters~size=all")
    assert training(3, oe="none") != training(3)


def test_jobs_at_once_share_what_is_left() -> None:
    made = forecast(*[training(5)] * 6)
    for job in (0, 1):
        made.start(job, 0)
    for job in (0, 1):
        made.finish(job, 10)
    assert made.left(10) == (20, True)  # four jobs of 10 s, two at once


def test_what_a_running_job_has_behind_it_is_not_left() -> None:
    made = forecast(training(1), training(1))
    run(made, 0, 0, 10)
    made.start(1, 10)
    assert made.left(14) == (6, True)
    assert made.left(25) == (0, True)  # longer than the first: any moment now


def test_the_last_job_is_not_shared() -> None:
    made = forecast(training(1), training(3))
    for job in (0, 1):
        made.start(job, 0)
    made.finish(0, 10)
    assert made.left(10) == (20, True)


# What is not known


def test_the_estimate_is_a_part_while_a_few_runs_are_of_a_recipe_that_never_finished() -> None:
    made = forecast(training(1), training(10), training(10, recipe="longer"))
    run(made, 0, 0, 10)
    assert made.left(10) == (100, False)


def test_there_is_no_estimate_while_most_runs_are_of_a_recipe_that_never_finished() -> None:
    made = forecast(training(1), training(10), training(11, recipe="longer"))
    run(made, 0, 0, 10)
    assert made.left(10) is None


def test_other_steps_count_from_the_first_of_their_rule() -> None:
    table = Work.of("draw_table", {"study": "tiny"}, 4)
    made = forecast(training(1), training(1), table, table, table)
    run(made, 0, 0, 10)
    assert made.left(10) == (10, True)
    run(made, 2, 10, 12)
    # Training stood still for 2 of 12 seconds.
    assert made.left(12) == (pytest.approx((10 + 2 + 2) * 12 / 10), True)


def test_a_job_that_failed_is_not_left_unless_it_is_tried_again() -> None:
    made = forecast(training(1), training(1), training(1))
    run(made, 0, 0, 10)
    made.start(1, 10)
    made.fail(1, 20)
    assert made.left(20) == (10, True)
    made.start(1, 20)
    assert made.left(20) == (20, True)


def test_runs_that_were_adopted_in_no_time_do_not_count_once_jobs_trained() -> None:
    made = forecast(*[training(5)] * 10)
    run(made, 0, 0, 1)  # its runs were in the store
    assert made.left(1) == (9, True)
    run(made, 1, 1, 51)
    run(made, 2, 51, 101)
    assert made.left(101) == (350, True)  # seven jobs of 50 s


def test_jobs_that_nobody_foretold_give_no_estimate() -> None:
    made = Forecast()
    run(made, 1, 0, 10)
    made.start(2, 10)
    assert made.left(12) is None


def test_jobs_that_take_no_time_at_all_give_no_estimate() -> None:
    made = forecast(training(1), training(1))  # as with `snakemake --touch`
    run(made, 0, 5, 5)
    assert made.left(5) is None
