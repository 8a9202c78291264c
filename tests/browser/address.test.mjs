//! The page at an address that browsers do not trust: plain http from another machine on the local network.
//! No browser offers WebGPU there, nor a clipboard.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withApp } from './harness/index.mjs';
import { small } from './harness/jobs.mjs';

test('by plain http the page draws, names the missing requirement, not the browser', async () => {
  // The browser remarks on headers that it honours on secure pages only.
  const complaints = [/Cross-Origin-Opener-Policy header has been ignored/];
  await withApp({ gpu: true, host: 'image2.test', complaints }, async ({ app, page }) => {
    await app.open();
    assert.equal(await page.evaluate(() => isSecureContext), false);
    await app.loaded();
    for (const id of ['device', 'device-hint']) {
      const words = await app.at(id).textContent();
      assert.match(words, /secure|https/i, id);
      assert.doesNotMatch(words, /Chrome|driver|browser offers no/i, id);
    }
    await app.generate({ ...small, steps: 1 });
    await app.picture(small.seed);
    assert.equal(await app.at('copy-picture').count(), 0, 'nothing is offered that cannot be');
    await app.at('copy-seed').click();
    await page.getByText('Copying was not allowed.').first().waitFor();
  });
});

test('by plain http even a GPU that was asked for is not blamed on the browser', async () => {
  const complaints = [/console: /];
  await withApp({ gpu: true, host: 'image2.test', complaints }, async ({ app }) => {
    await app.open('?device=gpu');
    assert.equal(await app.errorCode(), 'gpu.insecure');
    assert.match(await app.at('error').innerText(), /secure|https/i);
    await app.at('error-action-cpu').click();
    await app.loaded();
  });
});
