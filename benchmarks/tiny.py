"""A real but tiny sentence-transformers model, for measurements of everything but the model.

One layer of 32 dimensions with random weights and a vocabulary of letters, digits and a few words:
a build takes a fraction of a second, so that hundreds can be killed.
"""

import string
from pathlib import Path

from index.export import quiet_transformers

WORDS = "the of and ferry harbour third town gate keeper boats times day crosses counts".split()


def make(folder: Path) -> Path:
    """Write the model into a folder and return it."""
    import torch
    from sentence_transformers import SentenceTransformer, models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    with quiet_transformers():
        torch.manual_seed(0)
        folder.mkdir(parents=True, exist_ok=True)
        letters = string.ascii_lowercase + string.digits + string.punctuation
        pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]
        vocabulary = [*pieces, *(f"##{letter}" for letter in letters), *WORDS]
        (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
        tokenizer = BertTokenizerFast(vocab=str(folder / "vocab.txt"))
        config = BertConfig(
            vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=64, max_position_embeddings=512,
        )  # fmt: skip
        body = folder / "body"
        BertModel(config).save_pretrained(body)
        tokenizer.save_pretrained(body)
        model = SentenceTransformer(
            modules=[models.Transformer(str(body)), models.Pooling(32)], device="cpu"
        )
        model.save(str(folder / "model"))
    return folder / "model"
