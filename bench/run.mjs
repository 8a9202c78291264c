//! Serves the comparison to a browser, runs its cases there, and writes what came out.
//!
//!     node bench/run.mjs --cases CASES.json --engine FOLDER [--json FILE] [--only NAME,…] [--software]
//!
//! CASES.json: {files: {url prefix: folder}, cases: [{name, kind, rounds, package, side, onnx}]}.

import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const here = fileURLToPath(new URL('.', import.meta.url));
const TYPES = { '.html': 'text/html', '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
// As the product's browser tests choose them.
const SOFTWARE_GPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
const GPU = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--ignore-gpu-blocklist'];
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string' },
    engine: { type: 'string' },
    json: { type: 'string' },
    chromium: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
    only: { type: 'string' },
    software: { type: 'boolean', default: false },
  },
});

const { files, cases } = JSON.parse(await readFile(options.cases, 'utf8'));
const folders = { '/ort': join(here, 'node_modules/onnxruntime-web/dist'), '/engine': options.engine, ...files, '': join(here, 'web') };

/// The file behind an address, below one of the folders.
function place(path) {
  const [prefix] = Object.keys(folders).filter((prefix) => path.startsWith(`${prefix}/`)).sort((a, b) => b.length - a.length);
  return join(folders[prefix], normalize(path.slice(prefix.length)));
}

const server = createServer(async (request, answer) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const path = place(pathname === '/' ? '/index.html' : pathname);
  try {
    const { size } = await stat(path);
    // Isolated, so that timers are fine and nothing is held against a runtime that wants it.
    answer.writeHead(200, {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'content-length': size,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    createReadStream(path).pipe(answer);
  } catch {
    answer.writeHead(404).end();
  }
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

const browser = await chromium.launch({
  executablePath: options.chromium,
  chromiumSandbox: false,
  args: [...QUIET, ...(options.software ? SOFTWARE_GPU : GPU)],
});
const results = {};
let failed = false;
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  page.on('console', (message) => console.error(`  ${message.text()}`));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const device = await page.evaluate(() => window.ask('describe')).catch((error) => {
    throw new Error(`${error.message}\nWhere there is no GPU, --software measures on the processor.`);
  });
  console.error(`${device.adapter || 'a GPU without a name'}: ${(device.peak_flops / 1e9).toFixed(1)} GFLOP/s in registers`);
  for (const { name, ...work } of cases) {
    if (options.only && !options.only.split(',').includes(name)) continue;
    console.error(name);
    try {
      results[name] = await page.evaluate((work) => window.ask('run', work), work);
    } catch (error) {
      failed = true;
      results[name] = { failure: error.message };
      console.error(`  ${error.message}`);
    }
  }
  const ratios = Object.fromEntries(Object.entries(results).map(([name, { ratio }]) => [name, ratio ?? null]));
  const report = { ratios, device, results };
  if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 1)}\n`);
  console.log(JSON.stringify(report, null, 1));
} finally {
  await browser.close();
  server.close();
}
process.exitCode = failed ? 1 : 0;
