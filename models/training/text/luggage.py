"""Packs the encoder's training data, for machines without a network, into a few megabytes: corpus and 8-bit teacher.

    corpus.json.xz   phrases, weights, things, sentences
    teacher.xz       safetensors: matrices as int8 rows with f16 scales, vectors in f16; only the part of the vocabulary that
                     the corpus uses; the tokenizer's JSON as bytes

Eight bits change the teacher's embeddings by 0.0005 in cosine, far below the error of a student of this size.
"""
import json
import lzma

import torch
from safetensors.torch import load, save
from tokenizers import Tokenizer as Engine

from text.corpus import Corpus
from text.teacher import VOCABULARY, Teacher

CORPUS, TEACHER = "corpus.json.xz", "teacher.xz"


def pack(folder, corpus, teacher):
    """Writes both files and returns their size in bytes."""
    (folder / CORPUS).write_bytes(lzma.compress(json.dumps(corpus._asdict(), ensure_ascii=False).encode()))
    read = teacher.engine.encode_batch([*corpus.phrases, *corpus.sentences])
    kept = torch.tensor(sorted({i for encoding in read for i in encoding.ids} | {teacher.engine.token_to_id("[UNK]")}))
    tensors = {"kept": kept.int(), "tokenizer": torch.tensor(list(teacher.engine.to_str().encode()), dtype=torch.uint8)}
    for name, value in teacher.weights.items():
        value = value.cpu().float()
        value = value[kept] if name == VOCABULARY else value
        if value.ndim == 2:
            scale = value.abs().amax(1).clamp(min=1e-8) / 127
            tensors[name], tensors[f"{name}.scale"] = (value / scale[:, None]).round().to(torch.int8), scale.half()
        else:
            tensors[name] = value.half()
    (folder / TEACHER).write_bytes(lzma.compress(save(tensors)))
    return sum((folder / name).stat().st_size for name in (CORPUS, TEACHER))


def corpus(folder):
    return Corpus(**json.loads(lzma.decompress((folder / CORPUS).read_bytes())))


def teacher(folder, device, dtype):
    tensors = load(lzma.decompress((folder / TEACHER).read_bytes()))
    engine = Engine.from_str(bytes(tensors.pop("tokenizer").tolist()).decode())
    kept = tensors.pop("kept").long()
    scales = {name.removesuffix(".scale"): tensors.pop(name) for name in list(tensors) if name.endswith(".scale")}
    weights = {name: value.float() * scales[name].float()[:, None] if name in scales else value for name, value in tensors.items()}
    whole = torch.zeros(engine.get_vocab_size(), weights[VOCABULARY].shape[1])
    whole[kept] = weights[VOCABULARY]
    return Teacher(engine, weights | {VOCABULARY: whole}, device, dtype)
