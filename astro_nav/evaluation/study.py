"""A study: the same episodes with one setting after the other, each against a baseline."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from astro_nav.errors import EvaluationError
from astro_nav.evaluation.names import refuse_unknown
from astro_nav.evaluation.runner import OnRow, run_missing
from astro_nav.evaluation.settings import load_settings
from astro_nav.evaluation.store import RunFolder, RunSettings
from astro_nav.params.files import find_share_folder

ENTRY_KEYS = {"name", "help", "set"}


@dataclass(frozen=True)
class Variant:
    """One setting.

    Attributes:
        name: what people call it.
        changes: parameters that differ from the shipped ones.
        help: what it does, in a few words.
    """

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    help: str = ""

    @property
    def folder(self) -> str:
        """Name of the folder of its run."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


@dataclass(frozen=True)
class Study:
    """What is compared with what.

    Attributes:
        title: of its report.
        baseline: what all others are compared with.
        variants: the others, in the order in which they are shown.
    """

    title: str
    baseline: Variant
    variants: Sequence[Variant]

    def choose(self, names: Sequence[str]) -> Study:
        """The study with these variants only; all of them when none is named.

        Raises:
            EvaluationError: for a name that it does not have.
        """
        known = {variant.name: variant for variant in self.variants}
        for name in names:
            if name not in known:
                raise refuse_unknown("variant", name, known)
        return replace(self, variants=[known[name] for name in names]) if names else self

    def lay_under(self, changes: Mapping[str, Any]) -> Study:
        """The study with other parameters in all its runs; what a variant is about stays as it says."""

        def change(variant: Variant) -> Variant:
            return replace(variant, changes={**changes, **variant.changes})

        return replace(self, baseline=change(self.baseline), variants=[change(variant) for variant in self.variants])


def list_studies() -> list[str]:
    """Names of the shipped studies."""
    return sorted(path.stem for path in (find_share_folder() / "config" / "studies").glob("*.yaml"))


def read_study(name: str) -> Study:
    """Read a shipped study, or a file of the user's.

    Args:
        name: of the study, or a path that ends in .yaml.

    Raises:
        EvaluationError: when there is none, or it is none.
        ParameterError: when it sets what does not exist or may not have such a value.
    """
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        if name not in list_studies():
            raise refuse_unknown("study", name, list_studies())
        path = find_share_folder() / "config" / "studies" / f"{name}.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise EvaluationError(f"{path} cannot be read as a study: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("variants"), list) or not content["variants"]:
        raise EvaluationError(f"{path} is no study: it needs baseline: and variants:, see config/studies/ablation.yaml")
    baseline = _read_variant(content.get("baseline", {"name": "as shipped"}), path)
    study = Study(str(content.get("title", path.stem)), baseline, [_read_variant(entry, path) for entry in content["variants"]])
    folders = [variant.folder for variant in (baseline, *study.variants)]
    if len(set(folders)) < len(folders):
        raise EvaluationError(f"{path}: two variants have the same name, or names that differ in nothing but signs")
    for variant in (baseline, *study.variants):
        load_settings(variant.changes)
    return study


def _read_variant(entry: Any, path: Path) -> Variant:
    if not isinstance(entry, dict) or not entry.get("name") or set(entry) - ENTRY_KEYS or not isinstance(entry.get("set") or {}, dict):
        raise EvaluationError(f"{path}: {entry!r} is no variant: it needs a name:, and may have help: and set: with parameters")
    return Variant(str(entry["name"]), entry.get("set") or {}, str(entry.get("help", "")))


@dataclass(frozen=True)
class StudyRuns:
    """The runs of a study on disk: one folder per suite and variant.

    Attributes:
        path: the folder of them all.
        study: what is compared.
        settings: of the runs, one per suite; each variant lays its changes over them.
    """

    path: Path
    study: Study
    settings: Sequence[RunSettings]

    def locate(self, suite: str, variant: Variant) -> Path:
        """Folder of one run."""
        return self.path / suite / variant.folder

    def list_runs(self) -> Iterator[tuple[Path, RunSettings]]:
        """Folder and settings of all runs; of every suite the baseline first."""
        for settings in self.settings:
            for variant in (self.study.baseline, *self.study.variants):
                yield self.locate(settings.suite, variant), replace(settings, changes=variant.changes)

    def run(
        self, executor: Executor, slots: int, about: Mapping[str, Any], on_rows: Callable[[list[dict[str, Any]]], OnRow]
    ) -> None:
        """Run every episode that is missing.

        Args:
            executor, slots: see `run_missing`.
            about: versions and machine.
            on_rows: told all rows that were finished before, returns what is told every new one.

        Raises:
            EvaluationError: when a folder is used by others, holds something else, or cannot be written.
        """
        with ExitStack() as stack:
            # All are opened before the first episode: what cannot go on is found now, not after an hour.
            folders = [stack.enter_context(RunFolder(path, settings, about)) for path, settings in self.list_runs()]
            on_row = on_rows([row for folder in folders for row in folder.list_rows()])
            for folder in folders:
                run_missing(folder, executor, slots, on_row)
                folder.write_result()
