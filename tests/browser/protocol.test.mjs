//! The protocol between page and worker, without the page: a script speaks to a built worker, and
//! a worker of another deployment meets the page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withApp } from './harness/index.mjs';
import { small } from './harness/jobs.mjs';
import { decode, isConstant } from './harness/pictures.mjs';

/// Starts the CPU worker from a page of the same origin that starts none itself. In that page,
/// `post(message, transfer)` sends and `next(type)` returns the next event of a type, as
/// `{ event, sizes, files }` with the sizes of its buffers.
async function speak(page, origin) {
  await page.goto(`${origin}/model.html`);
  await page.evaluate(async () => {
    const index = await (await fetch('/')).text();
    const parsed = new DOMParser().parseFromString(index, 'text/html');
    const { content } = parsed.querySelector('meta[name=image2-worker-cpu]');
    const worker = new Worker(content, { type: 'module' });
    const events = [];
    let wake = () => {};
    worker.onmessage = ({ data: [text, buffers] }) => {
      const event = JSON.parse(text);
      events.push({
        event,
        sizes: buffers.map((buffer) => buffer.byteLength),
        files: event.type === 'done' ? buffers.map((buffer) => [...new Uint8Array(buffer)]) : [],
      });
      wake();
    };
    window.post = (message, transfer = []) => worker.postMessage(message, transfer);
    window.next = async (...types) => {
      for (;;) {
        while (events.length > 0) {
          const received = events.shift();
          if (types.includes(received.event.type)) return received;
        }
        await new Promise((resolve, reject) => {
          wake = resolve;
          setTimeout(() => reject(new Error(`the worker sent none of ${types} within a minute`)), 60_000);
        });
      }
    };
  });
  return {
    /// Sends a request, as text or as an object, with buffers of these sizes; returns their sizes
    /// afterwards, which are 0 if they were transferred.
    post: (request, sizes = []) =>
      page.evaluate(
        ([text, lengths]) => {
          const buffers = lengths.map((length) => new ArrayBuffer(length));
          window.post([text, buffers], buffers);
          return buffers.map((buffer) => buffer.byteLength);
        },
        [typeof request === 'string' ? request : JSON.stringify(request), sizes],
      ),
    next: (...types) => page.evaluate((wanted) => window.next(...wanted), types),
  };
}

test('a worker and a script exchange messages with the buffers that they declare', async () => {
  // The worker logs what it refuses.
  const complaints = [/from the page/, /outside this model/, /steps is outside/];
  await withApp({ complaints }, async ({ page, server }) => {
    const worker = await speak(page, server.origin);
    const { event: ready } = await worker.next('ready', 'failed');
    assert.deepEqual(ready, { type: 'ready', protocol: 3, device: { kind: 'cpu' } });

    await worker.post({ type: 'load', url: '/models/image2-mini/', fresh: false });
    const { event: loaded } = await worker.next('loaded', 'failed');
    assert.equal(loaded.type, 'loaded', JSON.stringify(loaded));
    const { recommended } = loaded.model;
    assert.equal(recommended.prompt, '');
    assert.equal(recommended.sampler, 'euler');

    // The recommended recipe goes back as it came, with a size and a number of steps.
    const recipe = { ...recommended, prompt: small.prompt, width: 128, height: 128, steps: 1 };
    await worker.post({ type: 'generate', id: 1, recipe });
    const started = await worker.next('progress', 'failed');
    assert.deepEqual(started.sizes, [], 'no pixels before the first step');
    const { event: step } = await worker.next('progress', 'failed');
    assert.deepEqual([step.stage, step.done, step.all], ['drawing', 1, 1]);
    const done = await worker.next('done', 'failed');
    assert.deepEqual(done.event.notes, []);
    assert.deepEqual(done.event.frame, { width: 128, height: 128 });
    const [picture, thumbnail] = done.files.map((file) => decode(Buffer.from(file)));
    assert.deepEqual([picture.width, picture.height], [128, 128]);
    assert.ok(!isConstant(picture), 'the buffer holds a picture');
    assert.deepEqual(thumbnail.data, picture.data, 'which is small enough to be its own thumbnail');

    // Time and memory of a picture are known without making it.
    await worker.post({ type: 'estimate', id: 9, recipe });
    const { event: estimated } = await worker.next('estimated');
    assert.equal(estimated.id, 9);
    assert.ok(estimated.outcome.Ok.memory_bytes > 0, JSON.stringify(estimated));
    await worker.post({ type: 'estimate', id: 10, recipe: { ...recipe, steps: 0 } });
    const { event: refusedBefore } = await worker.next('estimated');
    assert.equal(refusedBefore.outcome.Err.code, 'request.steps');

    // Buffers arrive in the worker too, which counts and refuses those that nothing declares.
    const left = await worker.post({ type: 'generate', id: 2, recipe }, [1024, 16]);
    assert.deepEqual(left, [0, 0], 'transferred, not copied');
    const refused = await worker.next('failed', 'done');
    assert.deepEqual(refused.event.failure, {
      code: 'protocol.buffers',
      arguments: { expected: 0, actual: 2 },
      remedy: 'reload',
    });

    for (const text of ['{"type":"format_disk"}', 'no JSON']) {
      await worker.post(text);
      const { event } = await worker.next('failed');
      assert.equal(event.failure.code, 'protocol.message', text);
    }

    // The worker is none the worse for it. What it did not read of a prompt comes as data.
    const prompt = `${'a red apple and '.repeat(40)}a quokka`;
    await worker.post({ type: 'generate', id: 3, recipe: { ...recipe, prompt } });
    const { event } = await worker.next('done', 'failed');
    assert.equal(event.id, 3, JSON.stringify(event));
    const unread = event.notes.find(({ code }) => code === 'words.unread');
    assert.ok(prompt.endsWith(unread.arguments.text), JSON.stringify(event.notes));

    // The worker has Unicode's tables from the browser: full-width letters are read as plain ones,
    // and a mark is composed with the letter before it.
    const written = [];
    for (const [text, unknown] of [
      ['a caf\u00e9 \u732b', '\u732b'],
      ['\uff21\u3000\uff43\uff41\uff46\uff45\u0301 \u732b\u0323', '\u732b\u0323'],
    ]) {
      await worker.post({ type: 'generate', id: 5, recipe: { ...recipe, prompt: text } });
      const { event: drawn, files } = await worker.next('done', 'failed');
      const notes = drawn.notes.map(({ code, arguments: { words } }) => [code, words]);
      assert.deepEqual(notes, [['words.unknown', [unknown]]], JSON.stringify(drawn));
      written.push(decode(Buffer.from(files[0])).data);
    }
    assert.deepEqual(written[1], written[0], 'both are the same prompt');

    const lost = await worker.post({ type: 'generate', id: 4, recipe: { ...recipe, width: 63 } });
    assert.deepEqual(lost, []);
    const { event: failed } = await worker.next('failed', 'done');
    assert.equal(failed.id, 4);
    assert.match(failed.failure.code, /^request\./);
    assert.equal(failed.failure.message, undefined, 'sentences are made in the page');
  });
});

test('a worker of another deployment is noticed, and the page offers to reload', async () => {
  await withApp({}, async ({ app, page, recorder }) => {
    // As if the worker's file had been replaced: its handshake carries another version.
    recorder.precede(/\/cpu-[0-9a-f]+\.js$/, () => {
      const post = globalThis.postMessage;
      globalThis.postMessage = ([text, buffers], ...rest) => {
        const newer = text.replace(/"protocol":\d+/, '"protocol":999');
        post.call(globalThis, [newer, buffers], ...rest);
      };
    });
    await app.open();
    await app.at('prompt').fill('a red apple');
    assert.equal(await app.errorCode(), 'worker.outdated');

    // The new deployment is whole once the page is loaded again.
    recorder.precede(/^$/, () => {});
    await Promise.all([page.waitForEvent('load'), app.at('error-action-reload').click()]);
    await app.loaded();
    assert.equal(await app.at('prompt').inputValue(), 'a red apple');
  });
});
