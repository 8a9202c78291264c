"""The reader: which letters a picture carries, by columns (CTC), wherever in the picture and in whichever font.

    picture 128² → maps of stride 8 down and 4 across → 32 columns, each seeing the whole height → letters and blanks
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from evaluation.augment import over, shrink
from evaluation.judge import Residual, halve

SIDE = 128
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!?"
BLANK = 0  # CTC's class 0; letter k of the alphabet is k + 1


class Reader(nn.Module):
    def __init__(self, letters=ALPHABET, widths=(16, 40, 80, 128)):
        super().__init__()
        self.labels, self.size = {"letters": letters}, {"widths": list(widths)}
        first, second, third, last = widths
        flat = lambda width, wider: nn.Sequential(  # halves the height alone
            nn.Conv2d(width, wider, 3, (2, 1), 1, bias=False), nn.BatchNorm2d(wider), nn.ReLU())
        self.maps = nn.Sequential(halve(3, first, 4), halve(first, second), Residual(second),
                                  flat(second, third), Residual(third), flat(third, last))  # [B, last, 8, 32]
        self.columns = nn.Sequential(nn.Conv2d(last, 2 * last, (8, 1), bias=False), nn.BatchNorm2d(2 * last), nn.ReLU(),
                                     nn.Conv2d(2 * last, last, (1, 5), padding=(0, 2), bias=False), nn.BatchNorm2d(last), nn.ReLU())
        self.letter = nn.Conv2d(last, len(letters) + 1, 1)

    def forward(self, rgb):
        """rgb [B, 3, 128, 128] in [0, 1] → log-probabilities [32, B, letters + 1], as `ctc_loss` wants them."""
        return self.letter(self.columns(self.maps(rgb * 2 - 1)))[:, :, 0].float().log_softmax(1).permute(2, 0, 1)


def targets(words):
    """Words as CTC targets: numbers of all letters in one row, and each word's length."""
    numbers = [ALPHABET.index(letter) + 1 for word in words for letter in word]
    return torch.tensor(numbers), torch.tensor([len(word) for word in words])


def loss(columns, words):
    """Mean CTC loss of log-probabilities [T, B, C]."""
    numbers, lengths = targets(words)
    spans = torch.full((columns.shape[1],), columns.shape[0])
    return F.ctc_loss(columns, numbers.to(columns.device), spans, lengths, blank=BLANK, zero_infinity=True)


def decode(columns, letters=ALPHABET):
    """The words of log-probabilities [T, B, C]: the likeliest class of each column, repeats and blanks dropped."""
    words = []
    for row in columns.argmax(2).T.tolist():
        kept = [k for previous, k in zip([BLANK, *row], row) if k != previous and k != BLANK]
        words.append("".join(letters[k - 1] for k in kept))
    return words


@torch.no_grad()
def read(reader, pictures, batch=64):
    """The words on premultiplied RGBA pictures: [B, 4, H, W], or a list of [4, H, W]; "" where there is none."""
    where, words = next(reader.parameters()).device, []
    for start in range(0, len(pictures), batch):
        small = torch.cat([shrink(p[None].float().to(where), SIDE) for p in pictures[start : start + batch]])
        words += decode(reader.eval()(over(small)))
    return words
