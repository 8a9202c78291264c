//! onnxruntime-web, configured for speed as its documentation and its authors' examples recommend: all
//! graph optimizations, inputs and outputs on the GPU, the whole graph captured once and replayed,
//! fixed shapes, one thread where ours has one, warm-up excluded.

import { address, bytes } from './fetch.mjs';
import { fromHalves, toHalves } from './half.mjs';

const HALF = 'float16';

/// The runtime, built for WebGPU or for the processor.
export async function open(kind) {
  const ort = await import(address(`/ort/ort.${kind === 'gpu' ? 'webgpu' : 'wasm'}.bundle.min.mjs`));
  ort.env.wasm.wasmPaths = address('/ort/');
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  if (kind === 'gpu') ort.env.webgpu.powerPreference = 'high-performance';
  ort.env.logLevel = 'error';
  return ort;
}

/// One pass of an ONNX file, whose inputs have these shapes: name → dims, in the order of feeding.
export async function network(ort, kind, { name, url, shapes, half }) {
  const file = await bytes(url);
  const type = half ? HALF : 'float32';
  if (kind === 'cpu') return onCpu(ort, await session(ort, file, { executionProviders: ['wasm'] }), name, shapes, type);
  try {
    return await tried(await onGpu(ort, await session(ort, file, CAPTURED), name, shapes, type));
  } catch {
    // Capturing may fail for a graph that runs.
    return tried(await onGpu(ort, await session(ort, file, REPEATED), `${name}, not captured`, shapes, type));
  }
}

const REPEATED = { executionProviders: [{ name: 'webgpu' }], preferredOutputLocation: 'gpu-buffer' };
const CAPTURED = { ...REPEATED, enableGraphCapture: true };

const session = (ort, file, options) =>
  ort.InferenceSession.create(file, { graphOptimizationLevel: 'all', ...options });

async function tried(engine) {
  try {
    await engine.run(1);
    await engine.settle();
    return engine;
  } catch (error) {
    await engine.release().catch(() => {});
    throw error;
  }
}

const count = (dims) => dims.reduce((all, dim) => all * dim, 1);
const stored = (values, type) => (type === HALF ? toHalves(values) : values);

async function onGpu(ort, opened, name, shapes, type) {
  const device = await ort.env.webgpu.device;
  const width = type === HALF ? 2 : 4;
  const buffers = {};
  const tensor = (dims, key) => {
    const size = Math.ceil((count(dims) * width) / 16) * 16;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    buffers[key] = device.createBuffer({ size, usage });
    return ort.Tensor.fromGpuBuffer(buffers[key], { dataType: type, dims });
  };
  const { inputs, output } = shapes;
  const feeds = Object.fromEntries(Object.entries(inputs).map(([key, dims]) => [key, tensor(dims, key)]));
  // Outputs are in its own buffers: it does not reliably keep one of ours between runs.
  let last;
  return {
    name,
    feed: (values) =>
      Object.keys(inputs).forEach((key, i) => device.queue.writeBuffer(buffers[key], 0, stored(values[i], type))),
    run: async (times) => {
      for (let i = 0; i < times; i += 1) {
        last?.dispose();
        last = (await opened.run(feeds))[output.name];
      }
    },
    settle: () => device.queue.onSubmittedWorkDone(),
    read: async () => {
      const size = count(output.dims) * width;
      const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
      const copy = device.createBuffer({ size, usage });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(last.gpuBuffer, 0, copy, 0, size);
      device.queue.submit([encoder.finish()]);
      await copy.mapAsync(GPUMapMode.READ);
      const raw = copy.getMappedRange().slice(0);
      copy.destroy();
      return type === HALF ? fromHalves(new Uint16Array(raw)) : new Float32Array(raw);
    },
    release: async () => {
      last?.dispose();
      await opened.release();
      Object.values(buffers).forEach((buffer) => buffer.destroy());
    },
  };
}

async function onCpu(ort, opened, name, shapes, type) {
  const { inputs, output } = shapes;
  let feeds;
  let last;
  return {
    name,
    feed: (values) => {
      feeds = Object.fromEntries(
        Object.entries(inputs).map(([key, dims], i) => [key, new ort.Tensor(type, stored(values[i], type), dims)]),
      );
    },
    run: async (times) => {
      for (let i = 0; i < times; i += 1) last = await opened.run(feeds);
    },
    settle: async () => {},
    read: async () => Float32Array.from(last[output.name].data),
    release: () => opened.release(),
  };
}
