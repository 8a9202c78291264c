"""The curriculum of the nursery: stages in order, each a command that can be stopped and started again at any time.

A stage of curriculum.json:
    name, about
    task      draw      goes on with the run in HOME/run
              decay     copies the run to HOME/branch and lets the learning rate fall to zero over the whole stage
              distil    distils the branch to few steps
              upscale   trains the upscaler in HOME/upscaler, on what the branch draws, else the run
    until     pictures, hours: when the stage ends, the earlier counts; share: pictures as a share of the run's, at least
              as many as hours_min takes at the run's last speed; none: never
    changes   of the preset: section → key → value

The command ends with status 0 if the stage is done, and with STOPPED if it was told to stop before.
"""
import json
import shutil
from pathlib import Path
from typing import NamedTuple

STOPPED = 75  # of sysexits.h: temporary failure, try again


class Stage(NamedTuple):
    name: str
    about: str
    task: str
    until: dict
    changes: dict


def load(path):
    stages = [Stage(row["name"], row["about"], row["task"], row["until"], row.get("changes", {})) for row in json.loads(Path(path).read_text())]
    names = [stage.name for stage in stages]
    if len(set(names)) < len(names):
        raise SystemExit(f"{path}: two stages have one name")
    if other := {stage.task for stage in stages} - TASKS.keys():
        raise SystemExit(f"{path}: no task is called {sorted(other)[0]!r}")
    return stages


def last_log(run):
    """The last line of a run's log, or {}."""
    path = run / "log.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return json.loads(lines[-1]) if lines else {}


def _limits(until, log):
    """Options for the end of a stage."""
    pictures = until.get("pictures")
    if "share" in until:
        pictures = round(max(until["share"] * log.get("seen", 0), until.get("hours_min", 0) * 3600 * log.get("pictures_s", 0), 1))
    options = ["--pictures", str(pictures)] if pictures else []
    return options + (["--minutes", str(60 * until["hours"])] if until.get("hours") else [])


def _draw(stage, visit, home, common):
    begin = ["--init", str(home / "init")] if not (home / "run" / "state.pt").exists() else []
    return ["train.py", "--out", str(home / "run"), *begin, *_limits(stage.until, {}), "--stage", visit,
            "--changes", json.dumps(stage.changes), *common]


def _decay(stage, visit, home, common):
    branch, run = home / "branch", home / "run"
    mark = branch / "stage.json"  # the branch belongs to this visit of the stage; its limit was computed once
    if not mark.exists():
        shutil.rmtree(branch, ignore_errors=True)
        branch.mkdir()
        for name in ("state.pt", "log.jsonl", "exam.jsonl"):
            if (run / name).exists():
                shutil.copy(run / name, branch / name)
        mark.write_text(json.dumps(_limits(stage.until, last_log(run))))
    return ["train.py", "--out", str(branch), *json.loads(mark.read_text()), "--stage", visit, "--decay", "1",
            "--changes", json.dumps(stage.changes), *common]


def _distil(stage, visit, home, common):
    return ["distil.py", "--run", str(home / "branch"), *_limits(stage.until, {}), *common]


def _upscale(stage, visit, home, common):
    committed = home / "init" / "upscaler.safetensors"
    begin = ["--start", str(committed)] if committed.exists() else []
    drawer = next((home / run for run in ("branch", "run") if (home / run / "model.safetensors").exists()), home / "run")
    return ["upscale.py", "train", "--folder", str(home / "upscaler"), "--drawer", str(drawer), *begin, *_limits(stage.until, {})]


TASKS = {"draw": _draw, "decay": _decay, "distil": _distil, "upscale": _upscale}


def command(place, common=()):
    """The arguments of python for the stage at a `Place`, in the folder of the training code. common: options of train.py and
    distil.py."""
    return TASKS[place.stage.task](place.stage, f"{place.stage.name}/{place.visit}", place.home, list(common))


class Place:
    """The stage that the nursery is in, and the number of this visit, by which limits count. Kept in HOME/stage.json."""

    def __init__(self, home, stages):
        self.home, self.stages = Path(home), stages
        self.path = self.home / "stage.json"
        kept = json.loads(self.path.read_text()) if self.path.exists() else {"name": None, "visit": 0}
        # The first stage, also after a stage that this curriculum does not have.
        self.index = next((k for k, stage in enumerate(stages) if stage.name == kept["name"]), 0)
        self.visit = kept["visit"]
        self._write()

    @property
    def stage(self):
        return self.stages[self.index]

    def advance(self, name=None):
        """To the stage `name`, or the next one; the last one is never left."""
        names = [stage.name for stage in self.stages]
        if name and name not in names:
            raise LookupError(f"no stage is called {name!r}: {', '.join(names)}")
        self.index = names.index(name) if name else min(self.index + 1, len(names) - 1)
        self.visit += 1
        if self.stage.task == "decay":
            (self.home / "branch" / "stage.json").unlink(missing_ok=True)  # a new branch
        self._write()

    def _write(self):
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps({"name": self.stage.name, "visit": self.visit}))
        part.replace(self.path)
