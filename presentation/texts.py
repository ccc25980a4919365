"""What `make texts` needs: an extraction method of Babel, and English as its own translation."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import IO, Any

from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po

from presentation.i18n import CATALOGUES, DOMAIN, ENGLISH


def extract_texts(
    file: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Collection[str],
    options: dict[str, str],
) -> Iterator[object]:
    """Each text of a call that marks one, and each value of a table named in `names`.

    Shape: line, function, text or forms, comments. A name of a single text is a table of one.
    """
    yield from extract_python(file, keywords, comment_tags, {})
    file.seek(0)
    wanted = options.get("names", "").split()
    for node in ast.parse(file.read()).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id in wanted for target in targets):
                for text in _list_values(node.value):
                    yield text.lineno, None, str(text.value), []


def _list_values(value: ast.expr) -> Iterator[ast.Constant]:
    if isinstance(value, ast.Call):
        value = value.args[0]
    values: Sequence[ast.expr] = value.values if isinstance(value, ast.Dict) else [value]
    for item in chain.from_iterable(
        one.elts if isinstance(one, ast.Tuple) else [one] for one in values
    ):
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield item


def fill_english() -> None:
    """Nothing; each text of the English catalogue says what it is called."""
    path = CATALOGUES / ENGLISH / "LC_MESSAGES" / f"{DOMAIN}.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale=ENGLISH)
    for message in catalogue:
        if message.id:
            message.string = message.id
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, omit_header=False)


if __name__ == "__main__":
    fill_english()
