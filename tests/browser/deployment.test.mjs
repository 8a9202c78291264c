//! A page that is older than what the server delivers: it says so, and a reload costs nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withApp } from './harness/index.mjs';
import { small } from './harness/jobs.mjs';

const job = { ...small, steps: 1 };
const NEWER = JSON.stringify({ build: 'newer' });

/// The person comes back to the tab after a while.
async function comeBack(page) {
  await page.clock.fastForward(120_000);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
}

test('a page notices a newer deployment, and a reload keeps its words and pictures', async () => {
  await withApp({}, async ({ app, page, recorder }) => {
    await page.clock.install();
    await app.open();
    await app.loaded();
    for (const seed of ['18446744073709551615', '8']) {
      await app.generate({ ...job, seed });
      await app.picture(seed);
    }
    const pixels = () =>
      page.locator('[data-testid=thumb] img').evaluateAll((images) =>
        Promise.all(
          images.map(async (image) => {
            await image.decode();
            const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
            const context = canvas.getContext('2d');
            context.drawImage(image, 0, 0);
            return context.getImageData(0, 0, canvas.width, canvas.height).data.join();
          }),
        ),
      );
    const ids = () =>
      app.at('thumb').evaluateAll((thumbs) => thumbs.map((thumb) => thumb.dataset.pictureId));
    const before = { pixels: await pixels(), ids: await ids() };
    assert.equal(new Set(before.pixels).size, 2);

    await comeBack(page);
    await sleep(300);
    assert.equal(await app.at('error').count(), 0, 'the same deployment is no news');

    recorder.replace('/version.json', NEWER);
    await app.at('prompt').fill('words that are not drawn yet');
    await comeBack(page);
    assert.equal(await app.errorCode(), 'page.outdated');
    assert.equal(await app.at('thumb').count(), 2, 'and everything is still there');

    let asked = 0;
    page.on('dialog', (dialog) => {
      asked += 1;
      return dialog.accept();
    });
    await Promise.all([page.waitForEvent('load'), app.at('error-action-reload').click()]);
    await app.patiently(app.at('thumb').nth(1));
    assert.deepEqual({ pixels: await pixels(), ids: await ids() }, before);
    assert.equal(await app.at('prompt').inputValue(), 'words that are not drawn yet');
    assert.equal(await app.at('parameter-seed').textContent(), '8');
    assert.equal(asked, 0, 'nothing is lost, so nothing is asked');

    await page.reload();
    await app.loaded();
    assert.equal(await app.at('thumb').count(), 0, 'they are handed over once');
  });
});

test('a page whose worker is gone with an older deployment says so', async () => {
  const complaints = [/Failed to load resource/, /console: /];
  await withApp({ complaints }, async ({ app, recorder }) => {
    recorder.replace('/version.json', NEWER);
    recorder.lose(/\/worker\//);
    await app.open();
    await app.patiently(app.at('error')).catch(() => {});
    await app.page.waitForFunction(
      () => document.querySelector('[data-testid=error-code]')?.textContent.trim() === 'page.outdated',
    );
    await app.at('error-action-reload').waitFor();
  });
});

test('nothing is asked of the server while a picture is made', async () => {
  await withApp({}, async ({ app, page, recorder }) => {
    await page.clock.install();
    await app.open();
    await app.loaded();
    await app.generate({ ...small, steps: 50 });
    await app.step(1);
    const sent = recorder.requests.length;
    await comeBack(page);
    await sleep(300);
    assert.deepEqual(recorder.since(sent), []);
    await app.at('cancel').click();
    await app.idle();
  });
});
