"""Fonts for lettering: free web fonts reduced to the characters that captions use, as TrueType."""
from pathlib import Path

CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;!?'\"&+-=#%@/()"


def convert(source, target):
    """Converts a woff2 file to a small ttf. The bytes depend on the input alone.

    Only copyright and licence remain in the name table: a modified font must not have a reserved name.
    """
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options()
    options.layout_features = ["kern"]
    options.hinting = False
    options.name_IDs = [0, 13, 14]
    options.notdef_outline = True
    font = TTFont(source, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(text=CHARACTERS)
    cutter.subset(font)
    font.flavor = None
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".part")
    font.save(partial)
    partial.replace(target)


def missing(path):
    """Characters of CHARACTERS that a converted font cannot draw."""
    from fontTools.ttLib import TTFont
    drawn = TTFont(path).getBestCmap()
    return "".join(character for character in CHARACTERS if ord(character) not in drawn)


def convert_all(fonts, node_modules, folder):
    """Converts all pinned fonts into `folder` and removes fonts that are no longer pinned."""
    folder = Path(folder)
    wanted = {f"{entry['name']}.ttf" for entry in fonts}
    for stale in folder.glob("*.ttf"):
        if stale.name not in wanted:
            stale.unlink()
    for entry in fonts:
        target = folder / f"{entry['name']}.ttf"
        convert(Path(node_modules) / entry["package"] / entry["file"], target)
        if missing(target):
            raise ValueError(f"{entry['package']} lacks {missing(target)!r}")
    return sorted(folder / name for name in wanted)
