"""Sheets for visual inspection: input, each way to enlarge, and the vector render, on a light and on a dark ground."""
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont

from upscaler.objective import over

LIGHT, DARK = 0.93, 0.12
GAP, HEAD = 6, 18
DETAIL = 288  # side of the detail of a large picture


def once(path, held, ways, count=12):
    """The first `count` drawings, cleaned inputs, at 256²: light and dark grounds in turn."""
    rows = []
    for k in range(count):
        small, truth = held.input(k, "cleaned"), held.truth(k, 1)
        rows.append([enlarged_pixels(small, 4), *(enlarge(small) for enlarge in ways.values()), truth])
    draw(path, ["input", *ways, "render"], rows)


def twice(path, held, ways, count=4):
    """Details of the first drawings at 1024², around the steepest place."""
    rows = []
    for k in range(count):
        small, truth = held.input(k, "cleaned"), held.truth(k, 2)
        top, left = busiest(truth)
        cut = lambda picture: picture[:, top : top + DETAIL, left : left + DETAIL]
        rows.append([cut(enlarged_pixels(small, 16)), *(cut(enlarge(enlarge(small))) for enlarge in ways.values()), cut(truth)])
    draw(path, ["input", *ways, "render"], rows)


def enlarged_pixels(picture, times):
    return picture.repeat_interleave(times, 1).repeat_interleave(times, 2)


def busiest(picture):
    """Corner of the DETAIL² square with the largest sum of slopes."""
    grey = over(picture[None], 0.5).mean(1, keepdim=True)
    slopes = F.pad(grey.diff(dim=-1).abs(), (0, 1)) + F.pad(grey.diff(dim=-2).abs(), (0, 0, 0, 1))
    sums = F.avg_pool2d(slopes, DETAIL, 16)[0, 0]
    at = int(sums.argmax())
    return at // sums.shape[1] * 16, at % sums.shape[1] * 16


def draw(path, titles, rows):
    side = rows[0][0].shape[-1] + GAP
    page = Image.new("RGB", (len(titles) * side + GAP, len(rows) * side + HEAD), "white")
    pen = ImageDraw.Draw(page)
    for column, title in enumerate(titles):
        pen.text((GAP + column * side, 3), title, fill="black", font=ImageFont.load_default(size=12))
        for row, pictures in enumerate(rows):
            rgb = over(pictures[column][None], LIGHT if row % 2 == 0 else DARK)[0].clamp(0, 1)
            image = Image.fromarray((rgb.permute(1, 2, 0) * 255 + 0.5).to(torch.uint8).numpy())
            page.paste(image, (GAP + column * side, HEAD + row * side))
    page.save(path)
