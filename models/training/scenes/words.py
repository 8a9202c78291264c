"""Words and their meaning: colours, looks, sizes, numbers."""
# sRGB 0…255. Facts and held-out combinations use these names; captions use any of COLOUR_WORDS.
COLOURS = {
    "white": (255, 255, 255), "black": (20, 20, 24), "gray": (150, 155, 165), "light gray": (222, 225, 230),
    "dark gray": (72, 76, 86), "red": (222, 60, 58), "maroon": (122, 30, 44), "coral": (250, 128, 112),
    "orange": (244, 148, 52), "peach": (252, 205, 172), "gold": (224, 172, 50), "yellow": (250, 214, 80),
    "cream": (252, 244, 218), "beige": (236, 220, 192), "brown": (128, 90, 60), "lime": (170, 215, 80),
    "green": (66, 168, 88), "dark green": (26, 92, 62), "light green": (176, 226, 166), "mint": (188, 238, 214),
    "teal": (30, 150, 155), "turquoise": (84, 206, 204), "sky blue": (150, 205, 250), "blue": (58, 118, 228),
    "navy": (24, 40, 92), "purple": (138, 80, 200), "lavender": (208, 194, 242), "magenta": (216, 62, 146),
    "pink": (246, 152, 190), "light pink": (252, 214, 226),
}
COLOUR_NAMES = tuple(COLOURS)
COLOUR_WORDS = {name: (name,) for name in COLOURS} | {
    "gray": ("gray", "grey"), "light gray": ("light gray", "light grey"), "dark gray": ("dark gray", "dark grey", "charcoal"),
    "maroon": ("maroon", "dark red"), "gold": ("gold", "golden"), "cream": ("cream", "ivory"),
    "lime": ("lime", "lime green"), "mint": ("mint", "mint green"), "turquoise": ("turquoise", "cyan"),
    "sky blue": ("sky blue", "light blue"), "navy": ("navy", "navy blue", "dark blue"),
    "lavender": ("lavender", "lilac", "light purple"), "magenta": ("magenta", "hot pink"),
    "purple": ("purple", "purple", "violet"),
}
# Weights of plain background colours: the more often people ask for one, the larger.
GROUND_COLOURS = ("white",) * 5 + ("black",) * 2 + ("blue", "red", "yellow", "green", "pink", "orange", "purple",
                                                     "sky blue", "gray") * 2 + COLOUR_NAMES
# Pairs of colours for gradients, from the first to the second.
GRADIENTS = (("orange", "pink"), ("sky blue", "lavender"), ("blue", "purple"), ("teal", "mint"), ("yellow", "orange"),
             ("pink", "lavender"), ("navy", "purple"), ("sky blue", "white"), ("mint", "sky blue"), ("peach", "pink"),
             ("coral", "yellow"), ("purple", "pink"), ("blue", "turquoise"), ("green", "lime"), ("navy", "blue"),
             ("magenta", "orange"), ("lavender", "peach"), ("light pink", "sky blue"), ("dark gray", "black"),
             ("turquoise", "sky blue"), ("cream", "peach"), ("red", "orange"), ("purple", "navy"), ("teal", "navy"),
             ("light green", "turquoise"), ("white", "light gray"), ("maroon", "coral"), ("gold", "cream"))
# Patterns: (ground, figure).
PATTERNS = (("pink", "white"), ("light pink", "white"), ("sky blue", "white"), ("mint", "white"), ("yellow", "white"),
            ("lavender", "white"), ("beige", "white"), ("peach", "white"), ("light green", "white"), ("white", "light gray"),
            ("white", "pink"), ("white", "sky blue"), ("cream", "gold"), ("cream", "coral"), ("light pink", "coral"),
            ("lavender", "purple"), ("sky blue", "blue"), ("navy", "blue"), ("teal", "turquoise"), ("mint", "teal"),
            ("white", "red"), ("yellow", "orange"), ("gray", "light gray"), ("light gray", "white"), ("coral", "peach"),
            ("blue", "white"), ("red", "white"), ("green", "light green"), ("purple", "lavender"), ("dark gray", "gray"))

# look → (adjectives before the noun, nouns before "of …").
_LOOKS = {
    "3d": (("3d", "3d", "3d rendered", "glossy 3d"), ("3d render", "3d icon", "3d illustration", "3d emoji")),
    "flat": (("flat", "flat", "flat vector", "minimal flat"), ("flat illustration", "flat drawing", "flat design")),
    "bold": (("bold", "bold", "bold graphic"), ("bold illustration", "bold drawing")),
    "cartoon": (("cartoon", "cartoon", "soft cartoon"), ("cartoon", "cartoon drawing", "cartoon illustration")),
    "outlined": (("outlined", "outlined", "outlined cartoon"), ("outlined drawing", "outlined illustration")),
    "line": (("line art", "line"), ("line drawing", "line art drawing")),
    "hand-drawn": (("hand-drawn", "hand-drawn", "sketched"), ("hand-drawn sketch", "ink sketch", "doodle", "hand drawing")),
    "pixel": (("pixel", "pixel art", "8-bit"), ("pixel art picture", "pixel drawing")),
}


def look_words(look):
    """(adjectives, nouns) of a look."""
    return _LOOKS[look]


# Words that training does not use, for the scene room.
NUMBERS = {1: ("one", "a single"), 2: ("two", "two", "2", "a pair of"), 3: ("three", "three", "3"),
           4: ("four", "four", "4"), 5: ("five", "5"), 6: ("six", "6")}
SIZES = {"tiny": ("tiny", "very small"), "small": ("small", "little"), "large": ("big", "large", "huge")}
