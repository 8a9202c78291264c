//! Our engine, behind the face that `compare.mjs` times: run(times), settle(), read().

import initialize, { Device, Loading, Pass } from '/engine/image2_bench.js';
import { bytes, text } from './fetch.mjs';

let started;

/// The device, opened once a page: 'gpu' or 'cpu'.
export async function open(kind) {
  await (started ??= initialize());
  return kind === 'gpu' ? Device.gpu() : Device.cpu();
}

/// One pass of the package in the folder at `url`, for a square picture of `side` pixels.
export async function network(device, url, side) {
  const manifest = await bytes(`${url}/manifest.json`);
  const loading = new Loading(device, manifest);
  for (const name of loading.files()) loading.add(name, await bytes(`${url}/${name}`));
  return ready('image2', loading.finish(side), JSON.parse(text(manifest)));
}

export const product = (device, { rows, inputs, outputs, format }) =>
  ready('image2', Pass.product(device, rows, inputs, outputs, format));

export const attention = (device, { heads, tokens }) =>
  ready('image2', Pass.attention(device, heads, tokens));

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
