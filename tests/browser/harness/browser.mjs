//! Chromium without a window, silent on the network, with or without WebGPU.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { config, need } from './config.mjs';
import { OWN_HOST } from './recorder.mjs';

/// Keeps the browser from talking on its own account: it would show as traffic of the page. Where
/// no switch silences it, it is sent to a host that cannot exist, and known by it.
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
  '--no-pings',
  `--component-updater=url-source=http://${OWN_HOST}/`,
  `--autofill-server-url=http://${OWN_HOST}/`,
  `--gaia-url=http://${OWN_HOST}/`,
  `--gcm-checkin-url=http://${OWN_HOST}/`,
  `--gcm-registration-url=http://${OWN_HOST}/`,
  // What passes the proxy by: names, and packets to and fro between browsers.
  '--dns-prefetch-disable',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
];

/// WebGPU on the processor, by Chromium's own driver, so that no GPU is needed.
const SOFTWARE_GPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
const NO_GPU = ['--disable-blink-features=WebGPU', '--disable-gpu'];

/// Launches one with `gpu` or without; all its traffic goes to `proxy`. With `profile` it keeps files
/// on a disk: the memory of other contexts refuses large ones.
export async function launch({ gpu, proxy, profile = false }, page) {
  need('chromium');
  const options = {
    executablePath: config.chromium,
    headless: true,
    chromiumSandbox: false,
    // `<-loopback>` takes away the exception that a browser makes for its own machine.
    proxy: { server: proxy, bypass: '<-loopback>' },
    args: [...QUIET, ...(gpu ? SOFTWARE_GPU : NO_GPU)],
  };
  if (profile) {
    const folder = await mkdtemp(join(tmpdir(), 'image2-profile-'));
    options.args.push('--disk-cache-size=419430400');
    const context = await chromium.launchPersistentContext(folder, { ...options, ...page });
    const close = async () => {
      await context.close();
      await rm(folder, { recursive: true, force: true });
    };
    return { context, close };
  }
  const browser = await chromium.launch(options);
  return { context: await browser.newContext(page), close: () => browser.close() };
}

/// Collects whatever a page, or a worker of it, complains about.
export function watch(page) {
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') {
      complaints.push(`console: ${message.text()} (${message.location().url ?? ''})`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`page error: ${error.stack ?? error}`));
  page.on('crash', () => complaints.push('the page crashed'));
  return complaints;
}
