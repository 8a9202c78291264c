//! One test's world: server, recorder, browser and app, and the two things that no test allows:
//! a complaint in the console, and a word to a stranger.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { App } from './app.mjs';
import { launch, watch } from './browser.mjs';
import { config } from './config.mjs';
import { startRecorder } from './recorder.mjs';
import { startServer } from './server.mjs';

/// Runs `body` in a fresh world.
///
/// - `gpu`: whether the browser has WebGPU;
/// - `models`: the folder of packages to serve;
/// - `complaints`: patterns of the complaints that the test provokes;
/// - `page`: options of the page, such as `viewport` and `colorScheme`;
/// - `host`: the name under which the browser finds the server, instead of this machine's address;
/// - `profile`: whether the browser keeps large files on disk, as a visitor's does.
export async function withApp(options, body) {
  const { gpu = false, models, complaints: provoked = [], page: pageOptions = {}, host, profile } = options;
  const closers = [];
  const later = (close) => closers.unshift(close);
  try {
    const server = await startServer({ models });
    later(server.stop);
    const recorder = await startRecorder(server.origin, { host });
    later(recorder.stop);
    const wanted = { acceptDownloads: true, ...pageOptions };
    const { context, close } = await launch({ gpu, proxy: recorder.address, profile }, wanted);
    later(close);
    const page = await context.newPage();
    const complaints = watch(page);
    const origin = host ? `http://${host}:${new URL(server.origin).port}` : server.origin;
    const app = new App(page, origin);

    try {
      await body({ app, page, context, recorder, server, complaints });
    } catch (error) {
      await keepTrace(page, error, complaints);
      throw error;
    }

    const unexpected = complaints.filter(
      (complaint) => !provoked.some((pattern) => pattern.test(complaint)),
    );
    assert.deepEqual(unexpected, [], 'the page complained');
    assert.deepEqual(recorder.strangers(), [], 'something spoke to a stranger');
  } finally {
    for (const close of closers) await close();
  }
}

/// Saves a screenshot into the results, for people to look at.
export async function screenshot(page, name) {
  await mkdir(config.results, { recursive: true });
  const path = join(config.results, `${name}.png`);
  await page.screenshot({ path, animations: 'disabled' });
  return path;
}

async function keepTrace(page, error, complaints) {
  try {
    const path = await screenshot(page, `failed-${Date.now()}`);
    error.message += `\nscreenshot: ${path}`;
  } catch {
    // The page is gone: then there is nothing to see.
  }
  if (complaints.length > 0) error.message += `\ncomplaints:\n${complaints.join('\n')}`;
}
