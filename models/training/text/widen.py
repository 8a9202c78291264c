"""Extends a trained network's vocabulary: dictionary words become tokens with the meaning of the nearest name.

Existing tokens are not changed. A new token is a copy of its name's token and therefore draws the same. A name of several
tokens has no token to copy. For each subject with only such names, one vector is learned by textual inversion (arXiv
2208.01618), such that the network's prediction with it equals the one with the name. This needs no drawings.
"""
import json
import math
import random
import re
import time
from typing import NamedTuple

import torch

from network.sampling import time_grid
from scenes.nouns import plural
from text.tokenizer import pad
from trainer import few
from trainer.precision import half

RATE, WARM_UP = 0.05, 10  # Adam's rate relative to the table's root mean square; warm-up steps
THINGS = 20_000
LOG_EVERY = 20  # steps
WORD = re.compile("[a-z]+")


class Token(NamedTuple):
    """A word with a row of its own in the table: a copy of row `like`, or a vector learned for its subject."""
    text: str
    row: int
    name: str
    subject: str
    like: int | None


def said(world):
    """Words that captions use, in names and around them; their meaning must not change."""
    return words_of(captions(world))


def words_of(texts):
    return {word for text in texts for word in WORD.findall(text)}


def captions(world):
    """A large sample of captions, and every name."""
    rng = random.Random(0)
    return [world.draw(rng).caption for _ in range(THINGS)] + [name for own in world.catalogue.names for name in own]


def tokens_for(words, world, tokenizer):
    """Tokens for `names.Word`s: singular, and plural if the tokenizer knows the name's plural. Words that are new to the
    tokenizer get the rows after its own, in order."""
    subject_of, names_of = {}, {}
    catalogue = world.catalogue
    for i in sorted(range(len(catalogue)), key=catalogue.bound.__getitem__):  # "cat" is the cat, before the black cat
        row, own = catalogue.rows[i], catalogue.names[i]
        for name in own:
            subject_of.setdefault(name, row["subject"])
            names_of.setdefault(row["subject"], {})[name] = None
    alone = lambda text: ids[0] if len(ids := tokenizer.encode(text)) == 1 else None
    texts = captions(world)
    taken, used = words_of(texts), {i for text in texts for i in tokenizer.encode(text)}
    meant = {}  # text → (name, subject, row of the name)
    for word in words:
        subject = subject_of[word.name]
        short = next((name for name in (word.name, *names_of[subject]) if alone(name) is not None), None)
        meant[word.text] = (short or word.name, subject, None if short is None else alone(short))
        several = plural(word.text)
        if short is not None and several not in taken:
            meant.setdefault(several, (plural(short), subject, alone(plural(short)) or alone(short)))
    known = {text: row for text in meant if (row := alone(text)) is not None}
    new = (text for text in meant if text not in known)
    rows = known | {text: tokenizer.size + k for k, text in enumerate(new)}
    return [Token(text, rows[text], *meaning) for text, meaning in meant.items() if rows[text] not in used]


class Widening:
    """net: a distilled MmJit, whose table is extended; tokenizer: the extended one."""

    def __init__(self, net, tokenizer, tokens, world, config, device, batch=24, seed=0):
        self.net, self.device, self.tokenizer, self.world = net.to(device).requires_grad_(False), device, tokenizer, world
        self.length, self.steps, self.noise = config["text"]["length"], config["few"]["steps"], config["picture"]["noise"]
        self.side, self.batch = config["picture"]["side"], batch
        old = net.txt_embedder.weight.data
        table = torch.cat([old[: tokenizer.size], old.new_zeros(max(0, tokenizer.size - len(old)), old.shape[1])])
        self.size = old.square().mean().sqrt().item()
        for token in tokens:
            table[token.row] = self.mean_of(token.name, old) if token.like is None else old[token.like]
        net.txt_embedder = torch.nn.Embedding.from_pretrained(table, freeze=True)
        # One vector per subject, shared by all of its words.
        self.learnt = {}
        for token in tokens:
            if token.like is None:
                self.learnt.setdefault(token.subject, []).append(token)
        first = [table[tokens[0].row] for tokens in self.learnt.values()]
        self.vectors = torch.nn.Parameter(torch.stack(first) if first else table[:0].clone())
        self.optimizer = torch.optim.Adam([self.vectors], lr=RATE * self.size, betas=(0.9, 0.99))
        self.rng, self.generator, self.step = random.Random(seed), torch.Generator(device).manual_seed(seed), 0
        self.things = {subject: [] for subject in self.learnt}
        for thing in (world.draw(self.rng) for _ in range(THINGS if self.learnt else 0)):
            self.things.get(thing.facts["subject"], []).append(thing)

    def mean_of(self, name, table):
        """The mean of a name's tokens, scaled to their average length."""
        rows = table[self.tokenizer.encode(name)]
        return rows.mean(0) * (rows.norm(dim=-1).mean() / rows.mean(0).norm())

    def draw(self):
        """Captions of single things with their names, the same with new words, the rows of these words and their vectors."""
        subjects = list(self.learnt)
        which = self.rng.choices([k for k, subject in enumerate(subjects) if self.things[subject]], k=self.batch)
        chosen = [self.rng.choice(self.learnt[subjects[k]]) for k in which]
        told = [[self.world.told(thing, seed, phrase=phrase) for phrase in (token.name, token.text)]
                for token in chosen for thing, seed in [(self.rng.choice(self.things[token.subject]), self.rng.random())]]
        names, words = (pad([self.tokenizer.encode(text) for text in side], self.length).to(self.device) for side in zip(*told))
        return names, words, torch.tensor([token.row for token in chosen], device=self.device), torch.tensor(which, device=self.device)

    def loss(self):
        """The mean squared difference between the predictions with new words and with names, along paths that names began."""
        names, words, rows, which = self.draw()
        times = time_grid(self.steps)[: 1 + self.step % self.steps]
        foresee = self.net.picture
        with half(self.device):
            with torch.no_grad():
                txt = self.net.encode_text(names)
                noise = self.noise * torch.randn(self.batch, self.net.channels, self.side, self.side, generator=self.generator, device=self.device)
                x = few.arrive(foresee, noise, None, txt, times)
                wanted = foresee(x, None, txt).float()
            embedded = torch.where((words == rows[:, None])[..., None], self.vectors[which][:, None], self.net.txt_embedder(words))
            found = foresee(x, None, self.net.encode_text(words, embedded)).float()
        return (found - wanted).square().mean()

    def advance(self, progress):
        for group in self.optimizer.param_groups:
            group["lr"] = RATE * self.size * min(1, (self.step + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * min(progress, 1)))
        loss = self.loss()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.step += 1
        return loss.detach()

    def run(self, seconds, note=print):
        """Learns the vectors that cannot be copied for `seconds` and writes them into the network's table."""
        begin, seen = time.time(), []
        while any(self.things.values()) and (spent := time.time() - begin) < seconds:
            seen.append(self.advance(spent / seconds))
            if self.step % LOG_EVERY == 0:
                note(json.dumps({"step": self.step, "seconds": round(spent), "loss": round(torch.stack(seen).mean().item(), 5)}))
                seen = []
        for vector, tokens in zip(self.vectors.detach(), self.learnt.values()):
            self.net.txt_embedder.weight.data[[token.row for token in tokens]] = vector
