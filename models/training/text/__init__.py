"""From words to features: the tokenizer, the text encoder and how it is taught."""
from text.encoder import TextEncoder
from text.tokenizer import Tokenizer

__all__ = ["TextEncoder", "Tokenizer"]
