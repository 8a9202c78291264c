"""Trains the judges on real renders and examines them on others."""
import hashlib
import os
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from evaluation import augment, judge as judging, measure, reader as reading
from evaluation.lessons import NOTHING, Lessons, judge_facts, reader_facts
from evaluation.worlds import BUILD, middles, open_stage
from scenes import pack, render
from trainer.precision import half

JUDGES = Path(__file__).parent / "judges"  # everyday, all: judges of these presets; reader: the judge of letters
RATE, WEIGHT_DECAY, WARM_UP_STEPS = 2e-3, 0.02, 100
SAVE_EVERY_S = 120
SPRITE_SIDE = 128


def heat_of(labels, centres):
    """Targets for middles [B, 12, 12], a Gaussian of one cell's width around each with 1 at its cell; and the cells
    [B, K, 2]."""
    line = torch.arange(judging.CELLS, device=centres.device).float()
    cell = (centres * judging.CELLS).floor().clamp(0, judging.CELLS - 1)
    dx, dy = line - cell[..., :1], line - cell[..., 1:]
    bumps = torch.exp(-(dx[:, :, None, :] ** 2 + dy[:, :, :, None] ** 2)) * (labels != NOTHING)[:, :, None, None]
    return bumps.amax(1), cell.long()


def focal(logits, heat):
    """CenterNet's focal loss for sparse middles, with lower weight on neighbouring cells; a mean over middles."""
    p = logits.float().sigmoid().clamp(1e-4, 1 - 1e-4)
    hit = heat > 0.99
    gain = torch.where(hit, (1 - p) ** 2 * p.log(), (1 - heat) ** 4 * p**2 * (1 - p).log())
    return -gain.sum() / hit.sum().clamp(min=1)


def judge_loss(judge, lesson, pictures, generator):
    """The judge's loss on a batch of real renders [B, 4, S, S]."""
    where = pictures.device
    rgb = augment.over(augment.shrink(pictures, judging.SIDE), augment.grounds(generator, len(pictures)))
    rgb, centres = augment.disturb(rgb, lesson.centres.to(where), generator)
    labels = lesson.labels.to(where)
    heat, at = heat_of(labels, centres)
    b, k = (labels >= 0).nonzero().T
    with half(where):
        whole, cells = judge(rgb.contiguous(memory_format=torch.channels_last))
        logits = judge.name(whole), judge.style(whole), judge.subject(cells[b, :, at[b, k, 1], at[b, k, 0]])
        middle = judge.middle(cells)[:, 0]
    answers = lesson.subject, lesson.style, labels[b, k]
    return sum(cross(given, answer.to(where)) for given, answer in zip(logits, answers)) + focal(middle, heat)


def cross(logits, target):
    """Cross entropy over the non-negative targets; 0 if there are none."""
    known = target >= 0
    if not known.any():
        return logits.sum() * 0
    return F.cross_entropy(logits[known].float(), target[known], label_smoothing=0.05)


def reader_loss(reader, lesson, pictures, generator):
    where = pictures.device
    rgb = augment.over(augment.shrink(pictures, reading.SIDE), augment.grounds(generator, len(pictures)))
    rgb, middles = augment.disturb(rgb, lesson.letter_middles.to(where), generator, covered=False)  # a covered letter would be unreadable
    with half(where):
        logits = reader(rgb.contiguous(memory_format=torch.channels_last))
    return focal(logits, reading.heat(lesson.letters.to(where), middles))


def teach(net, lessons, loss_of, bank, side, minutes, state_path, note, workers=0):
    """Trains for `minutes` in total while the learning rate falls to zero; an interrupted run resumes from `state_path`.
    On a processor, CPU time counts, so that other programs do not shorten the training. Returns the number of pictures."""
    from trainer.feed import feed
    where = next(net.parameters()).device
    clock = time.time if where.type == "cuda" else time.process_time
    net.to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=WEIGHT_DECAY, fused=where.type == "cuda")
    step, seconds = 0, 0.0
    if state_path.exists():
        state = torch.load(state_path, map_location=where, weights_only=True)
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        step, seconds = state["step"], state["seconds"]
    begin, saved, losses = clock() - seconds, clock(), []
    for lesson in feed(lessons, step, workers):
        share = (clock() - begin) / (60 * minutes)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARM_UP_STEPS) * (1 - share)
        generator = torch.Generator(where).manual_seed(step)
        loss = loss_of(net, lesson, render(bank, lesson.scenes, side, side), generator)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        losses.append(loss.detach())
        step += 1
        if step % 100 == 0:
            note(f"step {step}, {step * lessons.batch} pictures, {clock() - begin:.0f} s, loss {torch.stack(losses).mean():.3f}")
            losses = []
        if clock() - saved > SAVE_EVERY_S:
            keep(state_path, net, optimizer, step, clock() - begin)
            saved = clock()
    keep(state_path, net, optimizer, step, clock() - begin)
    net.to(memory_format=torch.contiguous_format).eval()
    return step * lessons.batch


def keep(path, net, optimizer, step, seconds):
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "seconds": seconds}, partial)
    partial.replace(path)


def train(name, minutes, note):
    """Trains the judge of a preset, or the reader, and stores it for the evaluation."""
    where = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    many = where.type == "cuda"
    torch.manual_seed(0)
    stage = open_stage("everyday", SPRITE_SIDE, "asked", where) if name == "reader" else open_stage(name, SPRITE_SIDE, "taught", where)
    judged = stage.judged
    if name == "reader":
        net, facts, loss_of, side, even = reading.Reader(), reader_facts, reader_loss, reading.SIDE, 1.0
    else:
        net = judging.Judge(judged.subjects, judged.styles, **judging.SIZES[name])
        facts, loss_of, side, even = judge_facts, judge_loss, judging.SIDE, 0.9
    lessons = Lessons(stage.world, judged, f"lessons of the {name} judge", facts, 256 if many else 64, even)
    workers = (os.cpu_count() or 1) if many else 0
    pictures = teach(net.to(where), lessons, loss_of, stage.bank, side, minutes, BUILD / "judges" / f"{name}.pt", note, workers)
    digest = hashlib.sha256("".join(row["id"] for row in stage.rows).encode()).hexdigest()
    judging.save(JUDGES / f"{name}.safetensors", net, {"pictures": pictures, "drawings": len(stage.rows), "drawings_digest": digest})


# Examination


def style_of_strangers(judge, stage, merges):
    """(right, count) of the judge's style on drawings of subjects outside its training set: whether it generalizes."""
    findings = judging.look(judge, [torch.from_numpy(drawing) / 255 for drawing in stage.pixels])
    right = [merges.same_style(finding.style, row["style"], row["subject"]) for finding, row in zip(findings, stage.rows)]
    return sum(right), len(right)


def examine(judge, reader, stage, merges, side, count):
    """Examines the judges on `count` held-out real renders each, of the same size as the pictures to be judged.

    Returns (name → (right, count), confusions as (what, truth, answer) of all mistakes).
    """
    right, mistakes = {}, []

    def mark(name, correct, truth=None, answer=None):
        hits, seen = right.get(name, (0, 0))
        right[name] = hits + bool(correct), seen + 1
        if not correct:
            mistakes.append((name, truth, answer))

    lessons = Lessons(stage.world, stage.judged, "examination", batch=64, composed=1.0)
    lettered = Lessons(stage.world, stage.judged, "examination of letters", reader_facts, batch=64, composed=1.0)
    for k in range(-(-count // lessons.batch)):
        drawn = lessons.scenes(k)
        for scene, finding in zip(drawn, judging.look(judge, render(stage.bank, pack(drawn), side, side))):
            facts, objects = scene.facts, middles(stage.world, scene)
            subject = objects[0][0]
            if len(objects) > 4:
                continue  # no prompt asks for so many
            if len(objects) == 1:
                mark("subject", merges.same_subject(finding.subject, subject), f"{facts['style']} {subject}", finding.subject)
                mark("style", merges.same_style(finding.style, facts["style"], subject), f"{facts['style']} {subject}", finding.style)
            found = sorted(label for label, _, _ in finding.objects)
            if facts["relation"]:
                pair = measure.both(finding.objects, *(label for label, _, _ in sorted_by(objects, facts["subjects"])), merges.same_subject)
                mark("pair", pair and measure.placed(*pair, facts["relation"]), " + ".join(facts["subjects"]), ", ".join(found))
            else:
                mark("count", measure.counted(finding.objects, subject, len(objects), merges.same_subject), f"{len(objects)} {subject}", ", ".join(found))
        drawn = lettered.scenes(k)
        for scene, word in zip(drawn, reading.read(reader, render(stage.bank, pack(drawn), side, side)) if reader else ()):
            mark("letters", merges.same_word(word, scene.facts["letters"]), scene.facts["letters"], word)
    return right, mistakes


def sorted_by(objects, subjects):
    """The objects in the order of the facts, which may differ from the order of layers."""
    return sorted(objects, key=lambda entry: subjects.index(entry[0]))
