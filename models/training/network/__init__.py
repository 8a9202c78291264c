"""The engine's MM-JiT in PyTorch: network, sampler, editing conditions, quantized weights, export."""
from network.mmjit import MmJit
from network.sampling import sample, time_grid

__all__ = ["MmJit", "sample", "time_grid"]
