"""The language of claims: what may be written, and what is refused with a sentence."""

from pathlib import Path

import pytest

from oebench.claims.language import ExpressionError, parse

VALUE = "a number, `tolerance`, a sum or product, `auroc(...)` or another function"
TRUTH = "a comparison, `and`, `or`, or `all(... for s in oe_size)`, `any(...)`"
WORD = "a number, a word in quotation marks or `all` for"
LOOP = "one `for NAME in KEY`, perhaps with `if`"


def refusal(text: str) -> str:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert "\n" not in str(error.value)
    return str(error.value)


# Allowed


@pytest.mark.parametrize(
    "text",
    [
        "auroc(hsc) < auroc(bce)",
        "auroc(hsc) <= auroc(isolation_forest)",
        "auroc(hsc) > 50",
        "50 <= auroc(hsc) < 90.5",
        "average_precision(hsc) >= fpr95(hsc) + miss95(hsc) * 2 - tolerance",
        "-auroc(hsc) < -tolerance",
        "auroc(hsc, oe_size=64, blur=0.5) > 1",
        "auroc(hsc, oe_size=all) > auroc(hsc, oe_classes=all)",
        'auroc(hsc, norm="l1", oe="letters", recipe="quick", augment=False) > 1',
        "auroc(focal, gamma=0) > 1",
        'auroc(bce) > published("GT+ (no OE)")',
        "lower(auroc(hsc) - auroc(deepsad)) > 0",
        "abs(auroc(hsc) - auroc(bce)) <= tolerance",
        "max(auroc(hsc), auroc(bce), 1) > min(auroc(focal), 2)",
        "spread(auroc(focal, gamma=g) for g in gamma) <= 1",
        "max(auroc(hsc, oe_size=s) for s in oe_size if s > 8) > min(auroc(hsc), 1)",
        "correlation(hsc, oe_size) > 0.9 or correlation(bce, blur) < -0.9",
        "all(auroc(hsc, oe_classes=n) > 50 for n in oe_classes if n > 1 if n < 9 or n >= 20)",
        "any(auroc(hsc, blur=b) > b for b in blur) and (1 < auroc(hsc) or auroc(bce) > 2)",
        "any(all(auroc(hsc, blur=s) > 1 for s in blur if s >= least) for least in blur)",
        "  auroc(hsc)\t> 50  ",
    ],
)
def test_what_the_language_has_is_parsed(text: str) -> None:
    parse(text)


# Refused: the message names what was found and what is expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("auroc(hsc).mean > 1", "auroc(hsc).mean"),
        ("auroc(hsc).mean() > 1", "auroc(hsc).mean()"),
        ("().__class__ > 1", "().__class__"),
        ("auroc(hsc)[0] > 1", "auroc(hsc)[0]"),
        ("(lambda: 1)() > 0", "(lambda: 1)()"),
        ("1 > (lambda: 1)", "lambda: 1"),
        ("auroc(hsc) > 'a'", "'a'"),
        ("auroc(hsc) > f'{1}'", "f'{1}'"),
        ("auroc(hsc) > None", "None"),
        ("auroc(hsc) > 1j", "1j"),
        ("[1] > 1", "[1]"),
        ("(x := 1) > 1", "(x := 1)"),
        ("auroc(hsc) / 2 > 1", "auroc(hsc) / 2"),
        ("2 ** 9 ** 9 > 1", "2 ** 9 ** 9"),
        ("+auroc(hsc) > 1", "+auroc(hsc)"),
        ("hsc > 1", "hsc"),
        ("auroc(hsc) > s", "s"),
        ("(1 if 2 > 1 else 3) > 1", "1 if 2 > 1 else 3"),
        ("(auroc(hsc) > 1) > 0", "auroc(hsc) > 1"),
        ("lower(auroc(hsc, oe_size=s) for s in oe_size) > 1", "(auroc(hsc, oe_size=s) for s in"),
        ("abs(*tolerance) > 1", "*tolerance"),
    ],
)
def test_a_side_of_a_comparison_that_is_no_value_is_refused(text: str, found: str) -> None:
    message = refusal(text)
    assert found in message.split(": ", 1)[1]
    assert message.endswith(f"found, expected is {VALUE}")


def test_the_message_begins_with_the_whole_expression() -> None:
    assert refusal("auroc(hsc).mean > 1").startswith("'auroc(hsc).mean > 1': ")


@pytest.mark.parametrize(
    "text",
    [
        "auroc(hsc)",
        "True",
        "'a'",
        "lambda: auroc(hsc) > 1",
        "not auroc(hsc) > 1",
        "auroc(hsc) if 1 > 0 else 2",
        "auroc(hsc) > 1 and 3",
        "[auroc(hsc, oe_size=s) > 1 for s in oe_size]",
        "all([auroc(hsc, oe_size=s) > 1 for s in oe_size])",
        "all(auroc(hsc) > 1, auroc(bce) > 1)",
        "all(auroc(hsc, oe_size=s) for s in oe_size)",
        "all(auroc(hsc, oe_size=s) > 1 for s in oe_size if s)",
    ],
)
def test_what_is_neither_true_nor_false_is_refused(text: str) -> None:
    assert refusal(text).endswith(f"found, expected is {TRUTH}")


@pytest.mark.parametrize("sign", ["==", "!=", "is", "is not", "in", "not in"])
def test_only_more_and_less_are_compared(sign: str) -> None:
    text = f"auroc(hsc) {sign} auroc(bce)"
    assert refusal(text).endswith(f"'{text}' found, expected is a comparison with <, <=, >, >=")


def test_true_is_no_number() -> None:
    assert "'True' found, expected is a number" in refusal("auroc(hsc) > True")


# Names that there are not


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("auc(hsc) > 1", "'auc' is not a known function", "did you mean 'auroc'"),
        ("print(1) > 1", "'print' is not a known function", "published, lower, abs, max, min"),
        ("__import__('os') > 1", "'__import__' is not a known function", "there are: auroc"),
        ("auroc(hcs) > 1", "'hcs' is not a known method", "did you mean 'hsc'"),
        ("correlation(hcs, blur) > 1", "'hcs' is not a known method", "did you mean 'hsc'"),
        ("auroc(hsc, size=1) > 1", "'size' is not a known key of a run", "'oe_size'"),
        ("auroc(hsc, seed=1) > 1", "'seed' is not a known key of a run", "oe_size, oe_classes"),
        ("correlation(hsc, norm) > 1", "'norm' is not a known key", "oe_size, oe_classes, blur"),
        (
            "all(auroc(hsc, oe_size=s) > 1 for s in sizes)",
            "'sizes' is not a known key to run over",
            "gamma, oe_size, oe_classes, blur",
        ),
    ],
)
def test_an_unknown_name_is_refused_with_those_there_are(text: str, what: str, hint: str) -> None:
    message = refusal(text)
    assert what in message
    assert hint in message


def test_a_method_of_a_module_is_refused() -> None:
    assert "\"__import__('os').system('true')\" found" in refusal("__import__('os').system('true')")


@pytest.mark.parametrize(
    "text",
    [
        "abs(x=1) > 0",
        "lower(auroc(hsc), level=0.9) > 0",
        'published("CSI", dataset="cifar10") > 0',
        "all(auroc(hsc, oe_size=s) > 1 for s in oe_size) > 0",
        "any(auroc(hsc) > 1) > 0",
    ],
)
def test_a_known_function_in_the_wrong_place_is_not_called_unknown(text: str) -> None:
    name = text.split("(")[0]
    message = refusal(text)
    assert f"'{name}' is not a known function" not in message
    assert f"did you mean '{name}'" not in message


# Arguments


@pytest.mark.parametrize(
    ("text", "found", "wanted"),
    [
        ("auroc() > 1", "auroc()", "the name of one method, as in auroc(hsc)"),
        ("auroc(hsc, bce) > 1", "auroc(hsc, bce)", "the name of one method"),
        ("auroc('hsc') > 1", "auroc('hsc')", "the name of one method"),
        ("auroc(*hsc) > 1", "auroc(*hsc)", "the name of one method"),
        ("auroc(hsc, oe_size=1 + 1) > 1", "1 + 1", f"{WORD} oe_size"),
        ("auroc(hsc, oe_size=s) > 1", "s", f"{WORD} oe_size"),
        ("auroc(hsc, norm=None) > 1", "None", f"{WORD} norm"),
        ("auroc(hsc, blur=auroc(bce)) > 1", "auroc(bce)", f"{WORD} blur"),
        ("auroc(hsc, norm=l1) > 1", "l1", f"{WORD} norm"),
        ("published(CSI) > 1", "published(CSI)", 'quotation marks, published("CSI")'),
        ("published(1) > 1", "published(1)", 'quotation marks, published("CSI")'),
        ("published() > 1", "published()", "published with 1 argument"),
        ("abs(1, 2) > 1", "abs(1, 2)", "abs with 1 argument"),
        ("lower() > 1", "lower()", "lower with 1 argument"),
        ("max() > 1", "max()", "max with at least one argument"),
        ("correlation(hsc) > 1", "correlation(hsc)", "correlation with 2 argument"),
        ("correlation(hsc, 'blur') > 1", "correlation(hsc, 'blur')", "a method and a key"),
        ("correlation(auroc(hsc), blur) > 1", "correlation(auroc(hsc), blur)", "a method and a"),
    ],
)
def test_wrong_arguments_are_refused_with_what_is_expected(
    text: str, found: str, wanted: str
) -> None:
    message = refusal(text)
    assert f"{found!r} found, expected is " in message
    assert wanted in message.split("expected is ")[1]


def test_keys_in_a_mapping_are_refused() -> None:
    refusal("auroc(hsc, **tolerance) > 1")


def test_a_key_that_stands_twice_is_refused() -> None:
    """Else the last would count without a word."""
    assert "oe_size" in refusal("auroc(hsc, oe_size=1, oe_size=64) > 1")


# Loops


@pytest.mark.parametrize(
    "loop",
    [
        "for s in oe_size for t in blur",
        "for s, t in oe_size",
        "for s in [1, 2]",
        "for s in range(9)",
        "for s in 'ab'",
        "async for s in oe_size",
    ],
)
def test_a_loop_runs_over_one_swept_key_with_one_name(loop: str) -> None:
    for text in (f"all(auroc(hsc) > 1 {loop})", f"max(auroc(hsc) {loop}) > 1"):
        message = refusal(text)
        assert loop.split(" in ")[0].removeprefix("async ") in message.split(": ", 1)[1]
        assert message.endswith(f"expected is {LOOP}")


@pytest.mark.parametrize("name", ["tolerance", "oe_size", "blur", "recipe", "all"])
def test_a_loop_cannot_take_a_name_that_has_a_meaning(name: str) -> None:
    message = refusal(f"any(auroc(hsc, oe_size={name}) > 1 for {name} in oe_size)")
    assert f"the name '{name}' is taken; use another one after `for`" in message


def test_an_inner_loop_cannot_take_the_name_of_the_outer_one() -> None:
    text = "any(all(auroc(hsc, blur=s) > 1 for s in blur) for s in oe_size)"
    assert "the name 's' is taken" in refusal(text)


def test_a_name_is_known_in_its_own_loop_only() -> None:
    text = "all(auroc(hsc, blur=s) > 1 for s in blur) and auroc(hsc, blur=s) > 1"
    assert f"'s' found, expected is {WORD} blur" in refusal(text)


def test_the_if_of_a_loop_cannot_ask_for_runs() -> None:
    """Where these are missing, its values would be passed over without a word."""
    loop = "for s in oe_size if auroc(bce, oe_size=s) > 60"
    assert "auroc(bce, oe_size=s)" in refusal(f"all(auroc(hsc, oe_size=s) > 50 {loop})")


# Text that is no expression


@pytest.mark.parametrize(
    "text",
    ["", "   ", "auroc(hsc) >", "auroc(hsc) > 1; 2", "x = 1", "import os", "auroc(hsc", "\0"],
)
def test_text_that_is_no_expression_is_refused_and_shown(text: str) -> None:
    assert refusal(text).startswith(f"{text!r} is not an expression: ")


@pytest.mark.parametrize("text", ["(" * 999, "1 + " * 9999 + "1 > 0", "-" * 9999 + "1 > 0"])
def test_text_nested_beyond_reason_is_refused(text: str) -> None:
    refusal(text)


@pytest.mark.parametrize(
    "effect",
    [
        "open({file}, 'w')",
        "open({file}, 'w') > 1",
        "auroc(open({file}, 'w')) > 1",
        "auroc(hsc, oe=open({file}, 'w')) > 1",
        "published(open({file}, 'w')) > 1",
        "[open({file}, 'w') for s in (1, 2)][0] > 1",
        "all(1 > 0 for s in oe_size if open({file}, 'w'))",
        "__import__('pathlib').Path({file}).touch()",
    ],
)
def test_nothing_is_executed(tmp_path: Path, effect: str) -> None:
    refusal(effect.format(file=repr(str(tmp_path / "made"))))
    assert not [*tmp_path.iterdir()]
