"""What the reader's examples are made of: how passages are cut and how often negatives occur."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How passages are cut and how often negatives occur, from question `begins` on.

    The share `whole` of the passages are whole paragraphs, the others `shortest` to `longest`
    characters around the answer. `negatives` are the chances of retrieved and of adversarial ones,
    None for those that rise with the questions seen.
    """

    begins: int
    whole: float
    shortest: int
    longest: int
    negatives: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What examples are made of: the `stages` of a run and how negatives grow more frequent.

    The chances of retrieved and adversarial negatives rise in a straight line from the first to the
    second number over `ramp` questions.
    """

    seed: int = 13
    block: int = 2048
    ramp: int = 32_768
    retrieved: tuple[float, float] = (0.12, 0.32)
    adversarial: tuple[float, float] = (0.15, 0.5)
    stages: tuple[Stage, ...] = (
        Stage(begins=0, whole=0.0, shortest=120, longest=400),  # short ones train quickly
        Stage(begins=16_384, whole=0.35, shortest=150, longest=600),
        Stage(begins=40_960, whole=0.12, shortest=120, longest=450, negatives=(0.2, 0.4)),
        Stage(begins=90_112, whole=0.22, shortest=120, longest=450, negatives=(0.2, 0.2)),
    )

    def stage(self, place: int) -> Stage:
        """Return the stage that question number `place` falls into."""
        return [stage for stage in self.stages if place >= stage.begins][-1]

    def chances(self, place: int) -> tuple[float, float]:
        """Return the chances of retrieved and of adversarial negatives at question `place`."""
        if (settled := self.stage(place).negatives) is not None:
            return settled
        share = min(1.0, place / self.ramp)
        (r0, r1), (a0, a1) = self.retrieved, self.adversarial
        return r0 + (r1 - r0) * share, a0 + (a1 - a0) * share

    def size(self, place: int, rng: random.Random) -> int:
        """Return about how many characters the passages of question `place` have at most."""
        stage = self.stage(place)
        whole = rng.random() < stage.whole
        return 10_000 if whole else rng.randint(stage.shortest, stage.longest)
