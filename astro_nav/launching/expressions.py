"""`$(eval ...)`: the small part of Python that launch files need, without running arbitrary code."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from astro_nav.launching.errors import LaunchError

BINARY_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
UNARY_OPERATORS: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}


def evaluate_expression(text: str) -> str:
    """Evaluate literals, arithmetic, comparisons, `and`, `or`, `not`, `in`, and `x if condition else y`.

    Returns:
        `str()` of the value, as ROS 2's launch does: a condition becomes "True" or "False".

    Raises:
        LaunchError: for anything else, and for expressions that fail.
    """
    try:
        return str(_evaluate(ast.parse(text.strip(), mode="eval").body))
    except LaunchError:
        raise
    except SyntaxError as error:
        raise LaunchError(f"$(eval {text!r}) is no Python expression: {error.msg}") from error
    except Exception as error:  # whatever the operators raise on unfit operands
        raise LaunchError(f"$(eval {text!r}) fails: {error}") from error


def _evaluate(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_evaluate(element) for element in node.elts]
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY_OPERATORS:
        return BINARY_OPERATORS[type(node.op)](_evaluate(node.left), _evaluate(node.right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in UNARY_OPERATORS:
        return UNARY_OPERATORS[type(node.op)](_evaluate(node.operand))
    if isinstance(node, ast.IfExp):
        return _evaluate(node.body if _evaluate(node.test) else node.orelse)
    if isinstance(node, ast.BoolOp):
        return _evaluate_boolean(node)
    if isinstance(node, ast.Compare):
        return _evaluate_comparison(node)
    raise LaunchError(
        f"$(eval ...) of this runner knows literals, arithmetic, comparisons and and/or/not/if-else, not {ast.unparse(node)!r}; "
        "ros2 launch evaluates any Python there"
    )


def _evaluate_boolean(node: ast.BoolOp) -> Any:
    value: Any = None
    for operand in node.values:
        value = _evaluate(operand)
        if bool(value) is isinstance(node.op, ast.Or):
            return value
    return value


def _evaluate_comparison(node: ast.Compare) -> bool:
    left = _evaluate(node.left)
    for comparison, operand in zip(node.ops, node.comparators):
        if type(comparison) not in COMPARISONS:
            raise LaunchError(f"$(eval ...) of this runner has no comparison {type(comparison).__name__}")
        right = _evaluate(operand)
        if not COMPARISONS[type(comparison)](left, right):
            return False
        left = right
    return True
