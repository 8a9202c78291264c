"""The encoder with the parts that only training needs: heads into the teacher's spaces, and losses."""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from network.blocks import rms
from text.encoder import TextEncoder
from text.lessons import WORD_AXES
from text.lines import ragged
from text.teacher import WIDTH

TEMPERATURE = 0.05  # softmax temperature of the similarities within a batch
SHARPNESS = 24.0  # factor of the cosines in the choice among tokens


class Student(nn.Module):
    def __init__(self, shape):
        """`shape`: a preset's "text"."""
        super().__init__()
        self.encoder = TextEncoder(**shape)
        self.head = nn.Linear(shape["width"], WIDTH, bias=False)  # meaning of a span, independent of its context
        self.word_head = nn.Linear(shape["width"], WORD_AXES)  # a word in its sentence

    def forward(self, tokens):
        return self.encoder(tokens)

    def meaning(self, features, spans):
        """Unit vectors [S, 384] of spans of features [B, L, width]."""
        return F.normalize(self.head(rms(pooled(features, spans))), dim=-1)


def pooled(features, spans):
    """Means [S, width] over spans, as differences of running sums."""
    sums = F.pad(features.float().cumsum(1), (0, 0, 1, 0))  # [B, L + 1, width]
    return (sums[spans.row, spans.last] - sums[spans.row, spans.first]) / (spans.last - spans.first)[:, None]


def likeness(found, wanted):
    """Losses between unit vectors [S, 384] and their targets: cosine distance, and difference in the ranking of all others."""
    alone = 1 - (found * wanted).sum(-1).mean()
    goal = F.softmax(wanted @ wanted.T / TEMPERATURE, -1)
    return alone, F.cross_entropy(found @ wanted.T / TEMPERATURE, goal) - torch.special.entr(goal).sum(-1).mean()


def word_loss(student, features, spans, wanted):
    """Cosine distance of words to the teacher's contextual embeddings on the principal axes, wanted [S, 128]."""
    return 1 - F.cosine_similarity(student.word_head(rms(pooled(features, spans))), wanted, dim=-1).mean()


def identity_loss(student, features, tokens, limit):
    """Cross entropy and accuracy of identifying tokens from their features, at up to `limit` random positions."""
    row, place = (tokens > 0).nonzero(as_tuple=True)
    if len(row) > limit:
        chosen = torch.randint(len(row), (limit,), device=row.device)
        row, place = row[chosen], place[chosen]
    table = F.normalize(student.encoder.txt_embedder.weight, dim=-1)
    logits = SHARPNESS * F.normalize(features[row, place].float(), dim=-1) @ table.T
    wanted = tokens[row, place]
    return F.cross_entropy(logits, wanted), (logits.argmax(-1) == wanted).float().mean()


@torch.no_grad()
def begin_linear(student, taught, ridge=1.0, noise=0.1):
    """Initializes table and head as the best linear student: one vector per token such that their mean over a text is
    closest to its embedding (ridge regression over all texts), on the table's principal axes.

    taught: pairs of lines with one span over each text, and targets [T, 384] by the spans' numbers. Noise, relative to the
    table's RMS, separates tokens of equal meaning.
    """
    vocab, width = student.encoder.txt_embedder.weight.shape
    gram, product = np.zeros(vocab * vocab), np.zeros((vocab, WIDTH))
    for lines, targets in taught:
        for texts in np.array_split(np.arange(len(lines)), len(lines) // 4096 + 1):
            lengths = lines.lengths[texts]
            text, place = ragged(lengths)
            first = lines.starts[texts]
            ids, share = lines.ids[first[text] + place], 1 / lengths[text]
            np.add.at(product, ids, targets[lines.spans[texts, 2]].astype(np.float64)[text] * share[:, None])
            for other in range(lengths.max()):  # each token with token number `other` of its text
                has = lengths[text] > other
                pair = ids[has] * vocab + lines.ids[first[text[has]] + other]
                gram += np.bincount(pair, share[has] ** 2, vocab * vocab)
    gram = torch.from_numpy(gram.reshape(vocab, vocab)) + ridge * torch.eye(vocab, dtype=torch.float64)
    best = torch.linalg.solve(gram, torch.from_numpy(product))  # [vocab, 384]
    axes = torch.linalg.svd(best, full_matrices=False)[2][:width].float()  # [≤ width, 384]
    table = torch.zeros(vocab, width)
    table[:, :len(axes)] = best.float() @ axes.T
    table /= table.square().mean().sqrt()
    table += noise * torch.randn(table.shape, generator=torch.Generator().manual_seed(0))
    student.encoder.txt_embedder.weight.copy_(table)
    student.head.weight.zero_()
    student.head.weight[:, :len(axes)] = axes.T
