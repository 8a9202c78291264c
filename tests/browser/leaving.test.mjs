//! Leaving the page: pictures that are nowhere else are not lost without a question.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withApp } from './harness/index.mjs';
import { small } from './harness/jobs.mjs';

const job = { ...small, steps: 1 };

/// Tries to leave and returns whether the browser asked; the answer is to stay.
async function leave(page) {
  let asked = 0;
  const stay = async (dialog) => {
    asked += dialog.type() === 'beforeunload' ? 1 : 0;
    await dialog.dismiss();
  };
  page.on('dialog', stay);
  await page.evaluate(() => setTimeout(() => location.reload(), 0));
  await sleep(1_500);
  page.off('dialog', stay);
  return asked > 0;
}

test('the browser asks before a picture is lost, and not where there is nothing to lose', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await app.loaded();
    await app.at('prompt').fill('nothing was drawn yet');
    assert.equal(await leave(page), false, 'before the first picture');
    await app.loaded();

    await app.generate(job);
    await app.picture(job.seed);
    assert.equal(await leave(page), true, 'with a picture');
    assert.equal(await app.at('thumb').count(), 1, 'and it is still there');

    await app.download();
    assert.equal(await leave(page), false, 'once it is in a file');
  });
});

test('the page about the model costs no picture', async () => {
  await withApp({}, async ({ app, page, context }) => {
    await app.open();
    await app.generate(job);
    await app.picture(job.seed);
    const [other] = await Promise.all([context.waitForEvent('page'), app.at('model-link').click()]);
    await other.getByTestId('model-card').waitFor();
    assert.equal(await app.at('thumb').count(), 1);
    await page.bringToFront();
  });
});

test('a file dropped onto the page does not replace it', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    const taken = await page.evaluate(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['x'], 'photo.png', { type: 'image/png' }));
      const drop = (target, type) => {
        const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer });
        return !target.dispatchEvent(event);
      };
      return [document.body, document.getElementById('prompt')].flatMap((target) => [
        drop(target, 'dragover'),
        drop(target, 'drop'),
      ]);
    });
    assert.deepEqual(taken, [true, true, true, true]);
  });
});
