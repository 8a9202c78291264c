"""Summary of the packed data: counts by style, subjects in several styles, exclusions, size in bytes."""
from collections import Counter, defaultdict

MAX_TOTAL_BYTES = 60_000_000
SHARED_STYLES = 4  # number of styles from which a subject helps to separate style from subject


def styles_of(rows):
    """{subject: its styles}."""
    styles = defaultdict(set)
    for row in rows:
        styles[row["subject"]].add(row["style"])
    return styles


def summary(rows, left_out, everyday):
    """The numbers as a dict for JSON."""
    styles, by_style, weights = styles_of(rows), defaultdict(int), defaultdict(float)
    for row in rows:
        by_style[row["style"]] += 1
        weights[row["style"]] += row["weight"]
    spread = Counter(map(len, styles.values()))
    return {
        "drawings": len(rows), "subjects": len(styles),
        "subjects_in_4_styles": sum(count for number, count in spread.items() if number >= SHARED_STYLES),
        "pictorial_subjects": len({row["subject"] for row in rows if row["pictorial"]}),
        "everyday_subjects": sum(subject in styles for subject in everyday),
        "everyday_missing": sorted(set(everyday) - set(styles)),
        "synonyms": sum(map(len, {row["subject"]: row["synonyms"] for row in rows}.values())),
        "drawings_by_style": dict(by_style), "weight_by_style": {style: round(weight, 1) for style, weight in weights.items()},
        "subjects_by_number_of_styles": {str(number): spread[number] for number in sorted(spread)},
        "left_out": dict(sorted(left_out.items(), key=lambda item: (-item[1], item[0])))}


def as_text(numbers, sizes):
    """The summary for a terminal; `sizes`: {file name: bytes}."""
    lines = [f"{numbers['drawings']} drawings of {numbers['subjects']} subjects; {numbers['subjects_in_4_styles']} subjects in at least "
             f"{SHARED_STYLES} styles; {numbers['everyday_subjects']} everyday subjects; {numbers['synonyms']} synonyms"]
    lines += [f"  {style:<14} {count:5} drawings, weight {numbers['weight_by_style'][style]:7}"
              for style, count in numbers["drawings_by_style"].items()]
    lines.append("subjects by number of styles: " + ", ".join(f"{k}: {v}" for k, v in numbers["subjects_by_number_of_styles"].items()))
    lines.append("left out: " + ", ".join(f"{count} {reason}" for reason, count in numbers["left_out"].items()))
    if numbers["everyday_missing"]:
        lines.append("everyday subjects without a drawing: " + ", ".join(numbers["everyday_missing"]))
    lines += [f"  {name:<24} {size:>10} bytes" for name, size in sizes.items()]
    return "\n".join([*lines, f"in all {sum(sizes.values()) / 1e6:.1f} MB of {MAX_TOTAL_BYTES / 1e6:.0f}"])
