"""The language that a document is written in, detected offline by py3langid."""

from functools import lru_cache
from typing import Any

_ENOUGH = 0.7  # probability from which a language is believed; a few words reach it, one does not
_SAMPLE = 400  # code points looked at in each of three places


def language_of(text: str, furniture: tuple[tuple[int, int], ...] = ()) -> str | None:
    """Return the ISO 639-1 code of the language that most of a text is in, such as ``zh``.

    Args:
        text: the document's text.
        furniture: spans left out: share buttons are English on many a Chinese page.

    Returns:
        None where the text is too short to tell or in no language, such as a table of figures.
    """
    place, kept = 0, []
    for start, end in furniture:
        kept.append(text[place:start])
        place = end
    content = "".join([*kept, text[place:]]).strip()
    if len(content) > 3 * _SAMPLE:
        middle = len(content) // 2
        content = "\n".join(
            [content[:_SAMPLE], content[middle : middle + _SAMPLE], content[-_SAMPLE:]]
        )
    code, probability = _identifier().classify(content)
    return str(code) if probability >= _ENOUGH and code != "zxx" else None


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    codes = [code for code in identifier.labels if len(code) == 2]  # Cantonese counts as Chinese
    identifier.set_languages([*codes, "zxx"])  # ISO 639-3: no linguistic content
    return identifier
