"""Sentence boundaries, exact to the character."""


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return trimmed ``(start, end)`` spans of the sentences of `text`, in order."""
    import sentencex

    spans = []
    position = 0
    for line in text.splitlines(keepends=True):
        for boundary in sentencex.get_sentence_boundaries("en", line):
            piece = line[boundary["start_index"] : boundary["end_index"]]
            start = position + boundary["start_index"] + len(piece) - len(piece.lstrip())
            if stripped := piece.strip():
                spans.append((start, start + len(stripped)))
        position += len(line)
    return spans
