//! Where the comparison runs: a worker, as in the product. One message is one case.

import { compare } from './compare.mjs';
import * as ours from './ours.mjs';
import * as theirs from './theirs.mjs';

const devices = {};
const runtimes = {};

/// Numbers that anyone can make again, about as large as noise and features; see `export.py`.
function wave(dims, pace) {
  const count = dims.reduce((all, dim) => all * dim, 1);
  return Float32Array.from({ length: count }, (_, i) => 1.4 * Math.sin(i * pace));
}

/// Our side of a case, and the shapes of what goes in and out by the names that ONNX files have.
async function prepare(device, { package: url, side, product, attention }) {
  if (product) {
    const { rows, inputs, outputs } = product;
    const shapes = { inputs: { x: [rows, inputs] }, output: { name: 'y', dims: [rows, outputs] } };
    return [ours.product(device, product), shapes];
  }
  if (attention) {
    const { heads, tokens } = attention;
    const width = 64 * heads;
    const shapes = { inputs: { qkv: [1, tokens, 3 * width] }, output: { name: 'mixed', dims: [1, tokens, width] } };
    return [ours.attention(device, attention), shapes];
  }
  const own = await ours.network(device, url, side);
  const { config } = own.manifest;
  const patches = (side / config.patch) ** 2;
  const values = config.channels * config.patch ** 2;
  const shapes = {
    inputs: { patches: [1, patches, values], txt: [1, config.text_length, config.width] },
    output: { name: 'clean', dims: [1, patches, values] },
  };
  return [own, shapes];
}

async function run({ kind, rounds, onnx = [], ...work }, note) {
  const device = (devices[kind] ??= await ours.open(kind));
  const ort = (runtimes[kind] ??= await theirs.open(kind));
  const [own, shapes] = await prepare(device, work);
  const engines = [own];
  const refused = {};
  for (const file of onnx) {
    try {
      engines.push(await theirs.network(ort, kind, { ...file, shapes }));
    } catch (error) {
      refused[file.name] = String(error?.message ?? error);
    }
  }
  const inputs = Object.values(shapes.inputs).map((dims, i) => wave(dims, [0.37, 0.61][i]));
  const result = await compare(engines, inputs, rounds, note);
  for (const engine of engines) await engine.release();
  return { ...result, refused };
}

/// What the machine is, and what its registers alone reach.
async function describe() {
  const device = (devices.gpu ??= await ours.open('gpu'));
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  const { vendor, architecture, description } = adapter.info;
  return {
    adapter: [vendor, architecture, description].filter(Boolean).join(' '),
    features: [...adapter.features].filter((name) => /f16|subgroup/.test(name)),
    peak_flops: await device.peak(),
  };
}

self.onmessage = async ({ data: { id, what, work } }) => {
  const note = (text) => self.postMessage({ id, note: text });
  try {
    self.postMessage({ id, answer: what === 'describe' ? await describe() : await run(work, note) });
  } catch (error) {
    self.postMessage({ id, failure: String(error?.stack ?? error) });
  }
};
