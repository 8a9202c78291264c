"""Reads icon packages in Iconify's format and makes each drawing a self-contained, compact SVG."""
import json
import re
from dataclasses import dataclass
from pathlib import Path

MAX_SVG_BYTES = 120_000  # a few drawings with thousands of gradients would outweigh the rest
INK = "#1a1a1a"  # replaces "currentColor": such drawings are black by design
ANIMATION = re.compile(r"<(animate\w*|set)\b[^>]*?(/>|>.*?</\1>)", re.S)
# parts that an animation would show later are made visible: drops below a cloud, dashes along a line
HIDDEN_AT_FIRST = re.compile(r' opacity="0"(?=>(?:<animateTransform[^>]*/>)*<animate [^>]*attributeName="opacity")')
RUNNING_DASHES = re.compile(r' stroke-dasharray="[^"]*"(?=[^>]*><animate attributeName="stroke-dashoffset")')
PATH_DATA = re.compile(r'(?<=\sd=")[^"]+')
LONG_FRACTION = re.compile(r"(\.\d{3})\d+(?!\d*[eE])")


@dataclass(frozen=True)
class Icon:
    set: str
    name: str
    svg: str


def package_folder(node_modules, package):
    return Path(node_modules) / package


def read_json(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def licence_of(folder):
    """The SPDX identifier in the package, for comparison with the pinned one."""
    return read_json(folder / "info.json")["license"].get("spdx")


def characters(folder):
    """{hexcode: icon name}; empty if the set has no such table."""
    path = folder / "chars.json"
    return read_json(path) if path.exists() else {}


def compact(body):
    """The drawing without animation and with path coordinates truncated to three decimals.

    Truncated, not rounded: in SVG "1.9996.5" is two numbers, and rounding the first to "2" would join them.
    """
    body = ANIMATION.sub("", RUNNING_DASHES.sub("", HIDDEN_AT_FIRST.sub("", body))).replace("currentColor", INK)
    body = PATH_DATA.sub(lambda data: LONG_FRACTION.sub(r"\1", data[0]), body)
    return re.sub(r">\s+<", "><", body)


def icons(set_name, folder):
    """All drawings of a package as complete SVGs, ordered by name."""
    package = read_json(folder / "icons.json")
    for name, icon in sorted(package["icons"].items()):
        width, height = (icon.get(side, package.get(side, 16)) for side in ("width", "height"))
        view = f'{icon.get("left", package.get("left", 0))} {icon.get("top", package.get("top", 0))} {width} {height}'
        body = compact(icon["body"])
        link = ' xmlns:xlink="http://www.w3.org/1999/xlink"' if "xlink:" in body else ""
        yield Icon(set_name, name, f'<svg xmlns="http://www.w3.org/2000/svg"{link} viewBox="{view}">{body}</svg>')
