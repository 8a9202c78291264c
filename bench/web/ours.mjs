//! Our engine with the interface that `compare.mjs` times: run(times), settle(), read().

import { address, bytes, text } from './fetch.mjs';

let engine;

async function start() {
  const module = await import(address('/engine/image2_bench.js'));
  await module.default({ module_or_path: await bytes('/engine/image2_bench_bg.wasm') });
  return module;
}

/// The device, opened once: 'gpu' or 'cpu'.
export async function open(kind) {
  const { Device } = await (engine ??= start());
  if (kind === 'cpu') return Device.cpu();
  return Device.gpu();
}

/// One pass of the package in the folder at `url`, for a square picture of `side` pixels.
export async function network(device, url, side) {
  const { Loading } = await engine;
  const manifest = await bytes(`${url}/manifest.json`);
  const loading = await filled(new Loading(device, manifest), url);
  return ready('image2', loading.finish(side), JSON.parse(text(manifest)));
}

/// One pass of the package's upscaler. Pictures are fed and read channels first.
export async function upscaler(device, { package: url, side }) {
  const { Loading } = await engine;
  const manifest = await bytes(`${url}/manifest.json`);
  const loading = await filled(Loading.upscaler(device, manifest), url);
  const one = ready('image2', loading.finish_upscaler(side), JSON.parse(text(manifest)));
  const { channels } = one.manifest.components.upscaler.config;
  return {
    ...one,
    feed: ([picture]) => one.feed([transposed(picture, channels)]),
    read: async () => {
      const values = await one.read();
      return transposed(values, values.length / channels);
    },
  };
}

async function filled(loading, url) {
  for (const name of loading.files()) loading.add(name, await bytes(`${url}/${name}`));
  return loading;
}

/// One product with the weights in the files `weights`.values and `weights`.scales.
export async function product(device, { rows, inputs, outputs, format, weights }) {
  const { Pass } = await engine;
  const [values, scales] = await Promise.all([bytes(`${weights}.values`), bytes(`${weights}.scales`)]);
  return ready('image2', Pass.product(device, rows, inputs, outputs, format, values, scales));
}

export async function attention(device, { heads, tokens }) {
  const { Pass } = await engine;
  const one = ready('image2', Pass.attention(device, heads, tokens));
  // Queries, keys and values are one tensor here.
  return { ...one, feed: (inputs) => one.feed([beside(inputs, tokens)]) };
}

/// Joins matrices with the same number of rows, row by row.
export function beside(matrices, rows) {
  const widths = matrices.map((matrix) => matrix.length / rows);
  const width = widths.reduce((all, one) => all + one, 0);
  const joined = new Float32Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    let at = row * width;
    matrices.forEach((matrix, i) => {
      joined.set(matrix.subarray(row * widths[i], (row + 1) * widths[i]), at);
      at += widths[i];
    });
  }
  return joined;
}

/// A matrix of so many rows, column by column.
export function transposed(matrix, rows) {
  const columns = matrix.length / rows;
  const at = (i) => (i % rows) * columns + Math.floor(i / rows);
  return Float32Array.from({ length: matrix.length }, (_, i) => matrix[at(i)]);
}

function ready(name, pass, manifest) {
  return {
    name,
    manifest,
    flops: pass.flops(),
    feed: (inputs) => inputs.forEach((values, index) => pass.feed(index, values)),
    run: async (times) => pass.run(times),
    settle: () => pass.settle(),
    read: () => pass.read(),
    release: async () => pass.free(),
  };
}
