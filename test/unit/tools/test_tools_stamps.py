"""A step that was interrupted, or whose result was damaged, counts as not done."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))
from pypi_setup.stamps import explain_staleness, hash_inputs, write_stamp  # noqa: E402


@pytest.fixture
def made(tmp_path):
    folder = tmp_path / "made"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "library.so").write_bytes(b"code")
    (folder / "module.py").write_text("x = 1")
    write_stamp(tmp_path / "stamp.json", "key", [folder])
    return folder


def test_what_was_made_is_current(made, tmp_path):
    assert explain_staleness(tmp_path / "stamp.json", "key") is None


def test_other_inputs_make_it_stale(made, tmp_path):
    assert explain_staleness(tmp_path / "stamp.json", "other key") == "its inputs changed"


def test_without_a_stamp_it_never_happened(made, tmp_path):
    (tmp_path / "stamp.json").unlink()
    assert explain_staleness(tmp_path / "stamp.json", "key") == "it is not complete"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"key": "key"}', '{"key": "key", "sizes": 3}', "\0\0"])
def test_a_broken_stamp_is_no_stamp(made, tmp_path, content):
    (tmp_path / "stamp.json").write_text(content)
    assert explain_staleness(tmp_path / "stamp.json", "key") is not None


def test_a_removed_file_is_named(made, tmp_path):
    (made / "deep" / "library.so").unlink()
    assert "library.so is missing" in explain_staleness(tmp_path / "stamp.json", "key")


def test_a_file_cut_short_is_named(made, tmp_path):
    (made / "module.py").write_text("x")
    assert "module.py changed" in explain_staleness(tmp_path / "stamp.json", "key")


def test_single_files_count_too(tmp_path):
    file = tmp_path / "start.pth"
    file.write_text("import x")
    write_stamp(tmp_path / "stamp.json", "key", [file])
    file.unlink()
    assert "start.pth is missing" in explain_staleness(tmp_path / "stamp.json", "key")


def test_what_others_add_is_no_damage(made, tmp_path):
    (made / "debugger.py").write_text("import pdb")
    (made / "__pycache__").mkdir()
    (made / "__pycache__" / "module.pyc").write_bytes(b"code")
    assert explain_staleness(tmp_path / "stamp.json", "key") is None


def test_caches_that_vanish_are_no_damage(tmp_path):
    (tmp_path / "made" / "__pycache__").mkdir(parents=True)
    (tmp_path / "made" / "__pycache__" / "module.pyc").write_bytes(b"code")
    write_stamp(tmp_path / "stamp.json", "key", [tmp_path / "made"])
    (tmp_path / "made" / "__pycache__" / "module.pyc").unlink()
    assert explain_staleness(tmp_path / "stamp.json", "key") is None


def test_the_hash_knows_names_contents_absence_and_facts(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("1")
    hashes = [hash_inputs([first, second]), hash_inputs([second, first]), hash_inputs([first]), hash_inputs([first, second], "fact")]
    first.write_text("2")
    hashes.append(hash_inputs([first, second]))
    second.write_text("")
    hashes.append(hash_inputs([first, second]))
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == len(hashes) - 1
