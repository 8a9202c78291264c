"""Rows in which counted things stand, for the scene room: count → the sizes of rows, alternatives in order."""

ROWS = {1: ((1,),), 2: ((2,), (1, 1)), 3: ((3,), (1, 2), (2, 1), (1, 1, 1)), 4: ((4,), (2, 2), (1, 1, 1, 1)),
        5: ((5,), (2, 3), (3, 2), (2, 1, 2), (1, 1, 1, 1, 1)), 6: ((6,), (3, 3), (2, 2, 2), (1,) * 6)}
