//! The waiting times of the product's own worker: until it is ready, until its model is loaded, and
//! from a prompt to the first preview and to the picture.

import { startServer } from '../tests/browser/harness/server.mjs';
import { spread } from './web/compare.mjs';

/// Pictures of each worker: the first includes compilation, the others are the cost of a changed prompt
/// and are made in each size.
const PROMPTS = ['a red apple', 'a green apple', 'a yellow star', 'a blue house'];

/// Runs `rounds` workers of a kind one after the other in a page of the product. The files of the
/// first come from the server, those of the others from the browser's cache; only the others count.
/// Pictures have these `sides`.
export async function latency(browser, { kind, rounds, sides }, note) {
  const server = await startServer();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on('console', (message) => message.type() === 'error' && note(message.text()));
    // An empty page of the product's origin.
    await page.goto(`${server.origin}/manifest.webmanifest`);
    const lives = [];
    for (let round = 0; round <= rounds; round += 1) {
      lives.push(await page.evaluate(live, { kind, prompts: PROMPTS, sides }));
      note(`worker ${round} of ${rounds}: ${JSON.stringify(lives.at(-1), (_, x) => (typeof x === 'number' ? Math.round(x) : x))}`);
    }
    await page.close();
    const [uncached, ...cached] = lives;
    return {
      uncached_ready_ms: spread(uncached.ready_ms),
      uncached_loaded_ms: spread(uncached.loaded_ms),
      ...Object.fromEntries(
        Object.keys(uncached)
          .map((what) => [what, cached.flatMap((life) => life[what])])
          // The processor has nothing to prepare.
          .filter(([, samples]) => samples.length)
          .map(([what, samples]) => [what, spread(samples)]),
      ),
    };
  } finally {
    await server.stop();
  }
}

/// Runs one worker in the page; returns a list of times for each event.
async function live({ kind, prompts, sides }) {
  const page = new DOMParser().parseFromString(await (await fetch('/')).text(), 'text/html');
  const meta = (name) => page.querySelector(`meta[name="image2-${name}"]`).content;
  const times = { ready_ms: [], received_ms: [], loaded_ms: [], first_preview_ms: [], first_picture_ms: [] };
  for (const side of sides) Object.assign(times, { [`changed_preview_${side}_ms`]: [], [`changed_picture_${side}_ms`]: [] });
  let start = performance.now();
  const worker = new Worker(meta(`worker-${kind}`), { type: 'module' });
  /// Waits for an event of the worker, and records the time since `start` under `name`.
  const until = (wanted, name) =>
    new Promise((done, failed) => {
      worker.onerror = (event) => failed(new Error(event.message ?? 'the worker did not start'));
      worker.onmessage = ({ data: [text] }) => {
        const event = JSON.parse(text);
        if (event.type === 'failed') return failed(new Error(`${event.failure.code} ${JSON.stringify(event.failure.arguments)}`));
        // The package is received, and its passes are not compiled yet.
        if (event.type === 'preparing' && !times.received_ms.length) times.received_ms.push(performance.now() - start);
        if (!wanted(event)) return;
        times[name].push(performance.now() - start);
        done(event);
      };
    });
  const send = (request) => {
    start = performance.now();
    worker.postMessage([JSON.stringify(request), []]);
  };
  try {
    await until(({ type }) => type === 'ready', 'ready_ms');
    send({ type: 'load', url: meta('model'), fresh: false });
    const { model } = await until(({ type }) => type === 'loaded', 'loaded_ms');
    let id = 0;
    const make = async (prompt, side, preview, picture) => {
      send({ type: 'generate', id: (id += 1), recipe: { ...model.recommended, prompt, width: side, height: side, seed: 7 } });
      await until(({ type, frame }) => type === 'progress' && frame, preview);
      await until(({ type }) => type === 'done', picture);
    };
    const [first, ...changed] = prompts;
    const possible = sides.filter((side) => model.enlarges || side <= model.side_max);
    await make(first, possible[0], 'first_preview_ms', 'first_picture_ms');
    for (const side of possible) {
      for (const prompt of changed) await make(prompt, side, `changed_preview_${side}_ms`, `changed_picture_${side}_ms`);
    }
    return times;
  } finally {
    worker.terminate();
  }
}
