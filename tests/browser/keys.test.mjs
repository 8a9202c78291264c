//! The whole journey without a mouse.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withApp } from './harness/index.mjs';
import { long, small } from './harness/jobs.mjs';

/// More stops than the page has.
const STOPS_MAX = 60;

async function tabTo(page, id) {
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => document.activeElement?.dataset.testid);
    if (focused === id) return;
  }
  assert.fail(`Tab does not reach ${id}`);
}

test('Tab, words, Enter make a picture, and Escape stops one', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await app.loaded();

    await tabTo(page, 'prompt');
    await page.keyboard.type(long.prompt);
    const { prompt: _, ...job } = long;
    await app.set(job);
    await app.at('prompt').focus();
    await page.keyboard.press('Enter');
    await app.step(1);
    await page.keyboard.press('Escape');
    await app.idle();
    assert.equal(await app.at('picture').count(), 0);

    await app.set(small);
    await app.at('prompt').focus();
    await page.keyboard.press('Enter');
    await app.picture(small.seed);

    await tabTo(page, 'download');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.keyboard.press('Enter'),
    ]);
    assert.match(download.suggestedFilename(), /\.png$/);
  });
});

test('an empty prompt asks for words instead of failing', async () => {
  await withApp({}, async ({ app }) => {
    await app.open();
    await app.at('generate').click();
    assert.equal(await app.at('prompt').getAttribute('aria-invalid'), 'true');
    assert.equal(await app.at('error').count(), 0);
  });
});

test('Escape closes the preferences and stops nothing', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await app.loaded();
    await app.generate(long);
    await app.step(1);
    await app.at('settings').click();
    await app.at('settings-panel').waitFor();
    await page.keyboard.press('Escape');
    await app.at('settings-panel').waitFor({ state: 'hidden' });
    assert.equal(await app.at('cancel').count(), 1, 'the picture is still being made');
    await page.keyboard.press('Escape');
    await app.idle();
  });
});
