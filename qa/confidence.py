"""How sure: the fitted probability that the first quote answers the question.

A logistic model over what retrieval and reading saw. Its numbers are fitted by
``training/confidence.py`` and saved with their provenance; nothing is fitted here.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from corpus import ModelError

WEIGHTS = Path(__file__).parent / "weights" / "confidence.json"


# A quote near which less than FAR of the question's idf weight stands is about something else: of
# 116 such first quotes of the tuning questions 10% were right.
# They are believed no more than that, nor are those that give something else than is asked for. Of
# 13 that the verifier clearly took for the answer, and whose passage held as much, 12 were right.
FAR = 0.15
FAR_SURE = 0.1
CLEARLY_ANSWERS = 2.0  # the verifier's margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for the first quote; every number is higher for better.

    `relevance` is the reader's relevance output, `late` the quote's weighted late interaction
    (cosine), `dense` the passage's cosine. Shares (0–1) of the question's idf weight are
    `coverage`, which the passage and its title hold, `quoted`, which the quote does, and `near`,
    which the title, the quote and the sentences beside it do. `contrasts` is less by one for each
    word of the question that turns its meaning ("not", "before", "largest") and is not near the
    quote, `years` for each of its years that the passage, its title and the document's date lack.
    `amiss` is -1 where the quote gives something else than is asked for (`qa.amiss`): another
    city's mayor, the deputy, no year to "which year"; else 0. The verifier, which reads the quote's
    passage again, gives `verified_margin`, the score of its best span in the quote less that of
    none, and `verified_relevance`; the arbiter, which reads it beside the other passages,
    `compared_margin`: 0 where it read none, the least of the others' in one that it did not read.
    """

    relevance: float
    late: float
    dense: float
    coverage: float
    quoted: float
    near: float
    contrasts: float
    years: float
    amiss: float
    verified_margin: float
    verified_relevance: float
    compared_margin: float = 0.0

    @property
    def agreed_relevance(self) -> float:
        """The relevance that both the reader and the verifier see, which is the lower of theirs."""
        return min(self.relevance, self.verified_relevance)


# Of a question: in letters, so and open (`qa.kinds.asks_openly`), or in Chinese, Japanese, Korean.
Form = Literal["letters", "open", "characters"]
FEATURES: Mapping[Form, Sequence[str]] = {
    "letters": (
        "agreed_relevance", "verified_margin", "compared_margin", "late", "dense", "contrasts",
        "years",
    ),
    "open": ("relevance", "late", "dense", "near"),
    "characters": ("late", "dense", "coverage", "quoted"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """Logistic regression: intercept, and one coefficient for each value it uses, by its name."""

    intercept: float
    coefficients: Mapping[str, float]

    def probability(self, evidence: Evidence) -> float:
        """Return the probability (0–1) that the quote answers."""
        return self.of({name: getattr(evidence, name) for name in self.coefficients})

    def of(self, values: Mapping[str, float]) -> float:
        """Return the probability (0–1) for named values; those not given are 0."""
        total = self.intercept + sum(
            self.coefficients[name] * value for name, value in values.items()
        )
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceModel:
    """One regression for each form of question.

    `threshold` is the probability from which a question is answered.
    """

    regressions: Mapping[Form, Regression]
    threshold: float

    def probability(self, evidence: Evidence, form: Form) -> float:
        """Return the probability (0–1) that the quote answers a question of a form.

        A question in letters whose rarest words stand nowhere near the quote is not answered by it,
        unless the passage holds them and the verifier is sure; nor is one about a director by a
        quote about the deputy. An open one may be: it asks for conferences, and the answer speaks
        of a summit.
        """
        sure = self.regressions[form].probability(evidence)
        return min(sure, FAR_SURE) if form == "letters" and beside_the_point(evidence) else sure


def beside_the_point(evidence: Evidence) -> bool:
    """Whether a quote is about something else than the question, whatever speaks for it."""
    in_other_words = evidence.verified_margin >= CLEARLY_ANSWERS and evidence.coverage >= FAR
    return evidence.amiss < 0 or (evidence.near < FAR and not in_other_words)


@lru_cache(maxsize=1)
def shipped_model() -> ConfidenceModel:
    """Return the model in ``qa/weights/confidence.json``.

    Raises:
        ModelError: the file is missing or damaged.
    """
    try:
        saved = json.loads(WEIGHTS.read_text(encoding="utf-8"))
        regressions = {
            form: Regression(
                intercept=saved[form]["intercept"], coefficients=saved[form]["coefficients"]
            )
            for form in FEATURES
        }
        return ConfidenceModel(regressions=regressions, threshold=saved["threshold"])
    except (OSError, ValueError, KeyError) as exc:
        raise ModelError(
            f"{WEIGHTS} is missing or damaged ({exc}); it holds the fitted confidence. Install "
            "Citewise again, or fit it: python -m training.confidence"
        ) from exc
