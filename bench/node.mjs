//! The same cases without a browser: both engines in Node, on Dawn, Chromium's WebGPU implementation.
//! For machines with a GPU and no screen.
//!
//!     node bench/node.mjs --cases CASES.json --engine FOLDER [--json FILE] [--only NAME,…] [--software]
//!                         [--dawn OPTION]…
//!
//! `--dawn` passes options to Dawn, such as `adapter=NAME`. `--software` uses Chromium's own driver; Mesa's
//! lacks features that Dawn requires.

import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { open } from './files.mjs';
import { report } from './report.mjs';
import { takeFrom } from './web/fetch.mjs';

const SOFTWARE_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string' },
    engine: { type: 'string' },
    json: { type: 'string' },
    only: { type: 'string' },
    dawn: { type: 'string', multiple: true, default: ['backend=vulkan', 'enable-dawn-features=allow_unsafe_apis'] },
    software: { type: 'boolean', default: false },
  },
});

// The driver is selected when Dawn is loaded.
if (options.software) process.env.VK_ICD_FILENAMES ??= SOFTWARE_DRIVER;
const { create, globals } = await import('webgpu');
Object.assign(globalThis, globals);
Object.defineProperty(globalThis, 'navigator', { value: { gpu: create(options.dawn) }, configurable: true });
// Our engine looks for a page or a worker before it requests a GPU; the other engine would take a
// worker's name as a sign of more.
globalThis.Window = class Window {};

// Dawn refuses views of shared memory such as onnxruntime-web's; browsers copy them, too.
const { writeBuffer } = GPUQueue.prototype;
GPUQueue.prototype.writeBuffer = function write(buffer, offset, data, ...rest) {
  const shared = (data.buffer ?? data) instanceof SharedArrayBuffer;
  return writeBuffer.call(this, buffer, offset, shared ? data.slice() : data, ...rest);
};

const { cases, place } = await open(options.cases, options.engine);
takeFrom({
  bytes: async (url) => new Uint8Array(await readFile(place(url))),
  module: (url) => pathToFileURL(place(url)).href,
});
const { describe, run } = await import('./web/cases.mjs');
const note = (text) => console.error(`  ${text}`);
const ask = (what, work) => (what === 'describe' ? describe() : run(work, note));
// The product's worker needs a browser.
const possible = cases.filter(({ latency }) => !latency);
// Dawn's threads would keep Node from exiting.
process.exit((await report(possible, options, ask)) ? 0 : 1);
