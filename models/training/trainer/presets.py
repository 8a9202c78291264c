"""Presets: sizes, data and schedules of a model."""
import json
import os
from pathlib import Path

HERE = Path(__file__).parents[1]


def preset(name):
    return json.loads((HERE / "presets" / f"{name}.json").read_text())


def changed(config, changes):
    """A preset with some values replaced: section → key → value."""
    return config | {section: config[section] | values for section, values in changes.items()}


def cpus():
    return len(os.sched_getaffinity(0))
