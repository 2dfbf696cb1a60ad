"""What the documents promise is so."""

import re
from pathlib import Path

import pytest

from notifications.states import MOVES

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def table_after(text: str, header: str) -> list[list[str]]:
    """The rows of the table whose first line begins so."""
    lines = text[text.index(header) :].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(cells(line))
    return rows


def test_the_table_of_moves_is_the_one_the_code_follows():
    text = (ROOT / "docs/architecture.md").read_text()

    written = {row[0]: (row[1], row[2]) for row in table_after(text, "| Verb | From | To |")}

    assert written == {
        verb: (", ".join(sorted(before)), str(after)) for verb, (before, after) in MOVES.items()
    }


def test_every_variable_of_the_environment_is_in_the_readmes_table_and_no_other():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "console/settings.py").read_text()))
    table = table_after((ROOT / "README.md").read_text(), "| Variable | Default |")

    assert {row[0].strip("`") for row in table} == read


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_exists(document):
    text = document.read_text()
    named = set(re.findall(r"`((?:console|notifications|devices|docs)/[\w/]+\.\w+)`", text))
    linked = set(re.findall(r"\]\((?!https?:)([^)#]+)\)", text))

    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [name for name in linked if not (document.parent / name).exists()]
    assert missing == []
