//! Keys of an input method (Chinese, Japanese, Korean): they choose words, and do nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withApp } from './harness/index.mjs';
import { long } from './harness/jobs.mjs';

/// As browsers send a key that an input method takes. Safari ends the composition first.
const FORMS = {
  'while composing': { keyCode: 229, isComposing: true },
  'after composing, as Safari sends it': { keyCode: 229, isComposing: false },
};

async function press(app, init) {
  await app.at('prompt').evaluate((field, wanted) => {
    field.focus();
    field.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...wanted }));
  }, init);
}

for (const [form, codes] of Object.entries(FORMS)) {
  test(`Enter ${form} starts no picture, and Escape cancels none`, async () => {
    await withApp({}, async ({ app }) => {
      await app.open();
      await app.loaded();
      await app.set({ ...long, prompt: 'りんご' });
      await press(app, { key: 'Enter', ...codes });
      await press(app, { key: 'Enter', ctrlKey: true, ...codes });
      await sleep(300);
      assert.equal(await app.at('cancel').count(), 0, 'no picture is made');

      await app.at('generate').click();
      await app.step(1);
      await press(app, { key: 'Escape', ...codes });
      await sleep(500);
      assert.match(await app.at('cancel').textContent(), /^Cancel$|^Stop$/, 'nothing is being cancelled');
      await press(app, { key: 'Escape' });
      await app.idle();
      assert.equal(await app.at('thumb').count(), 0);
    });
  });
}
