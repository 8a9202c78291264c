//! What else the comparison in `bench/` computes by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { place } from '../../../bench/files.mjs';
import { placed, table } from '../../../bench/report.mjs';
import { traffic } from '../../../bench/web/cases.mjs';
import { fromHalves, toHalves } from '../../../bench/web/half.mjs';
import { summary } from '../../../bench/web/compare.mjs';
import { beside, transposed } from '../../../bench/web/ours.mjs';

test('an address lies below the folder with the longest prefix, and never above it', () => {
  const folders = { '/onnx': '/made/onnx', '': '/web' };
  assert.equal(place(folders, '/onnx/a.onnx'), '/made/onnx/a.onnx');
  assert.equal(place(folders, '/index.html'), '/web/index.html');
  assert.equal(place(folders, '/onnx/../../secret'), '/made/onnx/secret');
});

test('halves are the nearest ones, ties to even', () => {
  const values = [0, -0, 1, -2, 65504, 65519, 65520, 1e9, 2 ** -24, 2 ** -25, 1.5 * 2 ** -25, 2 ** -14, 1 + 2 ** -11, 1 + 3 * 2 ** -11, -Infinity];
  const halves = [0, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x7bff, 0x7c00, 0x7c00, 1, 0, 1, 0x400, 0x3c00, 0x3c02, 0xfc00];
  assert.deepEqual([...toHalves(values)], halves);
  assert.ok(Number.isNaN(fromHalves(toHalves([NaN]))[0]));
});

test('each half survives being a float', () => {
  const all = Uint16Array.from({ length: 0x10000 }, (_, i) => i).filter((half) => (half & 0x7c00) !== 0x7c00 || !(half & 0x3ff));
  assert.deepEqual(toHalves(fromHalves(all)), all);
});

test('queries, keys and values become the columns of one matrix', () => {
  const joined = beside([Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6), Float32Array.of(7, 8)], 2);
  assert.deepEqual([...joined], [1, 2, 5, 7, 3, 4, 6, 8]);
});

test('a picture that is stored channels first becomes channels last, and back', () => {
  const picture = Float32Array.of(1, 2, 3, 10, 20, 30); // two channels of three pixels
  const pixels = transposed(picture, 2);
  assert.deepEqual([...pixels], [1, 10, 2, 20, 3, 30]);
  assert.deepEqual(transposed(pixels, 3), picture);
});

test('a kernel that reads more than it computes is held to what memory allows', () => {
  const product = { rows: 1, inputs: 64, outputs: 32, format: 'q8' };
  const bytes = traffic({ product });
  assert.equal(bytes, 64 * 34 + 4 * (64 + 32));
  const result = { flops: 4096, bytes, engines: [{ name: 'a', median_ms: 1, error: 0 }] };
  const [engine] = placed(result, { peak_flops: 4096e4, bytes_a_second: 2000 * bytes }).engines;
  assert.equal(engine.flops_a_second, 4096e3);
  assert.equal(engine.of_peak, 0.1);
  assert.equal(engine.of_roof, 0.5);
});

test('a network has a share of the peak alone, and a processor none', () => {
  const result = { flops: 100, bytes: null, engines: [{ name: 'a', median_ms: 1000, error: 0 }] };
  const [on_gpu] = placed(result, { peak_flops: 200, bytes_a_second: 1 }).engines;
  assert.deepEqual([on_gpu.of_peak, on_gpu.of_roof], [0.5, undefined]);
  const [on_cpu] = placed(result, {}).engines;
  assert.deepEqual([on_cpu.flops_a_second, on_cpu.of_peak], [100, undefined]);
});

test('an engine with a wrong result is excluded, however fast', () => {
  const result = (name, error, ms) => ({ name, error, samples: [ms] });
  assert.equal(summary([result('ours', 0, 2), result('wrong', 1, 1), result('right', 0.01, 4)]).ratio, 0.5);
  assert.equal(summary([result('ours', 0, 2), result('wrong', NaN, 1)]).ratio, undefined);
});

test('a separate engine has its own ratio and is not the reference', () => {
  const apart = { name: 'burn', apart: true, error: 0, samples: [4] };
  const { engines, ratio } = summary([{ name: 'ours', error: 0, samples: [2] }, apart]);
  assert.deepEqual([engines[1].ratio, ratio], [0.5, undefined]);
});

test('the table lists each engine, each refusal, each failure and each wait', () => {
  const engine = (name, error, ratios) => ({ name, median_ms: 12.34, error, flops_a_second: 5e9, of_peak: 0.25, ...ratios });
  const words = table({
    results: {
      step: { engines: [engine('ours', 0), engine('theirs', 0.01, { ratio: 0.5, ratio_range: [0.4, 0.6] })], against: 'theirs', refused: { other: 'no f16' } },
      broken: { failure: 'out of memory\nat …' },
    },
    latency: { gpu: { ready_ms: { median_ms: 900, range_ms: [800, 1000] } } },
  });
  assert.match(words, /step +ours +12\.3 +5\.0 +25 %/);
  assert.match(words, /theirs .*1\.0e-2 +0\.50 \(0\.40–0\.60\) \*/);
  assert.match(words, /other +refused: no f16/);
  assert.match(words, /broken +out of memory$/m);
  assert.match(words, /latency_gpu +ready_ms +900 +800–1000/);
});
