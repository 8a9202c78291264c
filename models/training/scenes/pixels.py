"""Renders batches to premultiplied RGBA on any device, without a loop over the pictures.

All sprites are on the device, with smaller copies (mip levels). A batch's layers are grouped by depth, by the level that
suits their size and by the size of the window that they touch. Each group is sampled and composited at once.
"""
import torch
import torch.nn.functional as F

from scenes import ground_pixels, lettering as lettering_module
from scenes.batch import LETTER, SHADOW, SUBJECT
from scenes.recolour import IDENTITY

LEVELS = 4  # mip levels of a sprite, each half the side of the previous one
SHARPNESS = 0.4  # a level is used until it is this many octaves larger than its place
WINDOWS = (0.25, 0.5, 0.75, 1.0)  # window sides as shares of the picture
MARGIN = 2  # pixels around a sprite's visible part, for the bicubic filter
VISIBLE = 2  # of 255


class Bank:
    """Sprites on a device: drawings, then shadow, carriers and glyphs."""

    def __init__(self, drawings, lettering=None, device="cpu"):
        """drawings: premultiplied uint8 [N, 4, S, S], array or tensor; lettering: the world's."""
        drawings = torch.as_tensor(drawings)
        extra = torch.from_numpy((lettering or lettering_module.default()).sprites(drawings.shape[-1]))
        self.side, self.device = drawings.shape[-1], torch.device(device)
        self.levels = [torch.cat([drawings.to(self.device), extra.to(self.device)])]
        while len(self.levels) < LEVELS and self.levels[-1].shape[-1] >= 16:
            self.levels.append(torch.cat([F.avg_pool2d(part.float(), 2).round().to(torch.uint8)
                                          for part in self.levels[-1].split(1024)]))
        self.reach = torch.cat([_reach(part) for part in self.levels[0].split(1024)]).cpu()

    def __len__(self):
        return len(self.levels[0])


def _reach(sprites):
    """Largest distance of visible pixels from the middle, as shares of the side: float [n, 2] (across, down)."""
    side = sprites.shape[-1]
    away = ((torch.arange(side, device=sprites.device) + 0.5) / side - 0.5).abs() + 0.5 / side
    visible = sprites[:, 3] > VISIBLE
    return torch.stack([(visible.any(1) * away).amax(1), (visible.any(2) * away).amax(1)], 1)


def render(bank, batch, height, width):
    """A batch's pictures, premultiplied float [B, 4, height, width] in [0, 1], on the bank's device."""
    ground = batch.ground.to(bank.device, non_blocking=True)
    canvas = ground_pixels.draw(ground, batch.ground, height, width, bank.device)
    return _lay(bank, batch, canvas, (SUBJECT, SHADOW, LETTER))


def render_mask(bank, batch, height, width):
    """Opacity of subjects and letters, without ground and shadows: float [B, 1, height, width]."""
    canvas = torch.zeros(len(batch), 4, height, width, device=bank.device)
    return _lay(bank, batch, canvas, (SUBJECT, LETTER))[:, 3:]


def _lay(bank, batch, canvas, parts):
    """Composites the layers of the given parts over a canvas [B, 4, H, W] and returns it."""
    count, _, height, width = canvas.shape
    chosen = torch.isin(batch.part, torch.tensor(parts, dtype=batch.part.dtype)).nonzero().flatten()
    if not len(chosen):
        return canvas
    keys, order, corner, level, window = _plan(bank, batch, chosen, height, width)
    device = bank.device
    send = lambda tensor: tensor.to(device, non_blocking=True)
    coloured = (batch.colour[order] != torch.tensor(IDENTITY)).any(1)
    colour, picture, sprite = batch.colour[order].view(-1, 3, 3), send(batch.picture[order].long()), send(batch.sprite[order].long())
    theta, corner = send(_sampling(batch.place[order], min(height, width))), send(corner)
    bounds = [0, *((keys[1:] != keys[:-1]).nonzero().flatten() + 1).tolist(), len(keys)]
    for start, end in zip(bounds, bounds[1:]):
        group = slice(start, end)
        high, wide = (_extent(WINDOWS[window[start]], size) for size in (height, width))
        y = corner[group, 1, None] + torch.arange(high, device=device)  # [n, h], whole pixels
        x = corner[group, 0, None] + torch.arange(wide, device=device)
        across = (x + 0.5 - width / 2)[:, None, :, None] * theta[group, None, None, :, 0]
        down = (y + 0.5 - height / 2)[:, :, None, None] * theta[group, None, None, :, 1] + theta[group, None, None, :, 2]
        layer = bank.levels[level[start]][sprite[group]].float().div_(255)
        layer = F.grid_sample(layer, across + down, mode="bicubic", align_corners=False).clamp_(0, 1)
        changed = coloured[group].nonzero().flatten()
        if len(changed):
            matrix, changed = send(colour[group][changed]), send(changed)
            layer[changed, :3] = torch.einsum("nij,njhw->nihw", matrix, layer[changed, :3])
        layer[:, :3] = layer[:, :3].clamp(min=0).minimum(layer[:, 3:])
        if (high, wide) == (height, width):
            canvas[picture[group]] = layer.addcmul_(canvas[picture[group]], 1 - layer[:, 3:])
        else:
            place = picture[group, None, None], slice(None), y[:, :, None], x[:, None, :]
            layer = layer.permute(0, 2, 3, 1)
            canvas[place] = layer + canvas[place] * (1 - layer[..., 3:])
    return canvas


def _extent(share, size):
    return min(int(size * share + 0.999), size)


def _plan(bank, batch, chosen, height, width):
    """The drawing order of the layers, by groups of equal key, and each layer's window corner, level and window size."""
    x, y, scale, _, turn = batch.place[chosen].unbind(1)
    shorter = min(height, width)
    reach = bank.reach[batch.sprite[chosen].long()]
    cos, sin = turn.cos().abs(), turn.sin().abs()
    half_wide = (reach[:, 0] * cos + reach[:, 1] * sin) * scale * shorter + MARGIN
    half_high = (reach[:, 0] * sin + reach[:, 1] * cos) * scale * shorter + MARGIN
    cx, cy = x * shorter + width / 2, y * shorter + height / 2
    left, right = (cx - half_wide).floor().clamp(0, width), (cx + half_wide).ceil().clamp(0, width)
    top, bottom = (cy - half_high).floor().clamp(0, height), (cy + half_high).ceil().clamp(0, height)
    windows_wide = torch.tensor([_extent(share, width) for share in WINDOWS])
    windows_high = torch.tensor([_extent(share, height) for share in WINDOWS])
    window = torch.maximum(torch.searchsorted(windows_wide, (right - left).long()),
                           torch.searchsorted(windows_high, (bottom - top).long()))
    level = (torch.log2(bank.side / (scale * shorter)) + SHARPNESS).floor().clamp(0, len(bank.levels) - 1).long()
    keys = (batch.slot[chosen].long() * LEVELS + level) * len(WINDOWS) + window
    keys, sorting = keys.sort(stable=True)
    left = torch.minimum(left.long(), width - windows_wide[window])
    top = torch.minimum(top.long(), height - windows_high[window])
    corner = torch.stack([left, top], 1)[sorting]
    return keys, chosen[sorting], corner, level[sorting].tolist(), window[sorting].tolist()


def _sampling(place, shorter):
    """[L, 2, 3]: maps pixels, from the picture's middle, to the sprite's coordinates [-1, 1] of grid_sample."""
    x, y, scale, flip, turn = place.unbind(1)
    cos, sin, per_pixel = turn.cos() * 2 / scale, turn.sin() * 2 / scale, 1 / shorter
    across = torch.stack([flip * cos * per_pixel, flip * sin * per_pixel, -flip * (cos * x + sin * y)], 1)
    down = torch.stack([-sin * per_pixel, cos * per_pixel, sin * x - cos * y], 1)
    return torch.stack([across, down], 1)
