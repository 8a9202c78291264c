"""The nursery: its curriculum, and the shell script with a training program that takes no time."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from trainer import status  # noqa: E402
from trainer.curriculum import Place, command, load  # noqa: E402

STAGES = [{"name": "one", "about": "First.", "task": "draw", "until": {"pictures": 100}, "changes": {"scenes": {"recolour": 0.2}}},
          {"name": "less", "about": "A copy.", "task": "decay", "until": {"share": 0.15, "hours_min": 0.5}},
          {"name": "few", "about": "Four steps.", "task": "distil", "until": {"pictures": 50}},
          {"name": "large", "about": "Four times.", "task": "upscale", "until": {"hours": 3}},
          {"name": "on", "about": "On.", "task": "draw", "until": {}}]
# Stands in for train.py and distil.py: notes its arguments, then does as HOME/do says: end, fail, or wait for SIGTERM and save.
FAKE = """import signal, sys, time
from pathlib import Path
home = Path({home!r})
with open(home / "calls", "a") as calls:
    calls.write(" ".join(sys.argv) + "\\n")
(home / "run").mkdir(exist_ok=True)
def stop(*_):
    (home / "run" / "state.pt").write_text("saved")
    sys.exit(75)
signal.signal(signal.SIGTERM, stop)
while (word := (home / "do").read_text()) == "wait":
    time.sleep(0.02)
sys.exit(int(word))
"""


class CurriculumTest(unittest.TestCase):
    def setUp(self):
        self.home = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.home / "curriculum.json").write_text(json.dumps(STAGES))
        self.stages = load(self.home / "curriculum.json")

    def options(self, place):
        words = command(place)
        return words[0], dict(zip(words[1::2], words[2::2]))

    def test_the_committed_curriculum_is_valid(self):
        stages = load(HERE.parent / "curriculum.json")
        self.assertEqual([stage.task for stage in stages[-4:]], ["decay", "distil", "upscale", "draw"])
        self.assertEqual(stages[-1].until, {})

    def test_unknown_tasks_and_equal_names_are_refused(self):
        for wrong in ([STAGES[0], STAGES[0]], [STAGES[0] | {"task": "sing"}]):
            (self.home / "curriculum.json").write_text(json.dumps(wrong))
            self.assertRaises(SystemExit, load, self.home / "curriculum.json")

    def test_the_place_outlives_the_process(self):
        Place(self.home, self.stages).advance()
        place = Place(self.home, self.stages)
        self.assertEqual((place.stage.name, place.visit), ("less", 1))
        place.advance("on")
        place.advance()
        self.assertEqual(Place(self.home, self.stages).stage.name, "on")
        self.assertRaises(LookupError, place.advance, "two")
        self.assertEqual(Place(self.home, self.stages[:2]).stage.name, "one")  # a curriculum without it

    def test_a_new_run_begins_from_the_committed_weights_and_goes_on_from_its_own(self):
        place = Place(self.home, self.stages)
        program, options = self.options(place)
        self.assertEqual((program, options["--init"], options["--pictures"], options["--stage"]), ("train.py", str(self.home / "init"), "100", "one/0"))
        self.assertEqual(json.loads(options["--changes"]), {"scenes": {"recolour": 0.2}})
        (self.home / "run").mkdir()
        (self.home / "run" / "state.pt").write_text("")
        self.assertNotIn("--init", self.options(place)[1])

    def test_a_branch_is_copied_once_a_visit(self):
        run, branch = self.home / "run", self.home / "branch"
        run.mkdir()
        (run / "state.pt").write_text("first")
        (run / "log.jsonl").write_text('{"seen": 5}\n{"seen": 100000, "pictures_s": 10}\n')
        place = Place(self.home, self.stages)
        place.advance()
        _, options = self.options(place)
        self.assertEqual((options["--pictures"], options["--decay"], options["--out"]), ("18000", "1", str(branch)))  # half an hour, not 15 %
        (run / "state.pt").write_text("second")
        (branch / "few").mkdir()
        self.assertEqual(self.options(place)[1]["--pictures"], "18000")
        self.assertEqual((branch / "state.pt").read_text(), "first")
        place.advance("less")
        self.options(place)
        self.assertEqual((branch / "state.pt").read_text(), "second")
        self.assertFalse((branch / "few").exists())

    def test_the_upscaler_goes_on_from_the_committed_one_with_what_will_be_published(self):
        place = Place(self.home, self.stages)
        while place.stage.task != "upscale":
            place.advance()
        after = lambda option: command(place)[command(place).index(option) + 1]
        self.assertNotIn("--start", command(place))
        self.assertEqual(after("--drawer"), str(self.home / "run"))
        for path in (self.home / "init" / "upscaler.safetensors", self.home / "branch" / "model.safetensors"):
            path.parent.mkdir(exist_ok=True)
            path.write_text("")
        self.assertEqual(after("--start"), str(self.home / "init" / "upscaler.safetensors"))
        self.assertEqual(after("--drawer"), str(self.home / "branch"))

    def test_status_names_stage_log_exam_and_sheet(self):
        Place(self.home, self.stages)
        run = self.home / "run"
        run.mkdir()
        (run / "log.jsonl").write_text('{"seen": 7, "seconds": 5400}\n')
        (run / "exam.jsonl").write_text('{"better": "slow", "slow": {"faithful": 61.5}}\n')
        for age, name in ((60, "sheet-0000001.png"), (0, "sheet-0000002.png")):
            (run / name).write_text("")
            os.utime(run / name, (time.time() - age,) * 2)
        said = "\n".join(status.lines(self.home, self.home / "curriculum.json"))
        for part in ("stage one: First. Until pictures 100", "seen 7", "1.5 hours", "61.5", "sheet-0000002.png"):
            self.assertIn(part, said)
        self.assertEqual(len(said.splitlines()), 4)


class ShellTest(unittest.TestCase):
    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.home, self.tree = folder / "home", folder / "tree"
        (self.tree / "trainer").mkdir(parents=True)
        (self.tree / "checkpoints").mkdir()
        (self.tree / "checkpoints" / "model.safetensors").write_text("committed")
        for name in ("nursery.sh", "nursery.py", "trainer/curriculum.py", "trainer/status.py"):
            shutil.copy(HERE.parent / name, self.tree / name)
        (self.tree / "curriculum.json").write_text(json.dumps(STAGES))
        (self.tree / "requirements.txt").write_text("")
        (self.home / "python" / "bin").mkdir(parents=True)
        os.symlink(sys.executable, self.home / "python" / "bin" / "python")
        os.symlink(shutil.which("true"), self.home / "python" / "bin" / "pip")
        (self.home / "training" / "build" / "data").mkdir(parents=True)
        (self.home / "training" / "build" / "data" / "drawings.jsonl.xz").write_text("")
        for name in ("train.py", "distil.py", "upscale.py"):
            (self.tree / name).write_text(FAKE.format(home=str(self.home)))
        self.addCleanup(self.call, "stop")

    def do(self, word):
        (self.home / "do.part").write_text(word)
        (self.home / "do.part").replace(self.home / "do")

    def call(self, *words, **further):
        made = subprocess.run(["bash", self.tree / "nursery.sh", *words], env=os.environ | {"NURSERY": str(self.home)} | further, capture_output=True,
                              text=True)
        return made.stdout + made.stderr

    def calls(self):
        path = self.home / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def until(self, true, what):
        for _ in range(1500):
            if true():
                return
            time.sleep(0.02)
        self.fail(f"{what}: {self.call('status')}")

    def start(self, word):
        self.do(word)
        before = len(self.calls())
        self.assertIn("started", self.call("start"))
        self.until(lambda: len(self.calls()) > before, "no stage has begun")

    def test_stop_saves_and_start_goes_on(self):
        self.assertIn("not running", self.call("status"))
        self.start("wait")
        self.assertIn("--init", self.calls()[0])
        self.assertIn("already running", self.call("start"))
        self.assertIn("running\nstage one", self.call("status"))
        self.assertIn("stopped", self.call("stop"))
        self.assertIn("not running", self.call("status"))
        self.assertEqual((self.home / "run" / "state.pt").read_text(), "saved")
        self.start("wait")
        self.assertNotIn("--init", self.calls()[1])

    def test_a_new_machine_begins_from_the_committed_weights_or_from_given_ones(self):
        self.start("wait")
        self.call("stop")
        self.assertEqual((self.home / "init" / "model.safetensors").read_text(), "committed")
        shutil.rmtree(self.home / "run")
        (self.tree / "checkpoints" / "model.safetensors").unlink()
        self.assertIn("no weights to begin from", self.call("start"))
        given = self.tree / "given"
        given.mkdir()
        (given / "model.safetensors").write_text("given")
        self.assertIn("started", self.call("start", NURSERY_INIT=str(given)))
        self.assertEqual((self.home / "init" / "model.safetensors").read_text(), "given")

    def test_a_paused_one_can_be_stopped(self):
        self.start("wait")
        self.call("pause")
        self.until(lambda: "paused" in self.call("status"), "it is not paused")
        self.call("resume")
        self.until(lambda: "running" in self.call("status"), "it is still paused")
        self.call("pause")
        self.assertIn("stopped", self.call("stop"))

    def test_a_stage_that_is_done_is_followed_by_the_next(self):
        self.start("wait")
        self.do("0")
        self.until(lambda: len(self.calls()) > 4, "not all stages ran")
        self.call("stop")
        programs = [Path(line.split()[0]).name for line in self.calls()]
        self.assertEqual(programs[:5], ["train.py", "train.py", "distil.py", "upscale.py", "train.py"])
        self.assertEqual(json.loads((self.home / "stage.json").read_text())["name"], "on")

    def test_a_stage_can_be_left_early(self):
        self.start("wait")
        self.call("advance", "few")
        self.until(lambda: "distil.py" in self.calls()[-1], "few has not begun")
        self.call("advance", "nowhere")
        self.until(lambda: len(self.calls()) == 3, "few has not gone on")
        self.assertIn("no stage is called 'nowhere'", (self.home / "log.txt").read_text())
        self.assertIn("distil.py", self.calls()[-1])

    def test_a_killed_one_is_not_running_and_starts_again(self):
        self.start("wait")
        subprocess.run(["kill", "-9", "--", f"-{(self.home / 'pid').read_text().strip()}"], check=True)
        self.until(lambda: "not running" in self.call("status"), "it is still there")
        self.start("wait")
        self.assertEqual(len(self.calls()), 2)

    def test_a_failed_stage_is_tried_again_later(self):
        self.start("3")
        self.until(lambda: "failed with status 3; again in 60 s" in (self.home / "log.txt").read_text(), "no failure")
        self.assertIn("stopped", self.call("stop"))  # also while it waits
        self.assertEqual(len(self.calls()), 1)


if __name__ == "__main__":
    unittest.main()
