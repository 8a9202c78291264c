//! Serves the comparison to a browser, runs its cases there, and writes the results.
//!
//!     node bench/run.mjs --cases CASES.json --engine FOLDER [--json FILE] [--only NAME,…] [--software]
//!
//! CASES.json: {files: {address prefix: folder}, cases: [{name, kind, rounds, …}]}; `prepare.py` writes it.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { open } from './files.mjs';
import { latency } from './latency.mjs';
import { report } from './report.mjs';

const TYPES = { '.html': 'text/html', '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
// The same choice as in the product's browser tests.
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

const { cases, place } = await open(options.cases, options.engine);
const server = createServer(async (request, answer) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const path = place(pathname === '/' ? '/index.html' : pathname);
  try {
    const { size } = await stat(path);
    // Cross-origin isolated: timers are precise, and a runtime that needs isolation has it.
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
const note = (text) => console.error(`  ${text}`);
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  page.on('console', (message) => note(message.text()));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const ask = async (what, work) => {
    if (what === 'latency') return latency(browser, work, note);
    return page.evaluate(([what, work]) => window.ask(what, work), [what, work]).catch((error) => {
      const hint = what === 'describe' ? '\nWhere there is no GPU, --software measures on the processor.' : '';
      throw new Error(`${error.message}${hint}`);
    });
  };
  process.exitCode = (await report(cases, options, ask)) ? 0 : 1;
} finally {
  await browser.close();
  server.close();
}
