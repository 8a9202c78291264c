//! What the comparison in `bench/` makes of its samples.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, summary } from '../../../bench/web/compare.mjs';

const result = (name, samples) => ({ name, error: 0, samples });

test('a ratio is against the fastest of the others, round by round', () => {
  const report = summary([result('ours', [1, 2, 4]), result('slow', [10, 10, 10]), result('fast', [2, 8, 4])]);
  assert.equal(report.against, 'fast');
  assert.equal(report.ratio, 0.5);
  assert.deepEqual(report.ratio_range, [0.25, 1]);
});

test('an engine alone has no ratio', () => {
  assert.equal(summary([result('ours', [1])]).ratio, undefined);
});

test('engines take turns, and another one begins each round', async () => {
  const order = [];
  const engine = (name, output) => ({
    name,
    feed() {},
    // Longer than a sample has to take, so that a sample is one run.
    run: async () => {
      order.push(name);
      await new Promise((done) => setTimeout(done, 260));
    },
    settle: async () => {},
    read: async () => Float32Array.of(...output),
  });
  const report = await compare([engine('a', [3, 4]), engine('b', [3, 9])], [], 2);
  // Each once to compile and once to see how long it takes.
  assert.deepEqual(order.slice(4), ['a', 'b', 'b', 'a']);
  assert.deepEqual(report.engines.map(({ error }) => error), [0, 1]);
});
