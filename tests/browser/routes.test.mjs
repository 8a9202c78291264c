//! Addresses: each screen has one, an unknown one leads back, and a picture outlives the way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withApp } from './harness/index.mjs';
import { small } from './harness/jobs.mjs';

test('an unknown address says so, at any depth, and leads back', async () => {
  await withApp({}, async ({ app, page, server }) => {
    await page.goto(`${server.origin}/no/such/screen`);
    await app.at('not-found').waitFor();
    assert.equal(await page.locator('h1').count(), 1);
    await app.at('not-found-back').click();
    await app.at('prompt').waitFor();
    assert.equal(new URL(page.url()).pathname, '/');
    await page.goBack();
    await app.at('not-found').waitFor();
  });
});

test('prompt, settings and pictures outlive a change of screens', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await app.generate(small);
    const image = await (await app.picture(small.seed)).getAttribute('src');
    await page.evaluate(() => {
      history.pushState({}, '', '/nowhere');
      dispatchEvent(new PopStateEvent('popstate'));
    });
    await app.at('not-found').waitFor();
    assert.equal(await app.at('prompt').count(), 0);
    await page.goBack();
    await app.at('prompt').waitFor();
    assert.equal(await app.at('prompt').inputValue(), small.prompt);
    assert.equal(await app.at('steps').inputValue(), String(small.steps));
    assert.equal(await (await app.picture(small.seed)).getAttribute('src'), image);
  });
});

test('the first link skips the header', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'prompt');
    assert.equal(new URL(page.url()).pathname, '/');
  });
});
