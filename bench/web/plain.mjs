//! Plain burn with the interface that `compare.mjs` times: single kernels, dense, in f32.

import { address, bytes } from './fetch.mjs';

let opened;

async function open() {
  const module = await import(address('/burn/image2_bench_burn.js'));
  await module.default({ module_or_path: await bytes('/burn/image2_bench_burn_bg.wasm') });
  return { Work: module.Work, gpu: await module.Gpu.open() };
}

/// The kernel of a case; `shapes` are those of `cases.mjs`.
export async function kernel({ product, attention }, shapes) {
  const { Work, gpu } = await (opened ??= open());
  const make = async () => {
    if (attention) return Work.attention(gpu, attention.heads);
    const { inputs, outputs, format, weights } = product;
    const [values, scales] = await Promise.all([bytes(`${weights}.values`), bytes(`${weights}.scales`)]);
    return Work.product(gpu, inputs, outputs, format, values, scales);
  };
  const work = await make();
  const widths = Object.values(shapes.inputs).map((dims) => dims.at(-1));
  return {
    name: 'burn',
    apart: true,
    feed: (inputs) => inputs.forEach((values, i) => work.feed(values, widths[i])),
    run: async (times) => work.run(times),
    settle: () => work.settle(),
    read: () => work.read(),
    release: async () => work.free(),
  };
}
