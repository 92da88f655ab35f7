"""How far a rebuild is, in a share and in words."""

from collections.abc import Mapping
from typing import Any

from page.wording import spoken_count

# What each stage is called, and from where to where it moves the bar; encoding takes longest.
_STAGES: Mapping[str, tuple[str, float, float]] = {
    "starting": ("Starting", 0.0, 0.02),
    "loading": ("Reading files", 0.02, 0.15),
    "reading": ("Finding passages", 0.15, 0.2),
    "encoding": ("Indexing passages", 0.2, 0.93),
    "writing": ("Writing the index", 0.93, 0.98),
    "opening": ("Opening the new index", 0.98, 1.0),
}


def progress_of(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``id``, ``state``, ``share`` (0–1) and ``said`` of what `Job.to_dict` returns."""
    name, first, last = _STAGES.get(job["stage"], (str(job["stage"]).capitalize(), 0.0, 0.0))
    done, total = job["done"], job["total"]
    share = first + (last - first) * (min(done / total, 1.0) if total else 0.0)
    said = name
    if job["stage"] in ("loading", "encoding") and total > 1:
        said = f"{name}: {done:,} of {total:,}"
    if job["state"] == "done":
        share, said = 1.0, _done(job)
    elif job["state"] == "cancelled":
        said = "Cancelled. The documents are as they were."
    elif job["state"] == "failed":
        said = str(job["error"])
    return {"id": job["id"], "state": job["state"], "share": round(share, 4), "said": said}


def _done(job: Mapping[str, Any]) -> str:
    report = job["report"]
    changes = [
        f"{report[what]:,} {word}"
        for what, word in (("added", "new"), ("changed", "changed"), ("removed", "removed"))
        if report[what]
    ]
    said = f"Ready: {spoken_count(report['documents'], 'document')}"
    said += f", {', '.join(changes)}." if changes else ", nothing has changed."
    if job["problems"]:
        said += f" {spoken_count(len(job['problems']), 'file')} could not be read: see below."
    return said
