"""Labels, filters, weights, synonyms and rasters, on a few drawings and invented names, without network or packages."""
import json
import sys
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from data import body, drawings, fetch, iconify, looks, making, oklab, raster, render, svg, weights, words  # noqa: E402
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
        broken = [dict(self.rows[0], id=f"broken/{k}", svg=svg)
                  for k, svg in enumerate(('<svg viewBox="0 0 8 8"', '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"/>'))]
        kept, pixels = raster.rasterize([broken[0], *self.rows[:4], broken[1]], 32, workers=1)
        self.assertEqual([row["id"] for row in kept], [row["id"] for row in self.rows[:4]])
        self.assertEqual((pixels.shape, pixels.dtype), ((4, 5, 32, 32), np.uint8))
        self.assertTrue((pixels[:, :3] <= pixels[:, 3:4]).all())
        self.assertTrue((pixels[:, 3].max((1, 2)) == 255).all())
        self.assertTrue((pixels[:, 3].min((1, 2)) == 0).all())
        self.assertNotIn("svg", kept[0])

    def test_a_half_transparent_square(self):
        svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#f00" fill-opacity=".5" d="M0 2h8v4H0z"/></svg>'
        pixels = render.render(svg, 8)
        self.assertFalse(pixels[:, :2].any() or pixels[:, 6:].any())
        self.assertTrue((abs(pixels[0, 2:6].astype(int) - 128) <= 1).all() and (abs(pixels[3, 2:6].astype(int) - 128) <= 1).all())

    def test_visible_boxes_fill_the_same_share_at_every_side(self):
        svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 20"><path fill="#f00" d="M2 2h16v8H2z"/></svg>'
        for side in (32, 128):
            _, pixels = raster.rasterize([dict(self.rows[0], svg=svg)], side, workers=1)
            down, across = np.nonzero(pixels[0, 3] > 127)
            self.assertAlmostEqual((across.max() + 1 - across.min()) / side, raster.FILL, delta=2.1 / side)
            self.assertAlmostEqual((across.max() + 1 + across.min()) / 2 / side, 0.5, delta=1.1 / side)
            self.assertAlmostEqual((down.max() + 1 + down.min()) / 2 / side, 0.5, delta=1.1 / side)

    def test_kin_are_aligned(self):
        square = lambda x: f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#f00" d="M{x} 8h10v10H{x}z"/></svg>'
        rows = [dict(self.rows[0], id=f"{name}/cat", set=name, svg=square(x)) for name, x in (("fluent-emoji", 4), ("fluent-emoji-flat", 12), ("noto", 12))]
        first, second, other = raster.frames(rows)
        self.assertEqual(first, second)
        self.assertNotEqual(second, other)
        for got, wanted in zip(first, (13 - 9 / raster.FILL, 13 - 9 / raster.FILL, 18 / raster.FILL)):
            self.assertAlmostEqual(got, wanted, delta=1)

    def test_the_cache_is_valid_until_the_rows_change(self):
        with tempfile.TemporaryDirectory() as folder:
            cache = Path(folder) / "cache"
            rows, first = raster.rasterize(self.rows[:3], 16, 1, cache)
            written = (cache / "drawings-16.npy").stat().st_mtime_ns
            again, second = raster.rasterize(self.rows[:3], 16, 1, cache)
            self.assertEqual(((cache / "drawings-16.npy").stat().st_mtime_ns, again), (written, rows))
            np.testing.assert_array_equal(first, second)
            kept, pixels = raster.rasterize(self.rows[1:3], 16, 1, cache)
            self.assertEqual(len(kept), 2)
            np.testing.assert_array_equal(pixels, first[1:])

    def test_the_number_of_workers_does_not_matter(self):
        alone, together = (raster.rasterize(self.rows[:6], 16, workers)[1] for workers in (1, 2))
        np.testing.assert_array_equal(alone, together)


class Looks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = drawings.load(PATH)
        cls.chosen = looks.choose(cls.rows)

    def draw(self, look, subject="automobile", side=64):
        row = next(row for row in self.chosen if (row["look"], row["subject"]) == (look, subject))
        return making.draw(row, side, raster.frames([row])[0])

    def test_one_drawing_of_each_subject_and_look(self):
        pairs = [(row["subject"], row["look"]) for row in self.chosen]
        self.assertEqual(len(set(pairs)), len(pairs))
        subjects = {row["subject"] for row in self.rows}
        for look, kind in looks.LOOKS.items():
            self.assertTrue(look == "3d" or {subject for subject, other in pairs if other == look} == subjects, look)
            self.assertLessEqual({row["set"] for row in self.chosen if row["look"] == look}, set(kind.sets))
        self.assertAlmostEqual(sum(looks.SHARES.values()), 1)

    def test_drawings_without_skin_tone_are_preferred(self):
        rows = [dict(self.rows[0], id=name, name=name, weight=weight, pictorial=pictorial) for name, weight, pictorial in
                (("cat with dark skin", 0.9, True), ("cat two", 0.3, True), ("cat", 0.3, True), ("cat icon", 0.9, False))]
        self.assertEqual({row["id"] for row in looks.choose(rows)}, {"cat"})

    def test_looks_differ(self):
        pictures = {look: self.draw(look).astype(float) for look in looks.LOOKS}
        for one in pictures:
            for other in pictures:
                self.assertTrue(one == other or abs(pictures[one] - pictures[other]).mean() > 5, (one, other))

    def test_outlines_are_dark_and_outside(self):
        flat, outlined = self.draw("flat"), self.draw("outlined")
        self.assertGreater((outlined[3] > 127).sum(), 1.03 * (flat[3] > 127).sum())
        rim = (outlined[3] > 160) & (flat[3] < 60)
        self.assertTrue(rim.any())
        self.assertLess(outlined[:3, rim].mean(), 50)

    def test_line_drawings_are_ink_on_white(self):
        picture = self.draw("line").astype(int)
        solid = picture[:, picture[3] > 250]
        spread = solid[:3].max(0) - solid[:3].min(0)
        self.assertLess(spread.max(), 12)
        self.assertTrue(((solid[:3].mean(0) < 40) | (solid[:3].mean(0) > 245)).mean() > 0.6)

    def test_pixel_art_has_few_colours_in_opaque_cells(self):
        for side in (64, 128):
            picture = self.draw("pixel", side=side)
            cell = side // making.CELLS
            np.testing.assert_array_equal(picture[:, ::cell, ::cell].repeat(cell, 1).repeat(cell, 2), picture)
            self.assertEqual(set(np.unique(picture[3])), {0, 255})
            self.assertLessEqual(len(np.unique(picture.reshape(4, -1), axis=1).T), making.COLOURS + 1)
        with self.assertRaises(ValueError):
            self.draw("pixel", side=48)

    def test_outlines_may_leave_the_drawing(self):
        text = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#f00" d="M0 0h8v8H0z"/></svg>'
        picture = making.draw({"id": "a", "look": "outlined", "svg": text}, 64, (-1, -1, 10))
        self.assertGreater(picture[3, 32, 5], 60)  # the outer half of the outline; the drawing ends at pixel 6.4
        self.assertLess(picture[0, 32, 5], 30)

    def test_pixel_art_has_no_faint_cells(self):
        text = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#f00" fill-opacity=".3" d="M0 0h8v4H0z"/>'
                '<path fill="#f00" d="M0 4h8v4H0z"/></svg>')
        picture = making.draw({"id": "a", "look": "pixel", "svg": text}, 64, (0, 0, 8))
        self.assertEqual((picture[3, :32].max(), picture[3, 32:].min()), (0, 255))

    def test_hand_drawn_is_reproducible(self):
        np.testing.assert_array_equal(self.draw("hand-drawn"), self.draw("hand-drawn"))

    def test_shapes_without_fill_get_no_outline(self):
        text = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><g fill="none"><path d="M1 1h6"/><path d="M1 3h6" stroke="#0f0"/></g>'
                '<path d="M1 5h6v2H1z" fill="#f00"/></svg>')
        made = svg.outlined(text, 1, "#000")
        self.assertEqual(made.count('stroke="none"'), 1)
        self.assertIn('stroke="#0f0"', made)
        self.assertNotIn("#f00", svg.whitened(text, "#000", 0))

    def test_small_dark_features_keep_their_size(self):
        text = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="9" cy="9" r="2" fill="#402a32"/>'
                '<path d="M2 20h20v4H2z" fill="#402a32"/><path d="M20 4h2v3h-2z" fill="#ffee88"/></svg>')
        made = svg.outlined(text, 1, "#000")
        self.assertEqual([line.count('stroke="none"') for line in made.split("/>")[:3]], [1, 0, 0])
        white = svg.whitened(text, "#123456", svg.FEATURE)
        self.assertEqual((white.count("#123456"), white.count("#fff")), (1, 3))  # the root is white, too

    def test_extents_of_paths(self):
        shape = lambda data: ElementTree.fromstring(f'<path xmlns="{svg.NAMESPACE}" d="{data}"/>')
        for data, side in {"M1.5 2a1 1 0 01.5.5h2v-1z": 2.5, "M1,1L4 3 2-5Z": 8, "m2 2h3V9zm1 1l9 0": 10, "M0 0c1 0 2 1 3 3s1 1 1-1": 4,
                           "M.5.5Q1 7 2 2t3 1": 6.5}.items():
            self.assertAlmostEqual(svg.extent(shape(data)), side, msg=data)


class Bodies(unittest.TestCase):
    def mask(self, picture, group=-1, shaded=False):
        return body.masks(torch.from_numpy(picture)[None], torch.tensor([group]), torch.tensor([shaded]))[0]

    def picture(self, *rectangles):
        """Rectangles (left, top, right, bottom, RGB) on nothing."""
        out = np.zeros((4, 64, 64), np.float32)
        for left, top, right, bottom, colour in rectangles:
            out[:, top:bottom, left:right] = np.array([*colour, 1.0], np.float32)[:, None, None]
        return out

    def test_oklab_is_invertible_and_white_is_light(self):
        rgb = torch.rand(5, 3, 4, 4)
        self.assertTrue(torch.allclose(oklab.to_rgb(oklab.from_rgb(rgb)), rgb, atol=1e-4))
        red = oklab.from_rgb(torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]]))
        self.assertTrue(torch.allclose(red, torch.tensor([[0.628, 0.2249, 0.1258], [1.0, 0.0, 0.0]]), atol=2e-3))

    def test_the_largest_hue_is_the_body_without_windows_lines_and_specks(self):
        mask = self.mask(self.picture((8, 8, 56, 56, (0.8, 0.2, 0.2)), (20, 20, 40, 40, (0.2, 0.5, 0.9)), (8, 8, 56, 11, (0.05, 0.05, 0.05)),
                                      (21, 21, 24, 24, (0.8, 0.2, 0.2))))
        self.assertGreater(mask[45:55, 10:54].min(), 0.9)
        self.assertEqual(mask[26:38, 26:38].max(), 0)
        self.assertEqual(mask[21:24, 21:24].max(), 0)
        self.assertEqual(mask[8:10, 10:54].max(), 0)

    def test_greys_are_the_body_if_nothing_else_is_large(self):
        mask = self.mask(self.picture((8, 8, 56, 56, (0.7, 0.7, 0.7)), (28, 28, 36, 36, (0.9, 0.2, 0.2))))
        self.assertGreater(mask[10:26, 10:54].min(), 0.9)
        self.assertEqual(mask[30:34, 30:34].max(), 0)

    def test_the_skin_of_people_is_not_their_body(self):
        face, shirt = (1.0, 0.78, 0.24), (0.2, 0.4, 0.8)
        picture = self.picture((8, 4, 56, 36, face), (8, 36, 56, 60, shirt))
        person, thing = self.mask(picture, body.PEOPLE), self.mask(self.picture((16, 4, 48, 36, face)))
        self.assertGreater(person[40:58, 10:54].min(), 0.9)
        self.assertEqual(person[6:34, 10:54].max(), 0)
        self.assertGreater(thing[6:34, 18:46].min(), 0.9)

    def test_what_is_outside_counts_more_than_what_is_inside(self):
        mask = self.mask(self.picture((8, 8, 56, 56, (0.3, 0.1, 0.5)), (13, 13, 51, 51, (0.9, 0.8, 0.1))))
        self.assertGreater(mask[9:12, 9:55].min(), 0.9)
        self.assertEqual(mask[15:49, 15:49].max(), 0)

    def test_a_gradient_of_hues_is_one_body(self):
        ramp = torch.linspace(0.1, 1.4, 48)  # hue in radians, from red to yellow
        lab = torch.stack([torch.full_like(ramp, 0.75), 0.13 * ramp.cos(), 0.13 * ramp.sin()])
        picture = self.picture((8, 8, 56, 56, (1.0, 1.0, 1.0)))
        picture[:3, 8:56, 8:56] = oklab.to_rgb(lab[None])[0][:, None].numpy()
        self.assertGreater(self.mask(picture, shaded=True)[10:54, 10:54].min(), 0.9)
        self.assertLess(self.mask(picture)[10:54, 10:54].min(), 0.5)

    def test_shares_and_tones_are_measured(self):
        picture = self.picture((8, 8, 56, 56, (0.8, 0.2, 0.2)), (8, 8, 56, 20, (0.05, 0.05, 0.05)))
        tone = body.measure(torch.from_numpy(picture)[None], self.mask(picture)[None])[0]
        self.assertAlmostEqual(tone[3].item(), 0.75, delta=0.03)
        wanted = oklab.from_rgb(torch.tensor([[0.8, 0.2, 0.2]]))[0]
        self.assertTrue(torch.allclose(tone[:3], wanted, atol=0.01))


if __name__ == "__main__":
    unittest.main()
