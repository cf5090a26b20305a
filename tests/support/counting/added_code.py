"""Rewrites the source of a module so that it counts its own work, with calls of `_work` (see work.py)."""

import ast


class Counting(ast.NodeTransformer):
    """Transformer that inserts the counting calls into the syntax tree of a module."""

    def __init__(self, module: str) -> None:
        self.module = module

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(
            0, ast.Expr(ast.Call(_work("enter"), [ast.Constant(f"{self.module}.{node.name}")], []))
        )
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return node
        return ast.Call(_work("call"), [node.func, *node.args], node.keywords)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        operands = [node.left, *node.comparators]
        for place, operator in enumerate(node.ops):
            if isinstance(operator, ast.In | ast.NotIn):
                operands[place + 1] = _wrapped("scanned", operands[place + 1])
            elif isinstance(operator, ast.Eq | ast.NotEq):
                operands[place] = _wrapped("scanned", operands[place])
        node.left, *node.comparators = operands
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        is_part = isinstance(node.ctx, ast.Load) and isinstance(node.slice, ast.Slice)
        return _wrapped("made", node) if is_part else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return node if isinstance(node.op, ast.BitOr) else _wrapped("made", node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.target, ast.Name):
            before = ast.Name(node.target.id, ast.Load())
            node.value = ast.Call(_work("added"), [before, node.value], [])
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        self.generic_visit(node)
        return _wrapped("made", node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        node.value = self.visit(node.value)  # Skip its format_spec, which is not a separate text.
        return node

    def visit_List(self, node: ast.List) -> ast.AST:
        self.generic_visit(node)
        return _wrapped("made", node) if isinstance(node.ctx, ast.Load) else node

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.iter = _wrapped("each", node.iter)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.iter = _wrapped("each", node.iter)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(ast.Call(_work("tick"), [], [])))
        return node


def _work(name: str) -> ast.expr:
    return ast.Attribute(ast.Name("_work", ast.Load()), name, ast.Load())


def _wrapped(name: str, node: ast.AST) -> ast.Call:
    return ast.Call(_work(name), [node], [])
