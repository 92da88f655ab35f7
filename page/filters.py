"""Filters on the page: the sheet they are set in, and the chips that show what is asked of."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from index.filters import Filters
from page.wording import short_source, spoken_count, spoken_date, spoken_language

if TYPE_CHECKING:
    from index import Summary

_NONE = Filters()
_FUNNEL = '<span class="cw-icon" data-icon="funnel" role="img" aria-label="the funnel"></span>'


def sheet(summaries: Sequence["Summary"]) -> str:
    """Return the fields of the filters, with the folders and languages that there are."""
    dates = sorted(summary.date[:4] for summary in summaries if summary.date)
    span = f", dated from {dates[0]} to {dates[-1]}" if dates else ""
    return (
        '<h2 tabindex="-1">Ask only a part of the documents</h2>'
        f'<p class="cw-sheet-about">There are {spoken_count(len(summaries), "document")}'
        f'{escape(span)}.</p><div class="cw-fields">'
        f"{_select('folder', 'Folder', 'Any folder', _folders(summaries))}"
        f"{_select('language', 'Language', 'Any language', _languages(summaries))}"
        f"{_date('after', 'From')}{_date('before', 'To')}</div>"
        '<p class="cw-hint" id="cw-date-hint">A year, a month or a day: 2019, 2019-05, 2019-05-20'
        '</p><label class="cw-check"><input type="checkbox" data-filter="newest_first">'
        "<span>Newest first, where several answer equally well</span></label>"
        f'<p class="cw-hint">For single documents, press {_FUNNEL} beside them in the list.</p>'
        '<p class="cw-sheet-said" data-part="scope-said" role="status"></p>'
        '<p class="cw-sheet-foot"><button type="button" data-do="drop-all">Clear all</button>'
        '<button type="button" class="cw-primary" data-do="scope-done">Done</button></p>'
    )


def chips(filters: Filters, summaries: Sequence["Summary"]) -> str:
    """Return the conditions set as a list of chips, each a button that drops it; "" for none."""
    items = "".join(
        f'<li><button type="button" class="cw-filter" data-do="drop" data-filter="{name}"'
        f' data-value="{escape(value)}" aria-label="Drop the filter: {escape(said)}">'
        f"<span>{escape(said)}</span></button></li>"
        for name, value, said in _said(filters, summaries)
    )
    return items and f'<ul class="cw-filter-chips" aria-label="Asked is only">{items}</ul>'


def shown(filters: Filters | None, summaries: Sequence["Summary"], *, answered: bool = True) -> str:
    """Return the conditions that an answer was found under, "" for none.

    Where they left documents out and there was no answer, all documents can be asked.
    """
    filters = filters or _NONE
    items = "".join(f"<li>{escape(words)}</li>" for _, _, words in _said(filters, summaries))
    if filters.narrow and not answered:
        items += (
            '<li class="cw-asked-all"><button type="button" class="cw-quiet" data-do="ask-all">'
            "Ask all documents</button></li>"
        )
    return items and f'<ul class="cw-asked-of" aria-label="Asked was only">{items}</ul>'


def admitted(filters: Filters, summaries: Sequence["Summary"]) -> list["Summary"]:
    """Return the documents that are asked under `filters`."""
    return [summary for summary in summaries if filters.admit(summary)]


def _said(filters: Filters, summaries: Sequence["Summary"]) -> list[tuple[str, str, str]]:
    """Return ``(field, value, words)`` of every condition set."""
    said = [("documents", one, words) for one, words in _titles(filters, summaries).items()]
    if filters.folder:
        said.append(("folder", filters.folder, f"Folder {filters.folder}"))
    after, before = filters.after, filters.before
    if after and after == before:
        said.append(("dates", after, spoken_date(after) or after))
    else:
        if after:
            said.append(("after", after, f"From {spoken_date(after)}"))
        if before:
            said.append(("before", before, f"Until {spoken_date(before)}"))
    if filters.language:
        said.append(("language", filters.language, spoken_language(filters.language)))
    if filters.newest_first:
        said.append(("newest_first", "", "Newest first"))
    return said


def _titles(filters: Filters, summaries: Sequence["Summary"]) -> Mapping[str, str]:
    """Return what the chosen documents are called, by id or source as chosen."""
    if not filters.documents:
        return {}
    titles = {}
    for summary in summaries:
        title = summary.title or short_source(summary.source)
        titles[summary.doc_id] = titles[summary.source] = title
    return {one: titles.get(one, f"{short_source(one)} (not there)") for one in filters.documents}


def _folders(summaries: Sequence["Summary"]) -> dict[str, str]:
    counts: Counter[str] = Counter()
    for summary in summaries:
        path = PurePosixPath(summary.source.replace("\\", "/"))
        counts.update(str(parent) for parent in path.parents if str(parent) not in (".", "/"))
    return {folder: f"{folder} ({counts[folder]:,})" for folder in sorted(counts)}


def _languages(summaries: Sequence["Summary"]) -> dict[str, str]:
    counts = Counter(summary.language for summary in summaries if summary.language)
    return {code: f"{spoken_language(code)} ({count:,})" for code, count in counts.most_common()}


def _select(name: str, label: str, every: str, choices: Mapping[str, str]) -> str:
    options = "".join(
        f'<option value="{escape(value)}">{escape(said)}</option>'
        for value, said in choices.items()
    )
    return (
        f'<div><label for="cw-filter-{name}">{label}</label><select id="cw-filter-{name}"'
        f' data-filter="{name}"><option value="">{every}</option>{options}</select></div>'
    )


def _date(name: str, label: str) -> str:
    return (
        f'<div><label for="cw-filter-{name}">{label}</label><input id="cw-filter-{name}"'
        f' type="text" data-filter="{name}" maxlength="10" autocomplete="off"'
        ' placeholder="any date"'
        ' aria-describedby="cw-date-hint"></div>'
    )
