"""The tree keeps to its own rules: packages are listed, files and functions stay small."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TREE = Path(__file__).parent.parent
PROJECT = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))
# Neither imported nor installed by anybody.
OUTSIDE = {"benchmarks", "docs", "tests"}

FILE_LINES = 400
# A table of cases is read by looking a case up, not from top to bottom.
TEST_LINES = 600
PLATFORM_LINES = 300
FUNCTION_LINES = 60
POSITIONAL = 5
BANNED_NAMES = {"utils", "helpers", "common", "manager", "handle", "process"}


def list_files() -> list[Path]:
    """The Python files of the tree that belong to the project, tests included."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"],
        cwd=TREE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [TREE / name for name in listed if (TREE / name).is_file()]


FILES = list_files()
PROGRAM = [file for file in FILES if file.relative_to(TREE).parts[0] not in OUTSIDE]
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(file: Path) -> str:
    return str(file.relative_to(TREE))


@cache
def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def list_functions(file: Path) -> Iterator[FUNCTION]:
    for node in ast.walk(parse(file)):
        if isinstance(node, FUNCTION):
            yield node


def packages_of_the_tree() -> set[str]:
    inits = [file for file in PROGRAM if file.name == "__init__.py"]
    return {".".join(file.relative_to(TREE).parent.parts) for file in inits}


def modules_of_the_tree() -> set[str]:
    return {file.stem for file in PROGRAM if file.parent == TREE}


def test_every_package_is_listed_for_the_build():
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == packages_of_the_tree()


def test_every_top_level_module_is_listed_for_the_build():
    assert set(PROJECT["tool"]["setuptools"]["py-modules"]) == modules_of_the_tree()


def test_import_rules_formatter_and_types_look_at_every_package():
    roots = {name.partition(".")[0] for name in packages_of_the_tree()} | modules_of_the_tree()
    tool = PROJECT["tool"]
    packages = {name.partition(".")[0] for name in packages_of_the_tree()}
    contracts = {contract["id"]: contract for contract in tool["importlinter"]["contracts"]}
    assert set(tool["importlinter"]["root_packages"]) == packages
    assert set(contracts["entry-points"]["source_modules"]) == packages
    assert set(contracts["entry-points"]["forbidden_modules"]) == modules_of_the_tree()
    assert set(tool["ruff"]["lint"]["isort"]["known-first-party"]) == roots
    assert {name.removesuffix(".py") for name in tool["mypy"]["files"]} == roots | {"tests"}


# What each single file at the top may import of the project; import-linter knows packages only.
MAY_IMPORT = {
    "folder": {"domain"},
    "cli_core": {"config", "domain", "store"},
    "scheduler": {
        "config", "crawler", "domain", "folder", "jobs", "reports", "scoring", "store",
    },
    "cli": {"cli_core", "domain"},
    "backtest": {"evaluation", "scoring"},
    "fit": {"domain", "evaluation", "scoring"},
}  # fmt: skip
COMMANDS_MAY_IMPORT = {
    "cli_core", "cli_crawl", "cli_directory", "cli_doctor", "cli_export", "cli_log",
    "cli_mailbox", "cli_probe", "cli_rules", "cli_scoring", "cli_shows", "cli_status", "config",
    "crawler", "domain", "folder", "jobs", "presentation", "reports", "scheduler", "scoring",
    "store", "web",
}  # fmt: skip


def test_single_files_import_only_what_is_below_them():
    ours = {name.partition(".")[0] for name in packages_of_the_tree()} | modules_of_the_tree()
    for file in PROGRAM:
        if file.parent != TREE:
            continue
        names: set[str] = set()
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
        allowed = MAY_IMPORT.get(file.stem, COMMANDS_MAY_IMPORT)
        if file.stem == "cli_demo":
            allowed = allowed | {"demo"}
        if file.stem == "cli_scoring":
            allowed = allowed | {"backtest", "evaluation"}
        assert (names & ours) <= allowed, file.name


def test_every_file_that_is_not_python_is_packed():
    data = PROJECT["tool"]["setuptools"]["package-data"]
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=TREE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for package in {name.partition(".")[0] for name in packages_of_the_tree()}:
        for name in listed:
            file = Path(name)
            if file.parts[0] != package or file.suffix == ".py" or not (TREE / file).is_file():
                continue
            owners = [o for o in data if name.startswith(o.replace(".", "/") + "/")]
            packed = any(
                (TREE / file) in (TREE / owner.replace(".", "/")).glob(pattern)
                for owner in owners
                for pattern in data[owner]
            )
            assert packed, f"{name} would be missing from the wheel"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_file_is_within_its_budget(file):
    lines = len(file.read_text(encoding="utf-8").splitlines())
    limit = FILE_LINES if file in PROGRAM else TEST_LINES
    if file.parent.name == "spiders" and file.parent.parent == TREE / "crawler":
        docstring = ast.get_docstring(parse(file)) or ""
        lines -= len(docstring.splitlines())
        limit = PLATFORM_LINES
    if "versions" in file.parts:
        return  # a migration is written once and never read for pleasure
    assert lines <= limit, f"{lines} lines"


@pytest.mark.parametrize("file", PROGRAM, ids=name_of)
def test_functions_are_short_and_take_few_unnamed_parameters(file):
    if "versions" in file.parts:
        return
    for function in list_functions(file):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= FUNCTION_LINES, f"{function.name} has {length} lines"
        unnamed = [*function.args.posonlyargs, *function.args.args]
        named = [arg.arg for arg in unnamed if arg.arg not in {"self", "cls"}]
        command = any(isinstance(d, ast.Call) for d in function.decorator_list)
        assert command or len(named) <= POSITIONAL, f"{function.name} takes {named}"


@pytest.mark.parametrize("file", PROGRAM, ids=name_of)
def test_no_name_says_nothing(file):
    names = {file.stem} | {
        node.name for node in ast.walk(parse(file)) if isinstance(node, FUNCTION | ast.ClassDef)
    }
    assert not {name.lower() for name in names} & BANNED_NAMES


def test_no_two_levels_of_inheritance_below_a_base_of_ours():
    parents: dict[str, list[str]] = {}
    for file in PROGRAM:
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.ClassDef):
                parents[node.name] = [b.id for b in node.bases if isinstance(b, ast.Name)]

    def depth(name: str) -> int:
        return 1 + max((depth(base) for base in parents[name] if base in parents), default=0)

    def is_error(name: str) -> bool:
        return name == "RollcallError" or any(is_error(base) for base in parents.get(name, ()))

    # The tree of errors is drawn at the top of its file and may be deeper.
    assert {n for n in parents if depth(n) > 2 and not is_error(n)} == set()


def test_tests_mirror_the_packages_they_test():
    roots = {name.partition(".")[0] for name in packages_of_the_tree()}
    folders = {path.name for path in (TREE / "tests").iterdir() if path.is_dir()}
    proofs = {"attacks", "endurance", "faults", "fuzz", "mutation"}
    others = proofs | {"samples", "servers", "__pycache__"}
    assert folders - others <= roots
