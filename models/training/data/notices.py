"""The notices file for all drawings, words and fonts: titles, authors, licences and the licences' texts."""
import re
from pathlib import Path

LINKS = {"MIT": "https://opensource.org/license/mit", "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
         "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/", "OFL-1.1": "https://openfontlicense.org",
         "WordNet-3.0": "https://wordnet.princeton.edu/license-and-commercial-use"}
CHANGES = ("Changes made: a selection of the drawings was taken, animation removed, path coordinates shortened; training renders them "
           "as pixels, resized, mirrored, recoloured, set on backgrounds, and redrawn with outlines, as line drawings, by hand and as pixel art.")
MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""


def licence_text(entries, node_modules, licence):
    """A licence's text from the first font that includes it, without copyright lines."""
    for entry in entries:
        path = Path(node_modules) / entry["package"] / "LICENSE"
        if entry["licence"] == licence and path.exists():
            text = path.read_text(encoding="utf-8")
            start = text.find("SIL OPEN FONT LICENSE") if licence == "OFL-1.1" else text.find("Apache License")
            end = text.find("APPENDIX: How to apply")
            text = text[max(start, 0):end if end > 0 else None].strip()
            return re.sub(r"\n-{3,}[ \t]*\n", "\n\n", text)  # in Markdown a line of dashes turns the line above into a heading
    return f"See {LINKS[licence]}."


def compose(pinned, node_modules, counts):
    """The file's text; `counts`: the number of drawings from each set."""
    lines = ["# Notices", "", "Drawings, words and fonts that image2-mini was trained on. " + CHANGES, "", "## Drawings", ""]
    for entry in pinned["sets"]:
        lines.append(f"- **{entry['package']}** {entry['version']}: © {entry['author']}, [{entry['licence']}]({LINKS[entry['licence']]}), "
                     f"{entry['url']}; {counts.get(entry['set'], 0)} drawings")
    lines += ["", "## Words", ""]
    for entry in [dict(pinned["words"], use="names, synonyms and tags of emoji"), *pinned["also"]]:
        lines.append(f"- **{entry['package']}** {entry['version']}: © {entry['author']}, [{entry['licence']}]({LINKS[entry['licence']]}), "
                     f"{entry['url']}; {entry['use']}")
    lines += ["", "## Fonts for lettering", ""]
    for entry in pinned["fonts"]:
        lines.append(f"- **{entry['package']}** {entry['version']}: {entry['author']}, [{entry['licence']}]({LINKS[entry['licence']]})")
    lines += ["", "## Licences", "", "### MIT", "", MIT, "", "### Creative Commons Attribution 4.0 International", "", f"See {LINKS['CC-BY-4.0']}."]
    for licence, title in (("OFL-1.1", "SIL Open Font License 1.1"), ("Apache-2.0", "Apache License 2.0")):
        lines += ["", f"### {title}", "", licence_text(pinned["fonts"], node_modules, licence)]
    return "\n".join(lines) + "\n"
