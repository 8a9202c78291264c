//! The witness of all traffic must itself be beyond doubt: a browser sends it everything, and it
//! lets nothing through to strangers.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { launch, watch } from '../harness/browser.mjs';
import { startRecorder } from '../harness/recorder.mjs';

const PAGE = `<!DOCTYPE html><link rel="icon" href="data:,"><script>
  const worker = new Worker(URL.createObjectURL(new Blob([
    "fetch('ORIGIN/from-worker', { method: 'POST', body: 'secret' }).catch(() => {}).then(() => postMessage(1))"
  ])));
  worker.onmessage = () => { document.title = 'done'; };
  fetch('http://stranger.example/leak').catch(() => {});
  new WebSocket('ws://stranger.example/socket');
</script>`;

test('requests of pages, workers and sockets are recorded, and none reaches another host', async () => {
  const received = [];
  const server = http.createServer((request, response) => {
    received.push(request.url);
    response.setHeader('content-type', 'text/html');
    response.end(PAGE.replace('ORIGIN', `http://${request.headers.host}`));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const recorder = await startRecorder(origin);
  const { context, close } = await launch({ gpu: false, proxy: recorder.address });
  try {
    const page = await context.newPage();
    const complaints = watch(page);
    await page.goto(`${origin}/`);
    await page.waitForFunction(() => document.title === 'done');

    assert.deepEqual(received.sort(), ['/', '/from-worker']);
    const posted = recorder.requests.find(({ url }) => url.endsWith('/from-worker'));
    assert.equal(posted.bytes, 'secret'.length);
    const strangers = recorder.strangers();
    assert.ok(strangers.some(({ url }) => url.includes('/leak')), 'the fetch is seen');
    assert.ok(strangers.some(({ method }) => method === 'CONNECT'), 'the socket is seen');
    assert.ok(strangers.every(({ refused }) => refused), 'and refused');
    const others = strangers.filter(({ url }) => !url.includes('stranger.example'));
    assert.deepEqual(others, [], 'the browser itself is silent');
    assert.ok(complaints.length > 0, 'the console is recorded');

    const reaches = () => page.evaluate(() => fetch('/again').then(() => true, () => false));
    recorder.unplug();
    assert.equal(await reaches(), false);
    recorder.unplug(false);
    assert.equal(await reaches(), true);
  } finally {
    await close();
    await recorder.stop();
    server.close();
  }
});
