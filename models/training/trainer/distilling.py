"""The state of a distillation and its steps; see `few` for the method."""
import copy
import json

import torch

from network import MmJit, quantized, sample
from network.mmjit import TEXT_ENCODER
from network.objective import noisy, weighed
from text.tokenizer import Tokenizer
from trainer import checkpoint, few, report
from trainer.core import Core
from trainer.averages import Averages
from trainer.optimizers import Optimizers
from trainer.precision import half
from trainer.presets import HERE
from trainer.run import device

Q4_SHARE = 0.6  # of the pictures are seen with 4-bit weights, the last ones
FALLING_SHARE = 0.4  # of the pictures are seen at a falling rate
WARM_UP = 50  # steps
AVERAGE = {"average": 0.998}


class Distilling:
    """RUN/model.safetensors teaches, RUN/few learns: state.pt, model.safetensors, log.jsonl, sheet.png."""

    def __init__(self, folder, compiled=True, q4=False, onto=None):
        """onto: (earlier student's weights, its teacher's weights) to begin a new distillation with, see `carry_over`."""
        self.folder, self.device, self.q4, self.compiled = folder / "few", device(), q4, compiled
        self.folder.mkdir(exist_ok=True)
        self.config = json.loads((folder / "preset.json").read_text())
        self.recipe, self.noise = self.config["few"], self.config["picture"]["noise"]
        self.grid = self.recipe["times"]
        self.tokenizer = Tokenizer.load(folder / "tokenizer.json")
        self.teacher = MmJit(self.config).to(self.device).requires_grad_(False)
        if missing := checkpoint.begin_from(folder / "model.safetensors", self.teacher):
            raise SystemExit(f"{folder / 'model.safetensors'} is not of this preset: it has no {missing[0]}")
        self.student, self.number, self.simulated = copy.deepcopy(self.teacher), 0, False
        state = checkpoint.load(self.folder / "state.pt", self.device) if (self.folder / "state.pt").exists() else None
        if onto and state is None:
            carry_over(self.student, *onto)
        for name, p in self.student.named_parameters():
            p.requires_grad = not name.startswith(TEXT_ENCODER)
        self.averages = Averages(self.student, AVERAGE)
        rates = {"matrices": self.recipe["rate"], "rows": 0.0, "names": 0.0}
        self.optimizers = Optimizers(self.student, rates, self.tokenizer.pieces)
        if state:
            if state["simulated"]:
                self.simulate()
            self.student.load_state_dict(state["student"])
            self.averages.load_state_dict(state["averages"])
            self.optimizers.load_state_dict(state["optimizers"])
            self.number = state["number"]
        self.teach, self.learn = Core(self.teacher, compiled), Core(self.student, compiled)
        self.log = report.Log(self.folder)

    def simulate(self):
        """From here on the student computes with 4-bit weights. Its parameters stay those that optimizers and averages know."""
        quantized.simulate(self.student)
        self.simulated = True

    @property
    def seen(self):
        return self.number * self.recipe["batch"]

    def step(self, lesson, share):
        """One step at `share` of the way; returns the loss on the device."""
        recipe, edits = self.recipe, round(self.recipe["batch"] * self.config["training"]["editing"])
        if self.q4 and not self.simulated and share > 1 - Q4_SHARE:
            self.simulate()
            self.learn = Core(self.student, self.compiled)
        times, end, kind = few.segment(self.number, self.grid)
        generator = torch.Generator(self.device).manual_seed(self.number * 7919 + 29)
        tokens, against = lesson.tokens, lesson.against
        if kind != "data":
            tokens, against = few.exchange(tokens, against, edits, generator)
        with half(self.device):
            with torch.no_grad():
                txt = self.teach.encode(tokens)
                read = self.learn.encode(tokens) if self.simulated else txt  # from 4-bit weights the text features are others, too
                if kind == "data":
                    x, target = noisy(lesson.data, times[-1], self.noise, generator), lesson.data
                else:
                    fresh = self.noise * torch.randn(lesson.data.shape, generator=generator, device=self.device)
                    x = few.arrive(self.learn.picture, fresh, lesson.condition, read, times)
                    empty, other = (self.teach.encode(ids) for ids in (torch.zeros_like(tokens), against))
                    reached = few.teach(self.teach.picture, x, lesson.condition, txt, empty, times[-1], end, recipe["guidance"],
                                        recipe["substeps"], other, recipe["contrast"])
                    target = few.aim(x, reached, times[-1], end)
            clean = self.learn.picture(x, lesson.condition, read)
        # The error in the picture counts by the length of its step.
        reach = (len(self.grid) - 1) * (end - times[-1]) / (1 - times[-1])
        loss = weighed((clean.float() - target) * reach, lesson.weight, recipe["sharp"])
        loss.backward()
        self.optimizers.step(min(1.0, (self.number + 1) / WARM_UP) * min(1.0, (1 - share) / FALLING_SHARE))
        self.averages.update(self.number)
        self.number += 1
        return loss.detach()

    def keep(self):
        checkpoint.save(self.folder / "state.pt", {
            "student": self.student.state_dict(), "averages": self.averages.state_dict(), "optimizers": self.optimizers.state_dict(),
            "number": self.number, "simulated": self.simulated})

    def finish(self):
        """Writes the weights, in f32 because 4-bit values must survive, and a sheet."""
        average = copy.deepcopy(self.averages.nets["average"])
        if self.q4:
            quantized.settle(average)
        weights = {name: value.cpu().contiguous() for name, value in average.state_dict().items()}
        about = {"format": "pt", "q4": json.dumps(self.q4), "steps": str(self.number)}
        checkpoint.replace(self.folder / "model.safetensors", lambda part: checkpoint.save_file(weights, part, metadata=about))
        prompts = (HERE / "presets" / "prompts.txt").read_text().splitlines()
        side = self.config["picture"]["side"]
        with half(self.device):
            images = sample(average, self.tokenizer.encode_batch(prompts, self.config["text"]["length"]), (side, side), times=self.grid,
                            guidance=1, noise=self.noise)
        report.sheet(images, self.folder / "sheet.png", prompts)


def carry_over(student, few_steps, before):
    """Adds an earlier distillation delta, the weights `few_steps` minus those of its teacher `before`, to `student`, which is
    a copy of the new teacher. As with LCM-LoRA (arXiv 2311.05556), distilling then takes a tenth of the time."""
    own = student.state_dict()
    learnt = [name for name in own if not name.startswith(TEXT_ENCODER)]
    fits = lambda name, weights: name in weights and weights[name].shape == own[name].shape
    if other := [name for name in learnt if not (fits(name, few_steps) and fits(name, before))]:
        raise SystemExit(f"the earlier distillation is of another network: the shape of {other[0]} differs")
    student.load_state_dict({name: own[name] + few_steps[name].to(own[name]) - before[name].to(own[name]) for name in learnt}, strict=False)
