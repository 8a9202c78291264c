"""Distils a trained run to few steps without guidance; optionally with the package's 4-bit weights in the loop.

    python3 models/training/distil.py --run build/mini --minutes 5
    python3 models/training/distil.py --run build/mini --minutes 5 --q4     # 4-bit weights in the last 60 % of the time
    python3 models/training/distil.py --run build/mini --minutes 5 --resume # continues RUN/few/model.safetensors
    python3 models/training/distil.py --run build/mini --minutes 5 --onto PACKAGE TEACHER  # starts from an earlier distillation

`--onto` is for a run whose teacher is an earlier TEACHER after further training. The distillation delta, which is PACKAGE
minus TEACHER, is added to the run's teacher. As with LCM-LoRA (arXiv 2311.05556), distilling then takes a tenth of the time.

Reads RUN/model.safetensors (the teacher, which is not changed) and writes RUN/few/: model.safetensors, log, sheets.
"""
import argparse
import copy
import json
import time
from pathlib import Path

import torch

from network import quantized, sample
from trainer import checkpoint, few, report
from trainer.feed import Batches, feed
from network.mmjit import TEXT_ENCODER
from network.objective import noisy, weighed
from network.package import weights as package_weights
from trainer.lessons import Lessons
from trainer.loop import Run, cpus
from trainer.muon import optimizers
from trainer.precision import half
from trainer.presets import HERE
from scenes import Bank, open_world

Q4_SHARE = 0.6
LOG_EVERY = 40  # steps


def carry_over(student, package, before):
    """Adds the distillation delta, `package` minus its teacher `before`, to `student`, which is a copy of the new teacher."""
    few_steps, before, own = package_weights(package), checkpoint.load_file(before), student.state_dict()
    learnt = [name for name in own if not name.startswith(TEXT_ENCODER)]
    fits = lambda name, weights: name in weights and weights[name].shape == own[name].shape
    if other := [name for name in learnt if not (fits(name, few_steps) and fits(name, before))]:
        raise SystemExit(f"{package} or its teacher has a different network: the shape of {other[0]} differs")
    student.load_state_dict({name: own[name] + few_steps[name].to(own[name]) - before[name].to(own[name]) for name in learnt}, strict=False)


def distil(run, world, sprites, minutes, q4, workers, compiled, steps=None, resume=False, onto=None):
    config, where = run.config, run.device
    recipe, noise = config["few"], config["picture"]["noise"]
    contrast, batch = recipe.get("contrast", 0.0), recipe.get("batch", config["training"]["batch"])
    edits = round(batch * config["training"]["editing"])
    teacher = copy.deepcopy(run.net)
    checkpoint.begin_from(run.folder / "model.safetensors", teacher)
    teacher.requires_grad_(False)
    out = run.folder / "few"
    out.mkdir(exist_ok=True)
    student, drawn_before = copy.deepcopy(teacher), 0
    if resume:
        checkpoint.begin_from(out / "model.safetensors", student)
        drawn_before = int(checkpoint.described(out / "model.safetensors").get("steps", 0))
    elif onto:
        carry_over(student, *onto)
    for name, p in student.named_parameters():
        p.requires_grad = not name.startswith(TEXT_ENCODER)
    average = copy.deepcopy(student).requires_grad_(False)
    pair = optimizers(student, recipe["rate"])
    trained = [p for p in student.parameters() if p.requires_grad]
    averaged = [e for p, e in zip(student.parameters(), average.parameters()) if p.requires_grad]
    compile_ = (lambda f: torch.compile(f, dynamic=False)) if compiled else (lambda f: f)
    cores = compile_(teacher.core), compile_(student.core)
    foresee = lambda net, core: lambda x, condition, txt: net.picture(x, condition, txt, core)
    teach, learn = foresee(teacher, cores[0]), foresee(student, cores[1])
    log = report.Log(out)
    start, number, simulated, losses = time.time(), 0, False, []
    draws = feed(Batches(world, run.tokenizer_path, config, seed=2, batch=batch, contrasted=bool(contrast)),
                 run.progress["step"] + drawn_before, workers)
    for tokens, data, condition, _, against in Lessons(Bank(sprites, device=where), draws, where):
        share = number / steps if steps else (time.time() - start) / (minutes * 60)
        if share >= 1:
            break
        if q4 and not simulated and share > 1 - Q4_SHARE:
            quantized.simulate(student)
            learn, simulated = foresee(student, compile_(student.core)), True
        times, end, own = few.segment(number, recipe["steps"])
        generator = torch.Generator(where).manual_seed(number * 7919 + 29)
        if contrast and (own or len(times) == 1):
            tokens, against = few.exchange(tokens, against, edits, generator)
        with half(where):
            with torch.no_grad():
                txt, empty = teacher.encode_text(tokens), teacher.encode_text(torch.zeros_like(tokens))
                other = teacher.encode_text(against) if contrast else None
                if own:
                    fresh = noise * torch.randn(data.shape, generator=generator, device=where)
                    x = few.arrive(learn, fresh, condition, txt, times)
                else:
                    x = noisy(data, times[-1], noise, generator)
                reached = few.teach(teach, x, condition, txt, empty, times[-1], end, recipe["guidance"], recipe["substeps"],
                                     other, contrast)
                target = few.aim(x, reached, times[-1], end)
            clean = learn(x, condition, txt)
        # The error in the picture is weighted by the length of its step.
        reach = recipe["steps"] * (end - times[-1]) / (1 - times[-1])
        loss = weighed((clean.float() - target) * reach, recipe.get("sharp", 0.0))
        rate = recipe["rate"] * min(1, (number + 1) / 50) * min(1, (1 - share) / 0.4)
        for optimizer in pair:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        for optimizer in pair:
            optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(averaged, trained, 1 - min(0.998, (number + 1) / (number + 10)))
        losses.append(loss.detach())
        number += 1
        if number % LOG_EVERY == 0:
            log.write(dict(step=number, seen=number * len(data), loss=round(torch.stack(losses).mean().item(), 5),
                           rate=rate, pictures_s=round(number * len(data) / (time.time() - start), 1), q4=simulated))
            losses = []
    if q4:
        quantized.settle(average)
    weights = {name: value.contiguous() for name, value in average.state_dict().items()}
    checkpoint.save_file(weights, out / "model.safetensors", metadata={
        "format": "pt", "q4": json.dumps(bool(q4)), "steps": str(drawn_before + number)})
    side = config["picture"]["side"]
    images = sample(average, run.prompt_tokens, (side, side), steps=recipe["steps"], guidance=1, noise=noise)
    report.sheet(images, out / "sheet.png", run.prompts)
    print(f"done: {number} steps in {time.time() - start:.0f} s, {out / 'model.safetensors'}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--text", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--q4", action="store_true")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--resume", action="store_true")
    start.add_argument("--onto", type=Path, nargs=2, metavar=("PACKAGE", "TEACHER"))
    parser.add_argument("--workers", type=int, default=max(0, cpus() - 2))
    parser.add_argument("--eager", action="store_true")
    args = parser.parse_args()
    folder = args.run if args.run.exists() else HERE / args.run
    config = json.loads((folder / "preset.json").read_text())
    world, sprites = open_world(config, args.data, folder, cpus())
    run = Run(folder, config, args.text or HERE / "build" / "text" / folder.name)
    distil(run, world, sprites, args.minutes, args.q4, args.workers, not args.eager, args.steps, args.resume, args.onto)


if __name__ == "__main__":
    main()
