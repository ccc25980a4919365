"""Finds the recipes of sources: files in the data folder, and those that come with Rollcall."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from crawler.formats.recipe import BrokenRecipe, Recipe
from crawler.plan import CrawlPlan
from domain.errors import ConfigError
from domain.records import Platform, Source

FOLDER = "recipes"
SUFFIX = ".toml"


def list_recipes(data_dir: Path) -> dict[str, Traversable | Path]:
    """Where each recipe is, by name; the operator's own before ours of the same name."""
    found: dict[str, Traversable | Path] = {}
    for file in [*_list_files(files("config") / FOLDER), *_list_files(data_dir / FOLDER)]:
        found[file.name.removesuffix(SUFFIX)] = file
    return dict(sorted(found.items()))


def load_recipe(data_dir: Path, name: str) -> Recipe:
    """The recipe of that name.

    Raises: ConfigError, when there is none or when it cannot be used.
    """
    file = list_recipes(data_dir).get(name)
    if file is None:
        raise ConfigError(
            f"there is no recipe {name!r}",
            where=str(data_dir / FOLDER / f"{name}{SUFFIX}"),
            to_do="write the file, or see `rollcall recipes list`",
        )
    return read_recipe_file(file, name)


def read_recipe_file(file: Traversable | Path, name: str) -> Recipe:
    """The recipe in a file.

    Raises: ConfigError.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        to_do = "check its name and who may read it"
        raise ConfigError(what, where=str(file), to_do=to_do) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8", where=str(file), to_do="save it as UTF-8") from error
    # Imported here: most runs read no recipe, and it brings a second parser of pages.
    from crawler.formats.recipe_file import read_recipe

    return read_recipe(text, name=name, where=str(file))


def give_recipe(plan: CrawlPlan, source: Source, data_dir: Path) -> CrawlPlan:
    """The plan with what the source's recipe says; a broken one ends that visit, and no other."""
    if source.platform is not Platform.RECIPE:
        return plan
    recipe: Recipe | BrokenRecipe
    try:
        recipe = load_recipe(data_dir, source.recipe)
    except ConfigError as error:
        problem = f"{error.where}: {error.what}"
        recipe = BrokenRecipe(name=source.recipe, problem=problem, to_do=error.to_do)
    return replace(plan, recipe=recipe)


def _list_files(folder: Traversable | Path) -> Iterable[Traversable | Path]:
    if not folder.is_dir():
        return []
    return [file for file in folder.iterdir() if file.name.endswith(SUFFIX)]
