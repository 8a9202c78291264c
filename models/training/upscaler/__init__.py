"""The upscaler: a compact convolutional network on premultiplied RGBA, its data, training and comparison."""
from upscaler.srvgg import Srvgg, finish

__all__ = ["Srvgg", "finish"]
