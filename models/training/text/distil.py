"""Trains the text encoder for given minutes on phrases, sentences and compositions; resumes interrupted runs."""
import json
import math
import os
import time
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.utils import clip_grad_norm_

from text.lines import Lines, Spans
from text.student import identity_loss, likeness, word_loss
from trainer.precision import half

RATE, WARM_UP, DECAY = 1.5e-3, 200, 0.02  # AdamW's peak learning rate, warm-up steps, weight decay of matrices
TABLE_RATE = 8  # factor of the rate for the token table, whose values are about 1 and most of whose rows occur rarely
WEIGHTS = {"alone": 1.0, "rank": 0.3, "words": 0.5, "identity": 0.1}
FULL_LENGTH = 0.1  # share of steps with the network's number of tokens, and the final share of the run that has only such steps


class Pupil(NamedTuple):
    """The training data: lines with their targets."""
    phrases: Lines
    phrase_weights: np.ndarray
    sentences: Lines
    sentence_words: Lines
    compositions: Lines
    phrase_targets: np.ndarray  # f16 [phrases, 384]
    sentence_targets: np.ndarray  # f16 [sentences, 384]
    word_targets: np.ndarray  # f16 [words, 128]


def rate_at(step, progress):
    return RATE * min(1, (step + 1) / WARM_UP) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(progress, 1))))


class Teaching:
    def __init__(self, student, pupil, length, batch, device, seed=0):
        self.student, self.pupil, self.length, self.batch, self.device = student.to(device), pupil, length, batch, device
        self.rng = np.random.default_rng(seed)
        self.chances = np.cumsum(pupil.phrase_weights / pupil.phrase_weights.sum())
        table = student.encoder.txt_embedder.weight
        rest = [weight for weight in student.parameters() if weight is not table]
        self.optimizer = torch.optim.AdamW(
            [{"params": [table], "weight_decay": 0.0, "times": TABLE_RATE},
             {"params": [weight for weight in rest if weight.ndim == 2], "weight_decay": DECAY, "times": 1},
             {"params": [weight for weight in rest if weight.ndim == 1], "weight_decay": 0.0, "times": 1}],
            lr=RATE, betas=(0.9, 0.98))
        # On processors the flash kernel is slower in bf16 for texts this short.
        self.attention = SDPBackend.MATH if device.type == "cpu" else SDPBackend.FLASH_ATTENTION
        self.step, self.spent = 0, 0.0

    def features(self, lines, chosen, full):
        """Tokens and features of the chosen lines, padded to the network's length or to slightly more than necessary."""
        longest = int(lines.lengths[chosen].max())
        length = self.length if full else min(self.length, longest + int(self.rng.integers(0, 4)))
        tokens, spans = lines.batch(chosen, length)
        tokens, spans = tokens.to(self.device), self.at_hand(spans)
        with half(self.device), sdpa_kernel(self.attention):
            return tokens, spans, self.student(tokens).float()

    def at_hand(self, spans):
        return Spans(*(part.to(self.device) for part in spans))

    def targets(self, array, spans):
        """The targets of spans, as unit vectors."""
        wanted = torch.from_numpy(array[spans.target.cpu().numpy()])
        return F.normalize(wanted.to(self.device).float(), dim=-1)

    def losses(self, full):
        """Losses by name on a draw of each kind of text, 80 % of which are phrases. Each is a mean over the texts that have it."""
        pupil, tenth = self.pupil, max(self.batch // 10, 2)
        found = {name: [] for name in [*WEIGHTS, "accuracy"]}

        def meaning(features, spans, array):
            wanted = self.targets(array, spans)
            alone, rank = likeness(self.student.meaning(features, spans), wanted)
            found["alone"].append(alone)
            found["rank"].append(rank)

        def identity(features, tokens):
            loss, accuracy = identity_loss(self.student, features, tokens, 256)
            found["identity"].append(loss)
            found["accuracy"].append(accuracy)

        chosen = np.searchsorted(self.chances, self.rng.random(8 * tenth)).clip(max=len(pupil.phrases) - 1)
        chosen = chosen[np.argsort(pupil.phrases.lengths[chosen], kind="stable")]
        for half in np.array_split(chosen, 2):  # so that shorter texts are not padded to the longest
            tokens, spans, features = self.features(pupil.phrases, half, full)
            meaning(features, spans, pupil.phrase_targets)

        chosen = self.rng.integers(0, len(pupil.compositions), tenth)
        tokens, spans, features = self.features(pupil.compositions, chosen, full)
        meaning(features, spans, pupil.phrase_targets)
        identity(features, tokens)

        chosen = self.rng.integers(0, len(pupil.sentences), tenth)
        tokens, spans, features = self.features(pupil.sentences, chosen, full)
        meaning(features, spans, pupil.sentence_targets)
        identity(features, tokens)
        spans = self.at_hand(pupil.sentence_words.batch(chosen, tokens.shape[1])[1])
        found["words"].append(word_loss(self.student, features, spans, self.targets(pupil.word_targets, spans)))
        return {name: torch.stack(values).mean() for name, values in found.items()}

    def advance(self, progress):
        """Makes one step at `progress`, a share of the whole run; returns losses by name."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["times"] * rate_at(self.step, progress)
        losses = self.losses(progress > 1 - FULL_LENGTH or self.rng.random() < FULL_LENGTH)
        self.optimizer.zero_grad(set_to_none=True)
        sum(WEIGHTS[name] * losses[name] for name in WEIGHTS).backward()
        clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        return {name: loss.detach() for name, loss in losses.items()}

    def run(self, seconds, state_path, log_path):
        """Trains until `seconds` of training have been spent in total."""
        self.resume(state_path)
        begin, before, saved, seen = time.time(), self.spent, time.time(), []
        while self.spent < seconds:
            losses = self.advance(self.spent / seconds)
            self.spent = before + time.time() - begin
            seen.append(torch.stack(list(losses.values())))
            if self.step % 100 == 0:
                means = torch.stack(seen).mean(0).tolist()
                row = {"step": self.step, "seconds": round(self.spent), "rate": round(rate_at(self.step, self.spent / seconds), 6),
                       **{name: round(value, 4) for name, value in zip(losses, means)}}
                seen = []
                print(json.dumps(row), flush=True)
                with open(log_path, "a") as log:
                    log.write(json.dumps(row) + "\n")
                if not math.isfinite(sum(means)):
                    raise SystemExit("a loss is not finite: start again")
            if time.time() - saved > 120:
                self.save(state_path)
                saved = time.time()
        self.save(state_path)

    def save(self, path):
        torch.save({"student": self.student.state_dict(), "optimizer": self.optimizer.state_dict(), "step": self.step,
                    "spent": self.spent}, path.with_suffix(".tmp"))
        os.replace(path.with_suffix(".tmp"), path)

    def resume(self, path):
        if path.exists():
            state = torch.load(path, map_location=self.device, weights_only=True)
            self.student.load_state_dict(state["student"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.spent = state["step"], state["spent"]
            self.rng = np.random.default_rng(self.step)
