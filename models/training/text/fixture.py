"""Writes the tokenizer and prompts by which the Rust reader is tested for the same ids:

    cd models/training && python3 -m text.fixture
"""
import json
from pathlib import Path

from text.name_tokens import extended
from text.tokenizer import PROMPT_MAX, WORD_MAX, Tokenizer

FOLDER = Path(__file__).parents[2] / "tests" / "fixtures" / "tokenizer"
VOCAB = 420
CORPUS = """a flat cat on a red background|three yellow stars on a black background|a 3d rocket above the moon
a cartoon dog to the left of a tree|a sign that says "HELLO"|smiling face with sunglasses|hand-drawn café, crème brûlée
two birds and a flower|transparent background|a gradient from orange to pink|the quick brown fox jumps over the lazy dog
octopus, teapot, umbrella, hourglass, strawberry, mountain, guitar, bicycle, lighthouse, penguin, butterfly
aaa aaaa aaaaa banana bananas mississippi""".replace("\n", "|").split("|")
PROMPTS = [
    "", "   \t\n ", "a flat cat", "A FLAT Cat!", "three yellow stars, 3d", "2024-11-23", "cats", "catcatcat",
    "aaaaaaaaaaa", "bananananas mississippississippi", "hand-drawn (cat)", "can't stop", "can’t stop", "x+y=z; a&b",
    'a sign that says "HELLO"', "a sign that says “Hello World”", '"a  b\u3000\tc"', '"one" and "two"', 'cat "dog',
    '"', '""', '"" cat', '"a" b" c', "„Tür“ «é»", '"日本" cat', '"🐱" "3d"', "‘quoted’ — dash – minus −1",
    "café cafe\u0301 CAFÉ", "crème brûlée", "İstanbul straße ẞ ŁÓDŹ", "ﬁne ½ ² ① Ａｂｃ ＂ａ＂", "x\u0302 q\u0307\u0323",
    "Σίσυφος", "日本語", "猫 cat 猫猫", "🐱", "🐱🐶 cat", "👩‍👩‍👧", "❤️ heart", "1️⃣", "so\u00adft zero\u200bwidth \ufeffmark",
    "tab\x1fseparated\x1cvalues\u0085next\u00a0space\u2028line", "nul\x00char", "\x7f", "_under_score_", "#hash @at $5 50%",
    "ſ ĳ ŉ ǆ Ǆ", "e\u0301", "\u0301a", "각 가", "שלום", "ʼn ′ ″", "…", "\U0001F1E9\U0001F1EA flag",
    "a" * WORD_MAX, "a" * (WORD_MAX + 1), "a" * 500 + "!" + "b" * 500, "猫" * (WORD_MAX + 1) + "a",
    '"' + "a" * 100 + '"', "cat " * 40, "1234567890" * 10, "a " * PROMPT_MAX, "é" * PROMPT_MAX, "\ufdfa " * 100,
    '"' * 51, "x" * (PROMPT_MAX - 4) + ' cat dog',
]
WIDE = ["bananas", "catcatcat", "straße", "łóź", "x" * WORD_MAX]  # whole words that are pieces, in wide.json
NAMED = {"hot air balloon": ["hot air balloon"], "hot": ["hot"], "cat": ["cat", "猫"], "jack-o-lantern": ["jack-o-lantern"],
         "1st place medal": ["1st place medal"], "café": ["café"]}  # names of named.json
NAMED_PROMPTS = [*PROMPTS, "a hot air balloon", "Hot\u00a0AIR   balloons!", "hot-air balloon", "hot air", "hot hot air balloon", "a 3d jack-o-lantern cat",
                 "JACK‑O–LANTERNS", "1st place medals, 1 s t", "catcat cat\u200b cats", '"cat" cat', '"a b" cat', "CAFE\u0301 cafés", "猫 猫猫 a猫b",
                 "cat " * 200]
WIDE_PROMPTS = [*PROMPTS, "bananas banana bananasplit", "Catcatcat", '"bananas"', "catcatcats", "STRASSE straße-łóź",
                "x" * WORD_MAX, "x" * (WORD_MAX + 1), "##a [UNK] [PAD]"]


def whole_words(file, words):
    """The text of a tokenizer's file with further words as pieces, and with `ignore_merges`."""
    state = json.loads(file)
    vocab = state["model"]["vocab"]
    vocab |= {word: len(vocab) + k for k, word in enumerate(words)}
    state["model"]["ignore_merges"] = True
    return json.dumps(state, ensure_ascii=False, separators=(",", ":")) + "\n"


def cases(tokenizer, prompts):
    lines = [json.dumps({"prompt": prompt, "ids": tokenizer.encode(prompt)}) for prompt in prompts]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def main():
    tokenizer = Tokenizer.train([(text, 1) for text in CORPUS], VOCAB)
    tokenizer.save(FOLDER / "tokenizer.json")
    (FOLDER / "cases.json").write_text(cases(tokenizer, PROMPTS))
    plain = (FOLDER / "tokenizer.json").read_text()
    (FOLDER / "wide.json").write_text(whole_words(plain, WIDE))
    (FOLDER / "wide-cases.json").write_text(cases(Tokenizer.load(FOLDER / "wide.json"), WIDE_PROMPTS))
    (FOLDER / "named.json").write_text(extended(plain, NAMED))
    (FOLDER / "named-cases.json").write_text(cases(Tokenizer.load(FOLDER / "named.json"), NAMED_PROMPTS))


if __name__ == "__main__":
    main()
