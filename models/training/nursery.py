"""The process that nursery.sh keeps in the background: runs the stages of the curriculum, one after the other.

    python nursery.py HOME [option of train.py …]

SIGTERM stops it: the stage saves first. A stage that fails is tried again, after a pause that doubles. HOME/advance, a file
with a stage's name or nothing, ends the present stage early when the stage is stopped (`nursery.sh advance`).
"""
import signal
import subprocess
import sys
import time
from pathlib import Path

from trainer.curriculum import STOPPED, Place, command, load

HERE = Path(__file__).parent
PAUSE_MIN, PAUSE_MAX = 30, 1800  # seconds before a failed stage is tried again


class Nursery:
    def __init__(self, home, options):
        self.home, self.options, self.child, self.stopped = Path(home), options, None, False
        self.place = Place(home, load(HERE / "curriculum.json"))

    def stop(self, *_):
        self.stopped = True
        if self.child:
            self.child.terminate()

    def run(self):
        signal.signal(signal.SIGTERM, self.stop)
        pause = PAUSE_MIN
        while not self.stopped:
            stage = self.place.stage
            print(f"stage {stage.name}: {stage.about}", flush=True)
            begin = time.time()
            self.child = subprocess.Popen([sys.executable, "-u", *command(self.place, self.options)], cwd=HERE)
            if self.stopped:  # the signal came before the child existed
                self.child.terminate()
            status = self.child.wait()
            self.child = None
            request = self.home / "advance"
            if request.exists():
                name = request.read_text().strip()
                request.unlink()
                self.stopped = False
                try:
                    self.place.advance(name or None)
                except LookupError as error:
                    print(error, flush=True)
            elif status == 0:
                if not self.stopped:
                    self.place.advance()
            elif status != STOPPED and not self.stopped:
                pause = PAUSE_MIN if time.time() - begin > PAUSE_MAX else min(2 * pause, PAUSE_MAX)
                print(f"stage {stage.name} failed with status {status}; again in {pause} s", flush=True)
                self._wait(pause)

    def _wait(self, seconds):
        end = time.time() + seconds
        while time.time() < end and not self.stopped:
            time.sleep(0.5)


if __name__ == "__main__":
    Nursery(sys.argv[1], sys.argv[2:]).run()
