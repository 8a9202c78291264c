"""Evaluation that cannot be fooled: judges trained on real renders, fixed prompts, pictures made by the shipped engine."""
