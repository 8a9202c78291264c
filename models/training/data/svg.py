"""Edits of SVG drawings: another frame, outlines, white fills. Text in, text out; the drawings are those of `iconify.py`."""
import re
from xml.etree import ElementTree

NAMESPACE = "http://www.w3.org/2000/svg"
SHAPES = frozenset(f"{{{NAMESPACE}}}{name}" for name in ("path", "circle", "ellipse", "rect", "polygon", "polyline", "line"))
UNSEEN = frozenset(f"{{{NAMESPACE}}}{name}" for name in ("defs", "clipPath", "mask", "pattern", "linearGradient", "radialGradient", "filter"))
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
    """Every filled shape with an outline of `width`, in the drawing's units. Shapes without fill keep their own stroke."""
    root = ElementTree.fromstring(svg)

    def walk(element, fill):
        fill = element.get("fill", fill)
        if element.tag in SHAPES and fill == "none" and not element.get("stroke"):
            element.set("stroke", "none")
        for child in element:
            if child.tag not in UNSEEN:
                walk(child, fill)
    walk(root, "black")
    for key, value in {"stroke": ink, "stroke-width": f"{width:.4g}", "stroke-linejoin": "round", "stroke-linecap": "round"}.items():
        root.set(key, value)
    return ElementTree.tostring(root, encoding="unicode")


def whitened(svg, ink):
    """All fills white and opaque, all strokes in the ink."""
    root = ElementTree.fromstring(svg)
    root.set("fill", root.get("fill", "#fff"))
    for element in root.iter():
        if element.get("fill", "none") != "none":
            element.set("fill", "#fff")
        if element.get("stroke", "none") != "none":
            element.set("stroke", ink)
        if element.get("stop-color"):
            element.set("stop-color", "#fff")
    return ElementTree.tostring(root, encoding="unicode")
