//! Runs one case of the comparison, and describes the machine. Depends neither on a page nor on Node.

import { compare } from './compare.mjs';
import * as ours from './ours.mjs';
import * as plain from './plain.mjs';
import * as theirs from './theirs.mjs';

const devices = {};
const runtimes = {};
const PACES = [0.37, 0.61, 0.83];

/// Reproducible numbers, by default as large as noise and features; see `export.py`.
function wave(dims, pace, { amplitude = 1.4, mean = 0 } = {}) {
  const count = dims.reduce((all, dim) => all * dim, 1);
  return Float32Array.from({ length: count }, (_, i) => mean + amplitude * Math.sin(i * pace));
}

/// Our engine for a case, and the shapes of inputs and outputs by their names in the ONNX files; and
/// the range of the inputs, unless it is that of noise and features.
async function prepare(device, { package: url, side, product, attention, upscaler }) {
  if (product) {
    const { rows, inputs, outputs } = product;
    const shapes = { inputs: { x: [rows, inputs] }, output: { name: 'y', dims: [rows, outputs] } };
    return [await ours.product(device, product), shapes];
  }
  if (attention) {
    const { heads, tokens } = attention;
    const dims = [1, tokens, 64 * heads];
    const shapes = { inputs: { q: dims, k: dims, v: dims }, output: { name: 'mixed', dims } };
    return [await ours.attention(device, attention), shapes, { amplitude: attention.amplitude }];
  }
  if (upscaler) {
    const own = await ours.upscaler(device, upscaler);
    const { channels, scale } = own.manifest.components.upscaler.config;
    const dims = [1, channels, upscaler.side, upscaler.side];
    const output = { name: 'y', dims: [1, channels, ...[2, 3].map((i) => scale * dims[i])] };
    return [own, { inputs: { x: dims }, output }, { amplitude: 0.5, mean: 0.5 }];
  }
  const own = await ours.network(device, url, side);
  const { config } = own.manifest.components.denoiser;
  const patches = (side / config.patch) ** 2;
  const values = config.channels * config.patch ** 2;
  const shapes = {
    inputs: { patches: [1, patches, values], txt: [1, config.text_length, config.width] },
    output: { name: 'clean', dims: [1, patches, values] },
  };
  return [own, shapes];
}

/// Runs a case of `cases.json`; `note` receives its progress.
export async function run({ kind, rounds, onnx = [], burn, ...work }, note) {
  const device = (devices[kind] ??= await ours.open(kind));
  const ort = (runtimes[kind] ??= await theirs.open(kind));
  const [own, shapes, range] = await prepare(device, work);
  const engines = [own];
  const refused = {};
  for (const file of onnx) {
    try {
      engines.push(await theirs.network(ort, kind, { ...file, shapes }));
    } catch (error) {
      refused[file.name] = String(error?.message ?? error);
    }
  }
  if (burn) engines.push(await plain.kernel(work, shapes));
  const inputs = Object.values(shapes.inputs).map((dims, i) => wave(dims, PACES[i], range));
  const result = await compare(engines, inputs, rounds, note);
  for (const engine of engines) await engine.release();
  return { ...result, flops: own.flops, bytes: traffic(work), refused };
}

/// The least number of bytes that a kernel moves: each weight, input and output once.
export function traffic({ product, attention }) {
  if (product) {
    const { rows, inputs, outputs, format } = product;
    const packed = { q4: 18, q8: 34 }[format] / 32;
    return packed * inputs * outputs + 4 * rows * (inputs + outputs);
  }
  if (attention) return 4 * 4 * attention.tokens * 64 * attention.heads;
  return null;
}

/// The machine, its peak rate in registers alone and its memory bandwidth.
export async function describe() {
  const device = (devices.gpu ??= await ours.open('gpu'));
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  const { vendor, architecture, description } = adapter.info;
  return {
    adapter: [vendor, architecture, description].filter(Boolean).join(' '),
    features: [...adapter.features].filter((name) => /f16|subgroup/.test(name)),
    peak_flops: await device.peak(),
    bytes_a_second: await bandwidth(adapter),
  };
}

/// Bytes a second, read and written, of copies within the GPU's memory.
async function bandwidth(adapter) {
  const size = 64 << 20; // larger than most caches
  const device = await adapter.requestDevice();
  const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const [from, to] = [0, 1].map(() => device.createBuffer({ size, usage }));
  const timed = async (times) => {
    const encoder = device.createCommandEncoder();
    for (let i = 0; i < times; i += 1) encoder.copyBufferToBuffer(from, 0, to, 0, size);
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return performance.now() - start;
  };
  await timed(1); // memory is cleared at its first use
  let times = 1;
  let ms = await timed(times);
  while (ms < 200) ms = await timed((times *= 2));
  device.destroy();
  return (2 * size * times) / (ms / 1e3);
}
