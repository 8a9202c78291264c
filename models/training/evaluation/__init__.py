"""Evaluation: classifiers (judges) trained on real renders, fixed prompts, pictures from the shipped engine."""
