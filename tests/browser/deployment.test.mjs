//! A page that is older than what the server delivers: it says so, and a reload costs nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withApp } from './harness/index.mjs';
import { small } from './harness/jobs.mjs';
import { decode } from './harness/pictures.mjs';

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

test('pictures that a page of version 0.1 kept for its reload are taken over', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    // As that version wrote them: the record, and pixels in place of files.
    await page.evaluate(async () => {
      const record = {
        id: '07070707-0707-4707-8707-070707070707',
        created_ms: 1_800_000_000_000,
        recipe: { prompt: 'a fox', seed: 7, width: 2, height: 1, steps: 4, guidance: 2, sampler: 'euler', shift: 1 },
        model: { name: 'image2-mini', title: 'Image 2 Mini', digest: 'ab' },
        device: { kind: 'cpu' },
        elapsed_ms: 1234.5,
      };
      const pixels = Uint8Array.of(1, 2, 3, 255, 9, 8, 7, 100);
      const opened = indexedDB.open('image2-handover', 1);
      opened.onupgradeneeded = () => opened.result.createObjectStore('pictures');
      await new Promise((done) => (opened.onsuccess = done));
      const transaction = opened.result.transaction('pictures', 'readwrite');
      transaction.objectStore('pictures').add([[JSON.stringify(record), pixels]], 1_800_000_000_000);
      await new Promise((done) => (transaction.oncomplete = done));
      opened.result.close();
      sessionStorage.setItem('image2.handover', '1800000000000');
    });
    await page.reload();
    await app.picture('7');
    assert.equal(await app.at('parameter-prompt').textContent(), 'a fox');
    const { data } = decode((await app.download()).png);
    assert.deepEqual([...data], [1, 2, 3, 255, 9, 8, 7, 100]);
  });
});
