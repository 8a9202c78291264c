"""Drawings, words and fonts of training: what is taken from which set, under which names, and its pixels."""
