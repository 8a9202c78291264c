"""Edits of SVG drawings: another frame, outlines, white fills. Text in, text out; the drawings are those of `iconify.py`."""
import re
from xml.etree import ElementTree

NAMESPACE = "http://www.w3.org/2000/svg"
SHAPES = frozenset(f"{{{NAMESPACE}}}{name}" for name in ("path", "circle", "ellipse", "rect", "polygon", "polyline", "line"))
UNSEEN = frozenset(f"{{{NAMESPACE}}}{name}" for name in ("defs", "clipPath", "mask", "pattern", "linearGradient", "radialGradient", "filter"))
FEATURE, DARK = 8, 100  # of shapes like eyes: largest size in widths of an outline, largest brightness of 255
_NUMBER = re.compile(r"[-+]?(?:\d*\.\d+|\d+)(?:[eE][-+]?\d+)?")
_COMMAND = re.compile(r"([MmLlHhVvCcSsQqTtAaZz])([^MmLlHhVvCcSsQqTtAaZz]*)")
_ARC = re.compile(rf"((?:{_NUMBER.pattern}[\s,]*){{3}})([01])[\s,]*([01])")
_PARAMETERS = {"H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "A": 7}  # numbers of a path's command; else two
ElementTree.register_namespace("", NAMESPACE)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


def view_box(svg):
    """(left, top, width, height)."""
    return tuple(map(float, re.search(r'viewBox="([^"]*)"', svg)[1].replace(",", " ").split()))


def framed(svg, frame, clipped=True):
    """The drawing seen through a square frame (left, top, side) in its own units; clipped: what lies outside its view box
    stays invisible."""
    left, top, width, height = view_box(svg)
    inner = svg.replace("<svg", f'<svg x="{left}" y="{top}" width="{width}" height="{height}" overflow="{"hidden" if clipped else "visible"}"', 1)
    return f'<svg xmlns="{NAMESPACE}" viewBox="{frame[0]} {frame[1]} {frame[2]} {frame[2]}">{inner}</svg>'


def outlined(svg, width, ink):
    """Every filled shape with an outline of `width`, in the drawing's units. Shapes without fill keep their own stroke; features,
    such as eyes, get none, since they would become blots."""
    root = ElementTree.fromstring(svg)

    def walk(element, fill):
        fill = element.get("fill", fill)
        if element.tag in SHAPES and not element.get("stroke") and (fill == "none" or is_feature(element, fill, FEATURE * width)):
            element.set("stroke", "none")
        for child in element:
            if child.tag not in UNSEEN:
                walk(child, fill)
    walk(root, "black")
    for key, value in {"stroke": ink, "stroke-width": f"{width:.4g}", "stroke-linejoin": "round", "stroke-linecap": "round"}.items():
        root.set(key, value)
    return ElementTree.tostring(root, encoding="unicode")


def is_feature(element, fill, size):
    """Whether a shape is small and dark."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", fill):
        return fill == "black" and extent(element) < size
    red, green, blue = (int(fill[k:k + 2], 16) for k in (1, 3, 5))
    return 0.3 * red + 0.59 * green + 0.11 * blue < DARK and extent(element) < size


def extent(element):
    """About the longer side of a shape: that of its end and control points."""
    number = lambda key: float(element.get(key, 0))
    kind = element.tag.rpartition("}")[2]
    if kind in ("circle", "ellipse"):
        return 2 * max(number("r"), number("rx"), number("ry"))
    if kind == "rect":
        return max(number("width"), number("height"))
    if kind != "path":
        return float("inf")
    x, y = zip(*_points(element.get("d", "M0 0")))
    return max(max(x) - min(x), max(y) - min(y))


def _points(data):
    """End and control points of path data."""
    x = y = start_x = start_y = 0.0
    for command, text in _COMMAND.findall(data):
        kind, relative = command.upper(), command.islower()
        if kind == "A":  # flags may be written without space
            text = _ARC.sub(r"\1 \2 \3 ", text)
        values, step = [float(value) for value in _NUMBER.findall(text)], _PARAMETERS.get(kind, 2)
        if kind == "Z":
            x, y = start_x, start_y
        for k in range(0, len(values) - step + 1, step):
            part, left, top = values[k:k + step], x * relative, y * relative
            if kind == "A":
                part = part[5:]
            if kind in "HV":
                x, y = (left + part[0], y) if kind == "H" else (x, top + part[0])
                yield x, y
                continue
            yield from (points := [(left + part[i], top + part[i + 1]) for i in range(0, len(part), 2)])
            x, y = points[-1]
            if kind == "M" and k == 0:
                start_x, start_y = x, y


def whitened(svg, ink, feature):
    """All fills white, all strokes, and features smaller than `feature`, in the ink."""
    root = ElementTree.fromstring(svg)
    root.set("fill", root.get("fill", "#fff"))
    for element in root.iter():
        if (fill := element.get("fill", "none")) != "none":
            element.set("fill", ink if element.tag in SHAPES and is_feature(element, fill, feature) else "#fff")
        if element.get("stroke", "none") != "none":
            element.set("stroke", ink)
        if element.get("stop-color"):
            element.set("stop-color", "#fff")
    return ElementTree.tostring(root, encoding="unicode")
