"""The order of the layers holds, and it is the whole package that is under contract."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / ".importlinter"


@pytest.fixture(scope="module")
def configuration() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(CONFIGURATION)
    return parser


def test_every_import_keeps_to_the_contracts(monkeypatch, capsys):
    linter = pytest.importorskip("importlinter.cli", reason="import-linter is not installed: python3 -m pip install import-linter")
    monkeypatch.chdir(ROOT)  # astro_nav of this checkout, whatever is installed
    monkeypatch.syspath_prepend(str(ROOT))
    code = linter.lint_imports(config_filename=str(CONFIGURATION), no_cache=True)
    assert code == linter.EXIT_STATUS_SUCCESS, capsys.readouterr().out


def list_parts() -> set[str]:
    """Returns the parts of the package: every module and folder with Python files right below it."""
    folders = {folder.name for folder in (ROOT / "astro_nav").iterdir() if folder.is_dir() and any(folder.glob("*.py"))}
    modules = {file.stem for file in (ROOT / "astro_nav").glob("*.py")} - {"__init__"}
    return folders | modules


@pytest.mark.parametrize(("contract", "apart"), [("ros_in_one_place", {"ros"}), ("numba_in_one_place", {"kernels"})])
def test_a_contract_covers_every_part_but_the_one_it_is_about(configuration, contract, apart):
    sources = configuration[f"importlinter:contract:{contract}"]["source_modules"].split()
    assert {source.removeprefix("astro_nav.") for source in sources} == list_parts() - apart


def test_every_folder_with_code_is_a_package():
    # Without __init__.py neither the linter nor setup.py sees it.
    assert [part for part in sorted(list_parts()) if (ROOT / "astro_nav" / part).is_dir() and not (ROOT / "astro_nav" / part / "__init__.py").exists()] == []
