"""Blind naming: forms are complete, answers are joined rightly, and nobody is flattered."""
import json
import sys
import tempfile
import unittest
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from evaluation import blind, naming  # noqa: E402

NAMES = {"dog", "hot dog", "cat", "black cat", "ship", "spaceship", "fire engine", "fire", "rabbit", "bunny", "glasses", "wine glass", "cup", "cup of coffee", "house", "hat", "mat", "sword", "face with tongue"}


class Naming(unittest.TestCase):
    def right(self, answer, *accepted):
        return naming.counts(answer, list(accepted), NAMES)

    def test_plain_answers(self):
        for answer in ("dog", "a dog", "Dog.", "a small brown dog", "the dog with a hat", "dogs", "dog sitting on a mat", "probably a dog"):
            self.assertTrue(self.right(answer, "dog"), answer)

    def test_other_things_that_contain_the_word(self):
        self.assertFalse(self.right("hot dog", "dog"))
        self.assertFalse(self.right("a spaceship", "ship"))
        self.assertFalse(self.right("fire engine", "fire"))
        self.assertFalse(self.right("dog house", "dog"))
        self.assertFalse(self.right("something like glasses", "wine glass"))

    def test_the_first_of_several_answers_counts(self):
        self.assertTrue(self.right("rabbit or dog", "rabbit"))
        self.assertFalse(self.right("dog, maybe a rabbit", "rabbit"))
        self.assertFalse(self.right("dog / rabbit", "rabbit"))

    def test_what_a_thing_has_is_not_the_thing(self):
        self.assertFalse(self.right("a knight holding a sword", "sword"))
        self.assertFalse(self.right("a man with a hat", "hat"))
        self.assertTrue(self.right("a yellow face with tongue", "face with tongue"))
        self.assertTrue(self.right("a cup of coffee with a hat", "cup of coffee"))

    def test_no_answer_is_wrong(self):
        for answer in ("?", "", "nothing", "-", "mush"):
            self.assertFalse(self.right(answer, "dog"))

    def test_names_of_several_words(self):
        self.assertTrue(self.right("a cup of coffee", "cup of coffee"))
        self.assertTrue(self.right("cup of tea", "cup"))
        self.assertFalse(self.right("cup of coffee", "coffee pot"))


class Forms(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "blind"
        grey = lambda level: torch.cat([torch.full((3, 16, 16), level), torch.ones(1, 16, 16)])
        things = [("a dog", "dog", "natural"), ("my cat", "cat", "natural"), ("a 3d ship", "ship", "real"), ("a flat rabbit", "rabbit", "other")]
        entries = [{"picture": grey(k / 4), "prompt": prompt, "accept": [name], "kind": kind} for k, (prompt, name, kind) in enumerate(things)]
        blind.prepare(self.folder, entries, order=1)
        self.prompts = [entry["prompt"] for entry in entries]  # shuffled in place

    def fill(self, answers):
        numbers = {prompt: f"{k + 1:02}" for k, prompt in enumerate(self.prompts)}
        (self.folder / blind.FORM).write_text(blind.HEAD + "".join(f"{numbers[prompt]}: {answer}\n" for prompt, answer in answers.items()))
        return numbers

    ANSWERS = {"a dog": "dog", "my cat": "a dog", "a 3d ship": "ship", "a flat rabbit": "cat"}

    def test_prompts_cannot_be_read_from_the_folder(self):
        self.assertNotEqual(self.prompts, ["a dog", "my cat", "a 3d ship", "a flat rabbit"])
        for path in self.folder.iterdir():
            content = path.read_bytes()
            self.assertFalse(any(prompt.encode() in content for prompt in self.prompts), path.name)

    def test_an_incomplete_form_is_refused(self):
        self.fill({"a dog": "dog", "my cat": "", "a 3d ship": "ship", "a flat rabbit": "?"})
        with self.assertRaisesRegex(blind.FormError, "no answer for 0"):
            blind.score(self.folder, NAMES)

    def test_answers_are_joined_with_their_prompts(self):
        self.fill(self.ANSWERS)
        result = blind.score(self.folder, NAMES)
        self.assertEqual(result["natural"], {"right": 1, "by_rule": 1, "count": 2})
        self.assertEqual(result["real"]["right"], 1)
        self.assertEqual(len(result["others_named_like_a_prompt"]), 1)  # "cat" was asked for elsewhere
        self.assertEqual(json.loads((self.folder / "result.json").read_text())["natural"]["right"], 1)
        self.assertTrue((self.folder / "result.png").exists())
        self.assertIn("'my cat' was called 'a dog'", blind.report(result))

    def test_a_judgement_needs_a_reason_and_is_counted_apart(self):
        numbers = self.fill(self.ANSWERS)
        (self.folder / blind.JUDGEMENTS).write_text(f"{numbers['my cat']} yes\n")
        with self.assertRaisesRegex(blind.FormError, "reason"):
            blind.score(self.folder, NAMES)
        (self.folder / blind.JUDGEMENTS).write_text(f"{numbers['my cat']} yes it has the ears of both\n")
        result = blind.score(self.folder, NAMES)
        self.assertEqual((result["natural"]["right"], result["natural"]["by_rule"]), (2, 1))

    def test_a_judgement_of_an_unknown_number_is_refused(self):
        self.fill(self.ANSWERS)
        (self.folder / blind.JUDGEMENTS).write_text("77 yes I meant another\n")
        with self.assertRaisesRegex(blind.FormError, "77"):
            blind.score(self.folder, NAMES)

    def test_a_second_preparation_does_not_overwrite_answers(self):
        with self.assertRaisesRegex(blind.FormError, "another folder"):
            blind.prepare(self.folder, [])


if __name__ == "__main__":
    unittest.main()
