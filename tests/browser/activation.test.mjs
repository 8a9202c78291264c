//! Impatient, trembling and habitual hands: an activation that comes twice counts once, and never
//! hits the control that took the first one's place.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withApp } from './harness/index.mjs';
import { medium, small } from './harness/jobs.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/// The middle of a control.
async function middle(app, id) {
  await app.at(id).scrollIntoViewIfNeeded();
  const { x, y, width, height } = await app.at(id).boundingBox();
  return [x + width / 2, y + height / 2];
}

/// Two presses at one place, `pauseMs` apart by the page's own clock: a busy machine stretches no pause.
async function twice(page, press, pauseMs = 120) {
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1_000);
  await press();
  await page.clock.runFor(pauseMs);
  await press();
  await page.clock.resume();
}

test('a double click is one press of a button, a toggle and a box', async () => {
  await withApp({}, async ({ app, page }) => {
    await page.clock.install();
    await app.open();
    await app.loaded();
    const clickTwice = async ([x, y], pauseMs) => twice(page, () => page.mouse.click(x, y), pauseMs);

    await clickTwice(await middle(app, 'seed-lock'));
    assert.equal(await app.at('seed-lock').getAttribute('aria-pressed'), 'true');

    await clickTwice(await middle(app, 'settings'));
    assert.ok(await app.at('settings-panel').isVisible(), 'the preferences are open');
    await page.keyboard.press('Escape');

    await app.set({ ...small, steps: 2 });
    await clickTwice(await middle(app, 'generate'), 250);
    await app.picture(small.seed);
    await app.idle();
    await sleep(600);
    await app.idle();
    assert.equal(await app.at('thumb').count(), 1);

    const box = page.locator('.check');
    const { x, y } = await box.boundingBox();
    await clickTwice([x + 8, y + 8]);
    assert.ok(await app.at('embed-parameters').isChecked());

    const saved = [];
    page.on('download', (download) => saved.push(download));
    await clickTwice(await middle(app, 'download'));
    await sleep(800);
    assert.equal(saved.length, 1);
  });
});

test('a press that is meant to be repeated is', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    const seeds = new Set();
    const [x, y] = await middle(app, 'seed-roll');
    for (let press = 0; press < 4; press += 1) {
      await page.mouse.click(x, y);
      await sleep(100);
      seeds.add(await app.at('seed').inputValue());
    }
    assert.equal(seeds.size, 4);
  });
});

test('a second press while a picture is made leaves the seed on show alone', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await app.loaded();
    const { seed: _, ...job } = medium;
    await app.set(job);
    await app.at('generate').click();
    await app.step(1);
    await app.at('generate').click({ force: true });
    await app.at('prompt').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Enter');
    await app.patiently(app.at('thumb').first());
    await app.idle();
    const used = (await app.at('parameter-seed').textContent()).trim();
    assert.equal(await app.at('seed').inputValue(), used);
    assert.equal(await app.at('thumb').count(), 1);
  });
});

test('a key held down is one press, on every control', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await app.loaded();
    const hold = async (key) => {
      for (let repeat = 0; repeat < 30; repeat += 1) {
        await page.keyboard.down(key);
        await sleep(40);
      }
      await page.keyboard.up(key);
    };
    await app.set({ ...small, steps: 1, guidance: 1 });
    await app.at('prompt').focus();
    await hold('Enter');
    await app.picture(small.seed);
    await app.at('generate').focus();
    await hold('Enter');
    await app.patiently(app.at('thumb').nth(1));
    await sleep(500);
    await app.idle();
    assert.equal(await app.at('thumb').count(), 2);
    assert.equal(await app.at('prompt').inputValue(), small.prompt, 'no line feeds either');

    await app.at('seed-lock').focus();
    await hold('Enter');
    assert.equal(await app.at('seed-lock').getAttribute('aria-pressed'), 'false');
  });
});

for (const pauseMs of [120, 280, 450]) {
  test(`two taps ${pauseMs} ms apart on a phone start a picture and do not cancel it`, async () => {
    await withApp({ page: PHONE }, async ({ app, page }) => {
      await page.clock.install();
      await app.open();
      await app.loaded();
      await app.set({ ...medium, seed: small.seed });
      await app.at('prompt').blur();
      const [x, y] = await middle(app, 'generate');
      await twice(page, () => page.touchscreen.tap(x, y), pauseMs);
      await app.picture(small.seed);
    });
  });
}

test('a tap that comes too late to cancel does not start the next picture', async () => {
  await withApp({ page: PHONE }, async ({ app, page }) => {
    await app.open();
    await app.loaded();
    await app.set({ ...small, steps: 4 });
    await app.at('prompt').blur();
    await app.at('generate').tap();
    await app.at('cancel').waitFor();
    const [x, y] = await middle(app, 'cancel');
    await app.idle();
    await page.touchscreen.tap(x, y);
    await sleep(700);
    await app.idle();
    assert.equal(await app.at('thumb').count(), 1);
    // A moment later it is an ordinary button again.
    await page.touchscreen.tap(x, y);
    await app.patiently(app.at('thumb').nth(1));
  });
});
