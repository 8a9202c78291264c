//! Every kernel through Dawn, which is Chromium's WebGPU, on its device that computes nothing and offers all:
//! f16, subgroups, and subgroup matrices, which no software driver has. naga, which the native tests go
//! through, allows what browsers refuse.

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { create, globals } from 'webgpu';

const FOLDER = process.env.IMAGE2_KERNELS;
const OFFERED = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix'];
Object.assign(globalThis, globals);

// Kept: Dawn ends with it.
const gpu = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
let device;

before(async () => {
  const adapter = await gpu.requestAdapter();
  device = await adapter.requestDevice({ requiredFeatures: OFFERED });
});

after(() => {
  // Dawn's threads would keep Node from ending by itself.
  setImmediate(() => process.exit());
  device?.destroy();
});

/// What the compiler has against a kernel; nothing if it is content. Warnings count.
async function complaints(code) {
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code });
  device.createComputePipeline({ layout: 'auto', compute: { module } });
  const [{ messages }, refused] = await Promise.all([module.getCompilationInfo(), device.popErrorScope()]);
  const lines = code.split('\n');
  return [
    ...messages.map(({ type, lineNum, message }) => `${type}: ${message}: ${lines[lineNum - 1]?.trim()}`),
    ...(refused && messages.length === 0 ? [refused.message] : []),
  ];
}

/// A device that is lost says nothing, and so finds nothing wrong.
async function errorsAreReported() {
  const kernel = (body) => `@compute @workgroup_size(1) fn main() { ${body} }`;
  assert.deepEqual(await complaints(kernel('')), []);
  assert.match((await complaints(kernel('let x: f32 = 3.4028236e38;')))[0], /3.4028236e38/);
  assert.match((await complaints(kernel('let x = 1 > 2 & true;')))[0], /mixing/);
  assert.match((await complaints(`var<workgroup> x: array<f32, 99999>; ${kernel('x[0] = 1.0;')}`))[0], /workgroup/);
}

test('compile errors are reported', errorsAreReported);

test('every kernel compiles without warnings', async () => {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.wgsl'));
  assert.ok(names.length > 100, `${names.length} kernels in ${FOLDER}`);
  const wrong = {};
  for (const name of names) {
    const found = await complaints(await readFile(`${FOLDER}/${name}`, 'utf8'));
    if (found.length > 0) wrong[name] = found;
  }
  assert.deepEqual(wrong, {});
  await errorsAreReported();
});
