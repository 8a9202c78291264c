"""    python3 -m unittest discover -s bench/compilers"""
import unittest
from collections import Counter

import listings
from compilers import expected, measure, multiplied
from loops import Block, cost, loops

# Two nested loops, and a block after them.
ACO = """
BB0:
\tv_mov_b32_e32 v0, 0
BB1:
\tv_add_nc_u32_e32 v1, 1, v1
BB2:
\tv_fmac_f32_e32 v2, v3, v4
\tv_fmac_f32_e32 v2, v3, v4
\ts_delay_alu instid0(1)
\ts_cbranch_scc1 BB2
BB3:
\tds_store_b128 v1, v[2:5]
\ts_cbranch_scc1 BB1
BB4:
\ts_endpgm

*** SHADER STATS ***
VGPRs: 24
Spilled VGPRs: 0
"""


class Compilers(unittest.TestCase):
    def test_nested_loops_count_as_often_as_they_run(self):
        blocks, stats = listings.amd(ACO)
        [outer] = loops(blocks)
        [inner] = outer.inner
        self.assertEqual(inner.own(blocks), Counter({"v_fmac_f32_e32": 2, "s_cbranch_scc1": 1}))
        spent = cost(outer, blocks, lambda loop, own: 8)
        self.assertEqual(spent["v_fmac_f32_e32"], 16)
        self.assertEqual(spent["ds_store_b128"], 1)
        self.assertEqual(spent["v_mov_b32_e32"], 0)
        self.assertEqual(stats, "24 VGPRs, 0 Spilled VGPRs")

    def test_a_loop_with_two_ends_is_one(self):
        blocks = [Block(Counter(), [1]), Block(Counter(a=1), [2, 3]), Block(Counter(b=1), [1]), Block(Counter(c=1), [1, 4]), Block(Counter())]
        [loop] = loops(blocks)
        self.assertEqual(loop.blocks, {1, 2, 3})
        self.assertEqual(loop.inner, [])

    def test_an_unreachable_loop_is_ignored(self):
        self.assertEqual(loops([Block(Counter()), Block(Counter(), [1])]), [])

    def test_repeated_instructions_and_waits_count(self):
        text = """Native code for unnamed CL shader (null) with blake3 0:
            MESA: info: l1:
            MESA: info: (sy)(rpt3)mad.f32 r0.x, r1.x, r2.x, r0.x
            MESA: info: (nop2) add.u r3.x, r3.x, 1
            MESA: info: br p0.x, #l1
            MESA: info: end
; CL prog 1/1: 5 instr
; CL prog 1/1: 0 half, 48 full, 28 constlen
; CL prog 1/1: 4 max_waves""".replace("            ", "")
        blocks, stats = listings.qualcomm(text)
        [loop] = loops(blocks)
        self.assertEqual(loop.own(blocks), Counter({"mad.f32": 4, "nop": 2, "add.u": 1, "br": 1}))
        self.assertEqual(stats, "48 full, 4 max_waves")

    def test_jumps_by_distance_find_their_blocks(self):
        text = """
           0: 00 mov r0, 0
           4: 00 ffma r1, r2, r3, r1
           8: 00 jmp_any -4
           c: 00 stop
        """
        blocks, _ = listings.apple(text)
        [loop] = loops(blocks)
        self.assertEqual(loop.own(blocks), Counter({"ffma": 1, "jmp_any": 1}))

    def test_a_byte_instruction_is_four_multiplications(self):
        self.assertEqual(multiplied(Counter({"v_dot4_u32_u8": 2, "v_fmac_f32_e32": 3}), True), 8)
        self.assertEqual(multiplied(Counter({"v_dot4_u32_u8": 2, "v_fmac_f32_e32": 3}), False), 3)
        self.assertEqual(expected("product q8 packed 4x8"), 2 * expected("product q8 single 4x8"))

    def test_unrecognized_loops_are_refused(self):
        with self.assertRaises(SystemExit):
            measure("rdna-3", "product q8 single 8x8", ACO)


if __name__ == "__main__":
    unittest.main()
