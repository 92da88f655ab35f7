"""Train a teacher and ask it: ``python -m training.teacher MODEL``.

MODEL is a folder with all-mpnet-base-v2, five times as large as what ships (Apache-2.0; where it
is to be had: MODEL_CARD.md). It learns to read from a tenth as many examples as the reader, and
reads better. What it then says of others, where an answer starts and ends and how well a passage
answers, goes to ``training/lessons.npz``, from which the verifier learns.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing
from torch import nn

from training.lessons import LESSONS, Lessons
from training.reader import ROOT, Cycle, Settings, check, checked_data, end_of_cycle, run
from training.reader_data import Example, Lesson, Recipe, Stage
from training.reader_network import ReaderNetwork, Row, Student, logits_of
from training.verifier import RECIPE as TAUGHT_RECIPE
from training.verifier import SETTINGS as TAUGHT_SETTINGS
from training.verifier import VerifierExamples, examples

MODEL_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
LIKELIEST = 4  # tokens of an answer's start, and of its end, that are kept
OUT = ROOT / ".cache" / "teacher"  # its checkpoints
FROZEN = 4  # of the twelve layers, besides the vectors of words: it trains faster
SETTINGS = Settings(
    cycles=(Cycle(end=18_432, peak=1.0),), rate=6e-5, head_rate=5e-4, warm_up=600, max_tokens=256
)  # fmt: skip
RECIPE = Recipe(
    block=1024,
    squad_from=20_000,
    stages=(
        Stage(
            begin=0, whole=0.0, sizes=(120, 450), retrieved=0.3, adversarial=0.15, keywords=0.05,
            turns=(
                "squad", "report", "own", "squad", "rival", "further", "squad", "report", "search",
                "squad", "report", "squad",
            ),
        ),
    ),
)  # fmt: skip


class Untyped(nn.Module):
    """MPNet, which does not tell the question from the passage by token types."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> Any:
        """Return the model's output for token ids ``(b, n)``."""
        return self.model(input_ids=input_ids, attention_mask=attention_mask)


def network(model: Path) -> ReaderNetwork:
    """Return the teacher with new heads; its lowest layers and its vectors stay as they are."""
    from transformers import MPNetModel

    torch.manual_seed(0)
    mpnet = MPNetModel.from_pretrained(
        model, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, add_pooling_layer=False
    )
    still = ("embeddings.", *(f"encoder.layer.{number}." for number in range(FROZEN)))
    for name, parameter in mpnet.named_parameters():
        parameter.requires_grad_(not name.startswith(still))
    return ReaderNetwork(Untyped(mpnet), size=768)


def tokenizer(model: Path, max_tokens: int) -> Tokenizer:
    """Return the teacher's tokenizer, which cuts as the reader's: it has one separator more."""
    found = Tokenizer.from_file(str(model / "tokenizer.json"))
    found.no_padding()
    found.post_processor = TemplateProcessing(
        single="<s> $A </s>",
        pair="<s>:0 $A:0 </s>:0 </s>:0 $B:1 </s>:1",
        special_tokens=[(name, found.token_to_id(name)) for name in ("<s>", "</s>")],
    )
    found.enable_truncation(max_tokens + 1, strategy="only_second")
    return found


def ask(
    teacher: ReaderNetwork, asking: Tokenizer, examples: Sequence[Example], *, batch: int = 12
) -> list[Lesson]:
    """Return what the teacher says of each example."""
    lessons: dict[int, Lesson] = {}
    for number, logs, offsets, relevance in read(teacher, asking, examples, batch=batch):
        shares = logs.exp()
        lessons[number] = Lesson(
            starts=likeliest(shares[:, 0], [start for start, _ in offsets], most=LIKELIEST),
            ends=likeliest(shares[:, 1], [end - 1 for _, end in offsets], most=LIKELIEST),
            relevance=relevance,
        )
    return [lessons[number] for number in range(len(lessons))]


def read(
    teacher: ReaderNetwork, asking: Tokenizer, examples: Sequence[Example], *, batch: int = 12
) -> Iterator[tuple[int, torch.Tensor, list[tuple[int, int]], float]]:
    """Yield the number of each example, as they are read, and what the teacher sees in it.

    That is the logarithms of the shares of its n tokens as a start and as an end ``(n, 2)``, the
    first being "not here", the tokens' characters in the passage, and its relevance.
    """
    encodings = asking.encode_batch([(one.question, one.passage) for one in examples])
    rows = [
        Row(ids=one.ids, passage=one.type_ids.index(1), start=0, end=0, group=0)
        for one in encodings
    ]
    order = sorted(range(len(rows)), key=lambda number: len(rows[number].ids))
    for first in range(0, len(order), batch):
        numbers = order[first : first + batch]
        with torch.inference_mode():
            spans, relevance = logits_of(teacher, [rows[number] for number in numbers])
        logs = torch.log_softmax(spans, 1)
        for number, some, score in zip(numbers, logs, relevance.tolist(), strict=True):
            yield number, some[: len(rows[number].ids)], encodings[number].offsets, score


def likeliest(shares: torch.Tensor, characters: Sequence[int], *, most: int) -> dict[int, float]:
    """Return the largest shares ``(n,)`` by the characters of their tokens, -1 for the first."""
    best = shares.topk(min(most, len(characters)))
    return {
        characters[token] if token > 0 else -1: share
        for share, token in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    }


def load(model: Path, weights: Path) -> ReaderNetwork:
    """Return the teacher with what it has learnt."""
    teacher = network(model)
    for name, value in torch.load(weights, weights_only=True)["parameters"].items():
        teacher.get_parameter(name).data.copy_(value)
    return teacher.eval()


@cache
def _opened(model: Path, weights: Path, data: Path) -> tuple[ReaderNetwork, VerifierExamples]:
    return load(model, weights), examples(data, TAUGHT_RECIPE)


def _lessons(model: Path, weights: Path, data: Path, number: int) -> list[tuple[Example, Lesson]]:
    torch.set_num_threads(1)
    teacher, stream = _opened(model, weights, data)
    asked = [one for group in stream.block(number) for one in group]
    asking = tokenizer(model, TAUGHT_SETTINGS.max_tokens)
    return list(zip(asked, ask(teacher, asking, asked), strict=True))


def lessons(model: Path, weights: Path, data: Path) -> Iterator[tuple[Example, Lesson]]:
    """Yield what the teacher says of everything that the verifier is to learn from."""
    count = TAUGHT_SETTINGS.questions // TAUGHT_RECIPE.block
    return by_blocks(partial(_lessons, model, weights, data), count)


def by_blocks(
    of_block: Callable[[int], list[tuple[Example, Lesson]]], count: int
) -> Iterator[tuple[Example, Lesson]]:
    """Yield what the teacher says of so many blocks, which two processes ask it of."""
    with ProcessPoolExecutor(SETTINGS.workers, mp_context=get_context("spawn")) as pool:
        for number, found in enumerate(pool.map(of_block, range(count)), 1):
            print(f"{number} of {count} blocks, {len(found)} examples", flush=True)
            yield from found


def main() -> None:
    """Train the teacher, from the last checkpoint if there is one, and write what it says."""
    parser = argparse.ArgumentParser(description="Train the teacher and ask it.")
    parser.add_argument("model", type=Path, help="folder with all-mpnet-base-v2")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    model, out, data = arguments.model, arguments.out, checked_data()
    check(model / "model.safetensors", MODEL_SHA256)
    out.mkdir(parents=True, exist_ok=True)
    student = Student(network=partial(network, model), tokenizer=partial(tokenizer, model))
    run(SETTINGS, RECIPE, out, partial(examples, data, RECIPE), student)
    ended = end_of_cycle(out, SETTINGS.questions)
    Lessons.of(lessons(model, ended, data)).save(LESSONS)


if __name__ == "__main__":
    main()
