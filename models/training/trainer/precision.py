"""Where bf16 is the faster arithmetic, and where it is not."""
import torch


def has_fast_bf16(where):
    """GPUs, and processors with products of it (2.4 times as fast as f32 on an EPYC of 2023). Elsewhere they are
    imitated, a hundred times as slow."""
    return where.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()


def half(where):
    """The forward pass in bf16 where that is the faster."""
    return torch.autocast(where.type, torch.bfloat16, enabled=has_fast_bf16(where))
