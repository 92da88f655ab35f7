"""Rebuilding after a small change: ``python -m benchmarks.rebuild``.

Builds an index of the 4,045 Markdown files of digital.gov, changes one file, rebuilds, and checks
that only that file was encoded. Results go to ``benchmarks/results/rebuild.json``.
"""

import shutil
import tarfile
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.collections import data_folder, save
from index import BuildReport, build_index
from index.export import model_cache


def figures(report: BuildReport) -> dict[str, Any]:
    """Return a report as plain values, its problems counted."""
    return asdict(report) | {"problems": len(report.problems), "seconds": round(report.seconds, 1)}


def main() -> None:
    """Build, change, rebuild, print and save."""
    path = model_cache().parent / "benchmarks" / "rebuild"
    with tempfile.TemporaryDirectory() as name:
        with tarfile.open(data_folder() / "documents" / "digitalgov-md.tar.gz") as archive:
            archive.extractall(name, filter="data")
        files = sorted(Path(name).rglob("*.md"))
        shutil.rmtree(path, ignore_errors=True)
        results = {"files": len(files), "first": figures(build_index(name, path).report)}
        print(results)
        changed = max(files[:200], key=lambda file: file.stat().st_size)
        text = changed.read_text(encoding="utf-8")
        changed.write_text(f"{text}\n\nA sentence was added here in the year 2026.\n")
        results["one_file_changed"] = figures(build_index(name, path).report)
        print(results["one_file_changed"])
        results["nothing_changed"] = figures(build_index(name, path).report)
        print(results["nothing_changed"])
    save("rebuild", results)


if __name__ == "__main__":
    main()
