"""Parses the listings of Mesa's compilers: blocks of instructions, jumps between them, and statistics of registers.

Each vendor's function takes the driver's output and returns the blocks of the largest kernel and a short text.
"""
import re
from collections import Counter

from loops import Block


def largest(programs):
    """The kernel with the most instructions, with its statistics: the others clear and copy buffers."""
    return max(programs, key=lambda program: sum(block.instructions.total() for block in program[0]))


def linked(lines):
    """Blocks from lines of (labels, name, count, target, whether it may fall through); labels begin blocks, jumps end them."""
    blocks, places, jumps = [Block(Counter())], {}, []
    for labels, name, count, target, falls_through in lines:
        if labels and (blocks[-1].instructions or not places):
            blocks.append(Block(Counter()))
            blocks[-2].successors.append(len(blocks) - 1)
        for label in labels:
            places[label] = len(blocks) - 1
        if not name:
            continue
        blocks[-1].instructions[name] += count
        if target is not None or not falls_through:
            if target is not None:
                jumps.append((len(blocks) - 1, target))
            blocks.append(Block(Counter()))
            if falls_through:
                blocks[-2].successors.append(len(blocks) - 1)
    for origin, target in jumps:
        if target in places:
            blocks[origin].successors.append(places[target])
    return blocks


def amd(text):
    """ACO, with RADV_DEBUG=shaders,shaderstats."""
    def program(listing):
        lines = []
        for line in listing.splitlines():
            if label := re.match(r"(BB\d+):", line):
                lines.append(([label[1]], None, 0, None, True))
            elif found := re.match(r"\t([a-z]\w*)", line):
                target = re.search(r"\bs_c?branch\w* (BB\d+)", line)
                ends = found[1] in ("s_branch", "s_endpgm")
                # Hints take no issue slot of a lane.
                if found[1] not in ("s_delay_alu", "s_waitcnt", "s_nop"):
                    lines.append(([], found[1], 1, target and target[1], not ends))
        return linked(lines)

    def stats(part):
        found = re.findall(r"^(VGPRs|Spilled VGPRs|Subgroups per SIMD|Inverse Throughput): (\d+)", part, re.M)
        return ", ".join(f"{count} {name}" for name, count in found)

    parts = re.split(r"(?m)^BB0:", text)[1:]
    return largest([(program("BB0:" + part), stats(part)) for part in parts])


def nvidia(text):
    """NAK, with NAK_DEBUG=print: the kernel is printed after every pass, the encoded form last."""
    programs = []
    for part in re.split(r"(?m)^(?=block(?:\.u)? 0 )", text)[1:]:
        numbers, blocks, targets = {}, [], []
        for number, body, after in re.findall(r"^block(?:\.u)? (\d+) [^{]*\{\n(.*?)^\} -> \[([^\]]*)\]", part, re.M | re.S):
            numbers[int(number)] = len(blocks)
            names = Counter()
            for line in body.splitlines():
                line = re.sub(r"^@!?\S+\s+", "", line.split("//")[0].strip())
                if line:
                    names[line.split(" = ", 1)[-1].split()[0]] += 1
            blocks.append(Block(names))
            targets.append([int(target) for target in re.findall(r"\d+", after)])
        for block, after in zip(blocks, targets):
            block.successors = [numbers[target] for target in after]
        stats = re.findall(r"^(Num GPRs|Spills to mem|Max warps/SM): (\d+)", part, re.M)
        # Forms that are not encoded yet have no statistics.
        if stats and blocks:
            programs.append((blocks, ", ".join(f"{count} {name}" for name, count in stats)))
    return largest(programs)


def qualcomm(text):
    """ir3, with IR3_SHADER_DEBUG=cs; a prefix makes an instruction repeat or wait."""
    programs = []
    for part in re.findall(r"Native code for.*?\n(.*?)^; CL prog [^\n]*\n(.*?max_waves)", text.replace("MESA: info: ", ""), re.M | re.S):
        lines = []
        for line in map(str.strip, part[0].splitlines()):
            if label := re.match(r"(l\d+):$", line):
                lines.append(([label[1]], None, 0, None, True))
            elif found := re.match(r"((?:\(\w+\))*) ?([a-z]\S*)(.*)$", line):
                prefix, name, rest = found.groups()
                target = re.search(r"#(l\d+)", rest)
                repeats, waits = re.search(r"\(rpt(\d)\)", prefix), re.search(r"\(nop(\d)\)", prefix)
                if waits:
                    lines.append(([], "nop", int(waits[1]), None, True))
                lines.append(([], name, 1 + int(repeats[1] if repeats else 0), target and target[1], name not in ("jump", "end")))
        programs.append((linked(lines), ", ".join(re.findall(r"\d+ (?:full|max_waves)", part[1]))))
    return largest(programs)


def apple(text):
    """agx, with AGX_MESA_DEBUG=shaders,shaderdb: addresses, and jumps by distance."""
    # Statistics are printed apart from the listings, in any order: the largest statistics belong to the largest kernel.
    stats = re.findall(r"shader: (\d+) instrs.*?(\d+ gprs).*?(\d+ threads).*?(\d+:\d+ spills:fills)", text)
    statistics = ", ".join(max(stats, key=lambda stat: int(stat[0]))[1:]) if stats else ""
    programs = [[]]
    for address, name, rest in re.findall(r"^\s*([0-9a-f]+): [0-9a-f]+\s+(\w+)(.*)$", text, re.M):
        if int(address, 16) == 0:
            programs.append([])
        programs[-1].append((int(address, 16), name, rest))
    found = []
    for program in programs:
        targets = {address: address + int(rest.split()[0]) for address, name, rest in program if name.startswith("jmp")}
        known = set(targets.values())
        lines = [([address] if address in known else [], name, 1, targets.get(address), name != "stop") for address, name, _ in program]
        found.append((linked(lines), statistics))
    return largest(found)
