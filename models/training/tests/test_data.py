"""Labels, filters, weights, synonyms and rasters, on a few drawings and invented names, without network or packages."""
import json
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from data import drawings, fetch, iconify, raster, weights, words  # noqa: E402
from data.emoji import Lexicon, key  # noqa: E402
from data.filters import Filter  # noqa: E402
from data.iconify import Icon  # noqa: E402
from data.subjects import Described, Subjects, clean  # noqa: E402

PATH = HERE / "fixtures" / "drawings.jsonl"


def emojibase(folder):
    """A tiny emojibase with entries for every rule of the look-up."""
    entries = [
        ("cat", "1F408", 3, "animal-mammal", []), ("cat face", "1F431", 3, "animal-mammal", []),
        ("automobile", "1F697", 5, "transport-ground", []), ("red apple", "1F34E", 4, "food-fruit", []),
        ("computer mouse", "1F5B1", 7, "computer", []), ("mouse", "1F401", 3, "animal-mammal", []),
        ("flag: France", "1F1EB-1F1F7", 9, "country-flag", []), ("ten o’clock", "1F559", 5, "time", []),
        ("one o’clock", "1F550", 5, "time", []), ("large orange diamond", "1F536", 8, "geometric", []),
        ("waving hand", "1F44B", 1, "hand-fingers-open", [1, 5]), ("face with steam from nose", "1F624", 0, "face-negative", [])]
    subgroups = sorted({entry[3] for entry in entries})
    data = [{"label": label, "hexcode": code, "group": group, "subgroup": subgroups.index(subgroup), "tags": [], "order": order,
             "skins": [{"hexcode": f"{code}-1F3F{'BCDEF'[tone - 1]}", "tone": tone} for tone in tones]}
            for order, (label, code, group, subgroup, tones) in enumerate(entries)]
    files = {"en/data.json": data, "en/messages.json": {"subgroups": []},
             "meta/groups.json": {"subgroups": {str(i): name for i, name in enumerate(subgroups)}},
             "meta/unicode-names.json": {"1F697": "AUTOMOBILE", "1F431": "CAT FACE"}}
    files |= {f"en/shortcodes/{name}.json": {} for name in ("cldr", "joypixels", "iamcal")}
    files["en/shortcodes/emojibase.json"] = {"1F697": ["car", "red_car"]}
    files["en/shortcodes/github.json"] = {"1F431": "cat"}
    for name, content in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")


class Labels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        emojibase(cls.folder.name)
        cls.lexicon = Lexicon(cls.folder.name, [{"1f44b-1f3ff": "waving-hand-dark-skin-tone"}],
                              {"old": {"bunnycar": "automobile", "cat": None}, "interface": {"mouse": "computer mouse", "bug": "software bug"}})

    def label(self, name, source=None):
        match = self.lexicon.find(name, source)
        return match and match.emoji.label

    def test_spellings_of_different_sets_are_recognized(self):
        for name, label in {"cat": "cat", "cat-face": "cat face", "catface": "cat face", "car": "automobile", "cats": "cat",
                            "automobile-2": "automobile", "ten-oclock": "ten o'clock", "nonsense": None}.items():
            self.assertEqual(self.label(name), label, name)

    def test_a_label_takes_precedence_over_a_shortcode(self):
        self.assertEqual(self.label("cat"), "cat")  # GitHub's :cat: means the face

    def test_aliases_apply_to_their_set_only(self):
        self.assertEqual(self.label("bunnycar", "old"), "automobile")
        self.assertIsNone(self.label("cat", "old"))

    def test_skin_tones_are_read_from_code_points_and_names(self):
        self.assertEqual(self.lexicon.find("waving-hand-dark-skin-tone").tones, ("dark",))
        for name in ("waving-hand-medium-light", "waving-hand-tone2"):
            self.assertEqual(self.lexicon.find(name).tones, ("medium-light",), name)

    def test_interface_icons_match_things_but_not_colours(self):
        self.assertEqual(self.lexicon.find_thing("cat").emoji.label, "cat")
        self.assertEqual(self.lexicon.find_thing("mouse").emoji.label, "computer mouse")
        self.assertEqual(self.lexicon.find_thing("bug"), "software bug")
        self.assertEqual(self.lexicon.find_thing("red-apple"), "red-apple")

    def test_subjects_are_renamed_and_merged(self):
        subjects = Subjects()
        for label, subject in {"large orange diamond": "orange diamond", "ten o'clock": "clock", "man: bald": "bald man",
                               "woman: red hair": "woman with red hair", "person walking: facing right": "person walking",
                               "kiss: woman, man": "couple kissing", "family: man, girl": "family of man and girl"}.items():
            self.assertEqual(subjects.canonical(label), subject)

    def test_a_toned_drawing_keeps_its_subject(self):
        icon = Icon("noto", "waving-hand-dark-skin-tone", "<svg/>")
        described = Subjects().describe_emoji(icon, self.lexicon.find(icon.name))
        self.assertEqual((described.subject, described.name, described.toned), ("waving hand", "waving hand with dark skin", True))

    def test_clean_names(self):
        for name, words_of_it in {"camera-48": "camera", "food-drink-fruit-cherry": "cherry", "alarm-one": "alarm",
                                  "cloud-1": "cloud", "piggy-bank-flat": "piggy bank", "weather-cresent-moon-stars": "crescent moon stars"}.items():
            self.assertEqual(clean(name, "interface"), words_of_it)

    def reason(self, name, source="noto", trusted=False):
        match = self.lexicon.find(name, source)
        return Filter().reason(Icon(source, name, "<svg/>"), match and match.emoji, trusted=trusted)

    def test_filter(self):
        for name in ("google-logo", "android-os", "flag-france", "one-oclock", "squared-ok", "digit-five", "darth-vader-star-wars", "bluetooth"):
            self.assertIsNotNone(self.reason(name), name)
        for name in ("cat", "cat-medium-light", "ten-oclock", "pineapple", "windowsill", "megaphone"):
            self.assertIsNone(self.reason(name), name)

    def test_an_emoji_name_is_not_a_trademark(self):
        self.assertIsNotNone(self.reason("steam"))
        self.assertIsNone(self.reason("face-with-steam-from-nose", trusted=True))

    def test_large_drawings_are_excluded(self):
        icon = Icon("noto", "cat", "x" * (iconify.MAX_SVG_BYTES + 1))
        self.assertEqual(Filter().reason(icon, None), "too large")


class Drawings(unittest.TestCase):
    def test_compact_truncates_without_joining_numbers(self):
        body = iconify.compact('<path d="M1.99996.5a1 1 0 01.56789.1e-5" fill="currentColor"><animate attributeName="x"/></path>')
        self.assertEqual(body, f'<path d="M1.999.5a1 1 0 01.567.1e-5" fill="{iconify.INK}"></path>')

    def test_parts_that_an_animation_shows_later_are_visible(self):
        body = iconify.compact('<path d="M0 0" opacity="0"><animate id="a" attributeName="opacity" values="0; 1"/></path>')
        self.assertEqual(body, '<path d="M0 0"></path>')
        self.assertIn('opacity="0"', iconify.compact('<path d="M0 0" opacity="0"/>'))

    def test_licences_are_checked(self):
        pinned = fetch.read_sets()
        self.assertEqual(len({entry["set"] for entry in pinned["sets"]}), len(pinned["sets"]))
        self.assertEqual(len({entry["style"] for entry in pinned["sets"]}), len(pinned["sets"]))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sets.json"
            pinned["sets"][0]["licence"] = "CC-BY-SA-4.0"
            path.write_text(json.dumps(pinned), encoding="utf-8")
            with self.assertRaisesRegex(fetch.FetchError, "CC-BY-SA-4.0"):
                fetch.read_sets(path)

    def test_missing_npm_is_reported(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(fetch.FetchError, "npm is missing"):
            fetch.install(fetch.read_sets(), folder, npm="no-such-npm")

    def test_near_duplicates_share_one_weight(self):
        rows = [{"id": name, "set": "a"} for name in ("hand", "hand light", "hand dark", "bald man", "man with hair", "cog")]
        described = [Described("", "", family, False, True, toned) for family, toned in
                     [("hand", False), ("hand", True), ("hand", True), ("man", False), ("man", False), ("cog", False)]]
        weights.share(rows, described)
        self.assertEqual([row["weight"] for row in rows], [0.5, 0.25, 0.25, 0.5, 0.5, 1.0])

    def test_synonyms_mean_one_subject(self):
        rows = [{"subject": subject, "name": subject} for subject in ("cat", "cat face", "automobile", "taxi")]
        claims = {"cat": ["cat"], "cat face": ["cat", "kitty face"], "automobile": ["auto", "black auto", "cab"], "taxi": ["auto", "cab"]}
        words.attach(rows, claims, {"taxi": ["ride"]}, {"taxi": ["cab"], "automobile": ["car"]})
        found = {row["subject"]: row for row in rows}
        self.assertEqual(found["cat face"]["synonyms"], ["kitty face"])
        self.assertEqual(found["automobile"]["synonyms"], ["car"])
        self.assertEqual(found["taxi"]["synonyms"], ["cab"])
        self.assertIn("auto", found["taxi"]["tags"])
        self.assertIn("ride", found["taxi"]["tags"])

    def test_everyday_names_are_unique_and_not_other_subjects(self):
        table = words.everyday()
        owners = [{key(name) for name in [subject, *names]} for subject, names in table.items()]
        self.assertEqual(sum(map(len, owners)), len(set().union(*owners)))
        self.assertTrue(all(2 <= len(names) <= 6 for names in table.values()))


class Rasters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = drawings.load(PATH)

    def test_fixture_has_the_fields(self):
        self.assertTrue(all(tuple(row) == drawings.FIELDS for row in self.rows))
        self.assertEqual(len({row["id"] for row in self.rows}), len(self.rows))

    def test_load_selects_and_save_round_trips(self):
        some = drawings.load(PATH, subjects=["rocket"], styles=["flat", "bold"])
        self.assertEqual({(row["subject"], row["style"]) for row in some}, {("rocket", "flat"), ("rocket", "bold")})
        with tempfile.TemporaryDirectory() as folder:
            first, second = Path(folder) / "a.jsonl.xz", Path(folder) / "b.jsonl.xz"
            drawings.save(some, first), drawings.save(some, second)
            self.assertEqual(first.read_bytes(), second.read_bytes())
            self.assertEqual(drawings.load(first), some)
        with self.assertRaisesRegex(FileNotFoundError, "collect.py"):
            drawings.load("/nowhere/drawings.jsonl.xz")

    def test_pixels_are_premultiplied_and_failures_dropped(self):
        broken = [dict(self.rows[0], svg=svg) for svg in ("<svg", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"/>')]
        kept, pixels = raster.rasterize([broken[0], *self.rows[:4], broken[1]], 32, workers=1)
        self.assertEqual([row["id"] for row in kept], [row["id"] for row in self.rows[:4]])
        self.assertEqual((pixels.shape, pixels.dtype), ((4, 4, 32, 32), np.uint8))
        self.assertTrue((pixels[:, :3] <= pixels[:, 3:]).all())
        self.assertTrue((pixels[:, 3].max((1, 2)) == 255).all())
        self.assertTrue((pixels[:, 3].min((1, 2)) == 0).all())

    def test_a_half_transparent_square(self):
        svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><path fill="#f00" fill-opacity=".5" d="M0 0h2v1H0z"/></svg>'
        pixels = raster.render(svg, 8)
        self.assertFalse(pixels[:, :2].any() or pixels[:, 6:].any())  # centred in its square
        self.assertTrue((abs(pixels[0, 2:6].astype(int) - 128) <= 1).all() and (abs(pixels[3, 2:6].astype(int) - 128) <= 1).all())

    def test_the_cache_is_valid_until_the_rows_change(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cache.npz"
            _, first = raster.rasterize(self.rows[:3], 16, 1, path)
            written = path.stat().st_mtime_ns
            kept, second = raster.rasterize(self.rows[:3], 16, 1, path)
            self.assertEqual((path.stat().st_mtime_ns, len(kept)), (written, 3))
            np.testing.assert_array_equal(first, second)
            kept, _ = raster.rasterize(self.rows[:2], 16, 1, path)
            self.assertEqual(len(kept), 2)

    def test_the_number_of_workers_does_not_matter(self):
        alone, together = (raster.rasterize(self.rows[:6], 16, workers)[1] for workers in (1, 2))
        np.testing.assert_array_equal(alone, together)


if __name__ == "__main__":
    unittest.main()
