"""The tokenizer, the text encoder, and its training."""
from text.encoder import TextEncoder
from text.tokenizer import Tokenizer

__all__ = ["TextEncoder", "Tokenizer"]
