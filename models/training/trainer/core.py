"""The parts of a network that take the time, as fast as this machine computes them."""
import torch

from trainer import native


class Core:
    """`encode(tokens)` and `picture(image, condition, txt)` of a network: by the C++ blocks on processors that they are made
    for (see `native`). Everything else is compiled by torch, which takes a minute, or plain if `compiled` is false. Both have
    gradients; those of a picture must be taken before the next one is computed with gradients or without."""

    def __init__(self, net, compiled=True):
        self.net = net
        self.text = native.Blocks(net.txt_preamble_blocks, text_ends=False)
        self.joint = native.Blocks(net.double_blocks, text_ends=True)
        self.native = next(net.parameters()).device.type == "cpu" and native.available()
        compile_ = (lambda f: torch.compile(f, dynamic=False)) if compiled else (lambda f: f)
        self.core, self.encoder = compile_(net.core), compile_(net.encode_text)
        self.begin, self.end = compile_(self._begin), compile_(self._end)

    def encode(self, tokens):
        if not (self.native and self.text.suits(tokens.shape[1])):
            return self.encoder(tokens)
        net, angles = self.net, self.net.tables(1, 1, tokens.shape[1], tokens.device)[2]
        txt = torch.where((tokens > 0)[..., None], net.txt_embedder(tokens), net.mask_token)
        return self.text([txt], angles)[0]

    def picture(self, image, condition, txt):
        patches = image.shape[2] // self.net.patch * (image.shape[3] // self.net.patch)
        suits = self.native and self.joint.suits(patches, txt.shape[1])
        return self.net.picture(image, condition, txt, self._native if suits else self.core)

    def _native(self, patches, txt, place, angles):
        return self.end(self.joint([txt, self.begin(patches, place)], angles))

    def _begin(self, patches, place):
        return self.net.img_embedder(patches) + place

    def _end(self, img):
        return self.net.final_layer(img)
