"""Opens the world of a preset's drawings."""
from data import drawings, looks, raster
from data import words as names_by_hand
from scenes.pixels import Sprites
from scenes.world import World


def choose(config, data=None):
    """A preset's rows, one per subject and look, from the given drawings.jsonl.xz or that of build/data. All looks are chosen,
    whichever the preset draws, so that the stages of a curriculum share one cache.

    Preset, "data": subjects, null or "everyday"; limit, about how many subjects, for trials.
    """
    choice = config["data"]
    rows = looks.choose(drawings.load(data, subjects=names_by_hand.everyday() if choice.get("subjects") == "everyday" else None))
    if choice.get("limit"):
        subjects = sorted({row["subject"] for row in rows})
        few = set(subjects[:: max(1, len(subjects) // choice["limit"])])
        rows = [row for row in rows if row["subject"] in few]
    return rows


def open_world(config, data, cache, workers):
    """(World, Sprites) of a preset; `cache` is a folder for the pixels."""
    rows, pixels = raster.rasterize(choose(config, data), config["picture"]["side"], workers, cache)
    return World(rows, config["scenes"]), Sprites.of(rows, pixels)
