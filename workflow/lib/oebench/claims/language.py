"""The small language of claims: expressions over the AUROCs of runs. Nothing is evaluated here.

    auroc(hsc, oe_size=64) > published("CSI")
    lower(auroc(hsc) - auroc(deepsad)) > 0
    all(auroc(hsc, blur=s) > auroc(bce, blur=s) for s in blur if s >= 1)

It is written like Python and read by Python's parser, but only what is listed here is allowed, and
it is never run as Python: `judge.py` walks the tree.
"""

import ast

from oebench.registry import METHODS, METRICS
from oebench.run import AXES, SETTINGS
from oebench.validation import UserError, unknown

KEYWORDS = tuple(key for key in SETTINGS if key != "dataset")  # of a run, in `auroc(hsc, KEY=...)`
SWEPT = AXES  # what `for ... in` runs over
ALL, TOLERANCE = "all", "tolerance"
QUANTIFIERS = ("all", "any")
FUNCTIONS = {  # with the number of arguments; None for any
    "published": 1,  # the published mean of a method, by its name in published/*.csv
    "lower": 1,  # lower end of the 95 % bootstrap interval of a paired difference
    "abs": 1,
    "max": None,
    "min": None,
    "spread": None,  # highest minus lowest
    "correlation": 2,  # correlation(hsc, oe_size): Spearman's, of the mean AUROCs with the key
}
TAKEN = (ALL, TOLERANCE, *KEYWORDS, *QUANTIFIERS, *FUNCTIONS, *METRICS, *METHODS)
COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult)
BOOLEAN = (ast.And, ast.Or)


class ExpressionError(UserError):
    """The expression is not of the language; the message says what and where."""


def parse(text: str) -> ast.expr:
    """The tree of an expression. Raises ExpressionError."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ExpressionError(f"{text!r} is not an expression: {error}") from None
    try:
        check_truth(tree, frozenset())
    except ExpressionError as error:
        raise ExpressionError(f"{text!r}: {error}") from None
    return tree


def refuse(node: ast.AST, expected: str) -> ExpressionError:
    return ExpressionError(f"{ast.unparse(node)!r} found, expected is {expected}")


def check_truth(node: ast.expr, names: frozenset[str]) -> None:
    """Comparisons, joined by `and`, `or`, or asked of all or any values of a swept key."""
    match node:
        case ast.Compare():
            for operator in node.ops:
                if type(operator) not in COMPARISONS:
                    raise refuse(node, f"a comparison with {', '.join(COMPARISONS.values())}")
            for each in (node.left, *node.comparators):
                check_value(each, names)
        case ast.BoolOp():
            for each in node.values:
                check_truth(each, names)
        case ast.Call(func=ast.Name(id=name), args=[ast.GeneratorExp() as each], keywords=[]) if (
            name in QUANTIFIERS
        ):
            check_truth(each.elt, names | {check_range(each, names)})
        case _:
            raise refuse(
                node, "a comparison, `and`, `or`, or `all(... for s in oe_size)`, `any(...)`"
            )


def check_range(node: ast.GeneratorExp, names: frozenset[str]) -> str:
    """The name in `for NAME in KEY if ...`."""
    match node.generators:
        case [
            ast.comprehension(
                target=ast.Name(id=name), iter=ast.Name(id=key), ifs=conditions, is_async=0
            )
        ]:
            if key not in SWEPT:
                raise ExpressionError(unknown("key to run over", key, [*SWEPT]))
            if name in names or name in TAKEN:
                raise ExpressionError(f"the name {name!r} is taken; use another one after `for`")
            for each in conditions:
                check_truth(each, names | {name})
                if any(isinstance(part, ast.Call) for part in ast.walk(each)):
                    raise refuse(each, "a comparison of names and numbers after `if`")
            return name
    raise refuse(node, "one `for NAME in KEY`, perhaps with `if`")


def check_value(node: ast.expr, names: frozenset[str]) -> None:
    """A number, a name, a sum or product, or a function."""
    match node:
        case ast.Constant(value=bool()):
            raise refuse(node, "a number")
        case ast.Constant(value=int() | float()):
            return
        case ast.Name(id=name) if name == TOLERANCE or name in names:
            return
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            check_value(operand, names)
        case ast.BinOp(left=left, op=operator, right=right) if isinstance(operator, ARITHMETIC):
            check_value(left, names)
            check_value(right, names)
        case ast.Call(func=ast.Name(id=name)) if name in METRICS:
            check_metric(node, names)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            check_function(node, name, arguments, names)
        case ast.Call(func=ast.Name(id=name)) if name in QUANTIFIERS:
            raise refuse(node, f"a number, and `{name}(...)` is true or false")
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
            raise refuse(node, f"`{name}(...)` without keywords")
        case ast.Call(func=ast.Name(id=name)):
            allowed = [*METRICS, *FUNCTIONS, *QUANTIFIERS]
            raise ExpressionError(unknown("function", name, allowed))
        case _:
            raise refuse(
                node, "a number, `tolerance`, a sum or product, `auroc(...)` or another function"
            )


def check_function(
    node: ast.expr, name: str, arguments: list[ast.expr], names: frozenset[str]
) -> None:
    count = FUNCTIONS[name]
    if count not in (None, len(arguments)) or not arguments:
        wanted = "at least one argument" if count is None else f"{count} argument(s)"
        raise refuse(node, f"{name} with {wanted}")
    match name, arguments:
        case "published", [ast.Constant(value=str())]:
            return
        case "published", _:
            raise refuse(node, 'the name of a method in quotation marks, published("CSI")')
        case "correlation", [ast.Name(id=method), ast.Name(id=key)]:
            check_method(method)
            if key not in SWEPT:
                raise ExpressionError(unknown("key", key, [*SWEPT]))
        case "correlation", _:
            raise refuse(node, "a method and a key, correlation(hsc, oe_size)")
        case (("max" | "min" | "spread"), [ast.GeneratorExp() as loop]):
            check_value(loop.elt, names | {check_range(loop, names)})
        case _:
            for each in arguments:
                check_value(each, names)


def check_metric(node: ast.Call, names: frozenset[str]) -> None:
    """`auroc(METHOD, KEY=VALUE, ...)`: a value is a number, a name, or a word such as `all`."""
    match node.args:
        case [ast.Name(id=method)]:
            check_method(method)
        case _:
            raise refuse(node, "the name of one method, as in auroc(hsc)")
    given = [keyword.arg for keyword in node.keywords]
    if None in given or len(set(given)) < len(given):
        raise refuse(node, "each key once, as in auroc(hsc, oe_size=64)")
    for keyword in node.keywords:
        if keyword.arg not in KEYWORDS:
            raise ExpressionError(unknown("key of a run", str(keyword.arg), [*KEYWORDS]))
        match keyword.value:
            case ast.Constant(value=int() | float() | str()):
                pass
            case ast.Name(id=name) if name == ALL or name in names:
                pass
            case _:
                raise refuse(
                    keyword.value, f"a number, a word in quotation marks or `all` for {keyword.arg}"
                )


def check_method(name: str) -> None:
    if name not in METHODS:
        raise ExpressionError(unknown("method", name, [*METHODS]))
