"""Prints how far a nursery is:  python trainer/status.py HOME CURRICULUM"""
import json
import sys
import time
from pathlib import Path


def last(path):
    """The last line of a file of JSON lines, or {}."""
    lines = path.read_text().splitlines() if path.exists() else []
    return json.loads(lines[-1]) if lines else {}


def lines(home, curriculum):
    """A line for the stage, for the run that it trains, for the last exam and for the last sheet."""
    name = json.loads((home / "stage.json").read_text())["name"]
    stage = next((row for row in json.loads(Path(curriculum).read_text()) if row["name"] == name), {"about": "of another curriculum", "task": "draw", "until": {}})
    until = ", ".join(f"{key} {value}" for key, value in stage["until"].items()) or "further notice"
    yield f"stage {name}: {stage['about']} Until {until}."
    run = home / {"draw": "run", "decay": "branch", "distil": "branch/few", "upscale": "upscaler"}[stage["task"]]
    log, exam = last(run / "log.jsonl"), last(run / "exam.jsonl")
    if log:
        yield ", ".join(f"{key} {value}" for key, value in log.items()) + f"; {log.get('seconds', 0) / 3600:.1f} hours"
    if exam:
        yield "exam: " + json.dumps(exam.get(exam.get("better"), exam))
    sheets = sorted(run.glob("sheet*.png"), key=lambda path: path.stat().st_mtime)
    if sheets:
        minutes = (time.time() - sheets[-1].stat().st_mtime) / 60
        yield f"{sheets[-1]} ({minutes:.0f} minutes old)"


if __name__ == "__main__":
    print("\n".join(lines(Path(sys.argv[1]), sys.argv[2])))
