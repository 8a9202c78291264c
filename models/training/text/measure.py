"""Compares the student with its teacher: retrieval of subjects by words, similarity of texts, cost."""
import statistics
import time

import numpy as np
import torch
import torch.nn.functional as F

from text import corpus as corpora
from text.lines import Spans
from text.student import identity_loss, pooled

CAPTION = ("a flat ", " on a red background")  # put around a word to measure its features within a caption
RANDOM_PAIRS = 20_000


def questions(rows, synsets, held_out, read):
    """{name of a set: {query: set of right subjects}}; no query is itself a subject.

    held_out: {subject: words}; read: the phrases of the encoder's training.
    """
    subjects = {row["subject"] for row in rows}
    keywords, dictionary = {}, {}
    kept_back = {word: {subject} for subject, words in held_out.items() if subject in subjects for word in words}
    for row in rows:
        for tag in row["tags"]:
            keywords.setdefault(tag, set()).add(row["subject"])
    for synset in sorted(synsets, key=lambda synset: synset.uses):  # the most used sense comes last and overwrites the others
        right = subjects & set(synset.lemmas)
        if synset.depicted and right:
            dictionary.update({lemma: right for lemma in synset.lemmas})
    unread = {word: right for word, right in kept_back.items() if word not in read}
    sets = {"held-out synonyms": kept_back, "those of them in no dictionary": unread, "emoji keywords": keywords, "dictionary's synonyms": dictionary}
    return {name: {query: right for query, right in asked.items() if query not in subjects}
            for name, asked in sets.items()}


def hits(found, gallery, subjects, right):
    """Shares of queries [Q, 384] with a right subject as the nearest, and among the nearest five, of the gallery [G, 384]."""
    nearest = np.argsort(-found @ gallery.T, axis=1)[:, :5]
    correct = np.array([[subjects[i] in wanted for i in row] for row, wanted in zip(nearest, right)])
    return {"top_1": round(float(correct[:, 0].mean()), 4), "top_5": round(float(correct.any(1).mean()), 4)}


@torch.no_grad()
def embed(student, tokenizer, texts, length, around=("", ""), raw=False):
    """Unit vectors [N, 384] of texts. Each text is put between the words `around`, but only its own tokens are averaged.
    raw: the features [N, width] as the network reads them, without the training head."""
    device, out = next(student.parameters()).device, []
    before = len(tokenizer.encode(around[0]))
    for start in range(0, len(texts), 512):
        chunk = texts[start:start + 512]
        tokens = tokenizer.encode_batch([around[0] + text + around[1] for text in chunk], length).to(device)
        last = torch.tensor([min(before + len(tokenizer.encode(text)), length) for text in chunk], device=device)
        row = torch.arange(len(chunk), device=device)
        spans = Spans(row, torch.full_like(row, before), last.clamp(min=before + 1), row)
        features = student(tokens).float()
        out.append((F.normalize(pooled(features, spans), dim=-1) if raw else student.meaning(features, spans)).cpu())
    return torch.cat(out).numpy()


def ranks(values):
    out = np.empty(len(values))
    out[np.argsort(values, kind="stable")] = np.arange(len(values))
    return out


def correlation(ours, theirs, seed=0):
    """Spearman's and Pearson's correlation between our and the teacher's cosines, over random pairs and nearest neighbours."""
    rng = np.random.default_rng(seed)
    cosines = theirs @ theirs.T
    np.fill_diagonal(cosines, -1)
    own = np.arange(len(theirs))
    pairs = np.concatenate([rng.integers(0, len(own), (RANDOM_PAIRS, 2)),
                            *(np.stack([own, np.argsort(-cosines, 1)[:, k]], 1) for k in range(5))])
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    a, b = ((vectors[pairs[:, 0]] * vectors[pairs[:, 1]]).sum(1) for vectors in (ours, theirs))
    return {"spearman": round(float(np.corrcoef(ranks(a), ranks(b))[0, 1]), 4),
            "pearson": round(float(np.corrcoef(a, b)[0, 1]), 4), "pairs": len(pairs)}


def milliseconds(work, prompts):
    """Median time of a single prompt."""
    times = []
    for prompt in prompts:
        begin = time.perf_counter()
        work(prompt)
        times.append(1000 * (time.perf_counter() - begin))
    return round(statistics.median(times[len(times) // 4:]), 3)


@torch.no_grad()
def report(student, tokenizer, teacher, rows, synsets, held_out, read, length, heads=True):
    """All measurements as a dict of plain numbers, with student and teacher on the processor. Without `heads` only those of
    the bare features: an encoder that continued training with a network has no matching heads."""
    subjects = sorted({row["subject"] for row in rows})
    own = lambda texts, **how: embed(student, tokenizer, texts, length, **how)
    theirs, plain = teacher.embed(subjects), own(subjects, around=CAPTION, raw=True)
    ours = own(subjects) if heads else None
    retrieval = {}
    for name, asked in questions(rows, synsets, held_out, read).items():
        queries, right = list(asked), list(asked.values())
        if queries:
            retrieval[name] = {
                "queries": len(queries),
                "student": heads and hits(own(queries), ours, subjects, right),
                "in_a_caption": heads and hits(own(queries, around=CAPTION), ours, subjects, right),
                "features_in_a_caption": hits(own(queries, around=CAPTION, raw=True), plain, subjects, right),
                "teacher": hits(teacher.embed(queries), theirs, subjects, right)}
    captions = [CAPTION[0] + subject + CAPTION[1] for subject in subjects]
    tokens = tokenizer.encode_batch(captions, length)
    words = sum(len(subject.split()) for subject in subjects)
    encoder = student.encoder
    return {
        "retrieval": {"subjects": len(subjects), **retrieval},
        "held_out_sentences": heads and alike(own, teacher, tokenizer, synsets, length),
        "identity": round(float(identity_loss(student, encoder(tokens), tokens, 1 << 20)[1]), 4),
        "pieces_per_word": round(sum(len(tokenizer.encode(subject)) for subject in subjects) / words, 3),
        "cost": {"student": {"parameters": sum(p.numel() for p in encoder.parameters()), "milliseconds": milliseconds(
                     lambda prompt: encoder(tokenizer.encode_batch([prompt], length)), captions[:200])},
                 "teacher": {"parameters": teacher.parameters(),
                             "milliseconds": milliseconds(lambda prompt: teacher.embed([prompt]), captions[:200])},
                 "threads": torch.get_num_threads()},
    }


def alike(own, teacher, tokenizer, synsets, length):
    """Closeness of held-out sentences to the teacher's embeddings."""
    sentences = sorted({text for synset in synsets for text in corpora.said(synset) if corpora.held_out_sentence(text)})
    sentences = [text for text in sentences if len(tokenizer.encode(text)) <= length][:3000]
    ours, theirs = own(sentences), teacher.embed(sentences)
    return {"sentences": len(sentences), "cosine": round(float((ours * theirs).sum(1).mean()), 4), **correlation(ours, theirs)}


def table(found):
    """The report as Markdown."""
    percent = lambda value: f"{100 * value['top_1']:.1f} / {100 * value['top_5']:.1f}" if value else "–"
    lines = [f"Of {found['retrieval']['subjects']} subjects, the nearest / one of the nearest five is right (%):", "",
             "| | queries | ours | ours, within a caption | its bare features there | MiniLM |",
             "|---|---:|---:|---:|---:|---:|"]
    lines += [f"| {name} | {row['queries']} | {percent(row['student'])} | {percent(row['in_a_caption'])} "
              f"| {percent(row['features_in_a_caption'])} | {percent(row['teacher'])} |" for name, row in found["retrieval"].items() if name != "subjects"]
    pairs, cost = found["held_out_sentences"], found["cost"]
    if pairs:
        lines += ["", f"Held-out sentences: cosine to MiniLM {pairs['cosine']:.3f}; cosines of {pairs['pairs']} pairs correlate by "
                  f"{pairs['spearman']:.3f} (Spearman), {pairs['pearson']:.3f} (Pearson)."]
    lines += ["", f"Tokens identified from their features: {100 * found['identity']:.1f} %. "
              f"Pieces per word of subjects: {found['pieces_per_word']:.2f}.",
              f"Parameters: {cost['student']['parameters'] / 1e6:.2f} M, MiniLM {cost['teacher']['parameters'] / 1e6:.1f} M. One prompt: "
              f"{cost['student']['milliseconds']:.1f} ms, MiniLM {cost['teacher']['milliseconds']:.1f} ms "
              f"({cost['threads']} threads)."]
    return "\n".join(lines)
