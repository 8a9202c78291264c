//! The page as it is delivered: nothing inline, nothing from elsewhere, and small.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withApp } from './harness/index.mjs';

test('the page runs under its strict policy, from files of its own', async () => {
  await withApp({}, async ({ app, page, recorder, server }) => {
    const answer = await page.goto(`${server.origin}/`);
    const policy = answer.headers()['content-security-policy'];
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'/);
    assert.doesNotMatch(policy, /'unsafe-|https?:/);

    const html = await answer.text();
    for (const [script] of html.matchAll(/<script[^>]*>/g)) assert.match(script, / src=/);
    assert.doesNotMatch(html, / style=| on[a-z]+=|<style|nonce/);
    for (const worker of ['gpu', 'cpu']) {
      assert.match(html, new RegExp(`name="image2-worker-${worker}" content="/worker/`));
    }

    await app.at('prompt').waitFor();
    await app.loaded();
    assert.ok(recorder.requests.every(({ method }) => method === 'GET'));
    assert.ok(recorder.requests.every(({ bytes }) => bytes === 0));
  });
});

test('what is delivered is compressed and kept by the browser', async () => {
  await withApp({}, async ({ app, page }) => {
    const answers = [];
    page.on('response', (answer) => answers.push(answer));
    await app.open();
    const code = answers.filter((answer) => /\.(js|wasm)$/.test(new URL(answer.url()).pathname));
    assert.ok(code.length >= 2);
    for (const answer of code) {
      const headers = await answer.allHeaders();
      assert.match(headers['cache-control'] ?? '', /immutable/, answer.url());
      const isLarge = (await answer.body()).length > 4096;
      if (isLarge) assert.equal(headers['content-encoding'], 'br', answer.url());
    }
  });
});

test('the model says what it is, under the same policy and without any code of its own', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await app.loaded();
    await app.at('model-link').click();
    const card = app.at('model-card');
    await card.waitFor();
    const text = await card.innerText();
    for (const part of ['Image 2 Mini', 'Licence', 'fluent-emoji', 'CC-BY-4.0', 'kWh']) {
      assert.ok(text.includes(part), `the card does not say ${part}`);
    }
    assert.equal(await page.locator('h1').count(), 1);
    const html = await page.content();
    assert.doesNotMatch(html, / style=| on[a-z]+=|<style|nonce|wasm/);
    await page.getByRole('link', { name: 'Back to Image 2' }).click();
    await app.at('prompt').waitFor();
  });
});
