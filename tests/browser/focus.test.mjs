//! The control that has the focus can be seen: in every window, in both directions, whatever sticks
//! to an edge, opens, fails or is loading.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observe, walk, walkBothWays } from './harness/focus.mjs';
import { screenshot, withApp } from './harness/index.mjs';
import { long, small } from './harness/jobs.mjs';

const WINDOWS = {
  '1280 × 1024 at 400 %': { width: 320, height: 256 },
  '2560 × 1024 at 400 %': { width: 640, height: 256 },
  'a phone': { width: 390, height: 844 },
  'a small phone': { width: 360, height: 560 },
  'a phone with its keyboard on the screen': { width: 390, height: 440 },
  'a phone held sideways': { width: 640, height: 360 },
  'a tablet': { width: 768, height: 1024 },
  'a desktop': { width: 1280, height: 800 },
  'a phone, from right to left': { width: 390, height: 844, dir: 'rtl' },
  'a desktop, from right to left': { width: 1280, height: 800, dir: 'rtl' },
};
/// Fewer would not be a walk over the page.
const STOPS_MIN = 12;
/// At least this part of a control is in sight: WCAG asks for more than nothing, and half of a control can
/// be recognized.
const SEEN_MIN = 0.5;

const tiny = { ...small, steps: 2 };

const hidden = (stops) =>
  stops.filter(({ seen }) => seen < SEEN_MIN).map(({ name, seen }) => `${name} (${seen.toFixed(2)})`);

/// Walks over the page in every window, each time from the control that `prepare` returns.
async function assertSeen(page, state, prepare = async () => page.locator('.skip')) {
  const faults = [];
  for (const [name, { dir = 'ltr', ...viewport }] of Object.entries(WINDOWS)) {
    await page.evaluate((dir) => (document.documentElement.dir = dir), dir);
    await page.setViewportSize(viewport);
    const { forwards, backwards } = await walkBothWays(page, await prepare());
    for (const [key, stops] of Object.entries({ Tab: forwards, 'Shift+Tab': backwards })) {
      assert.ok(stops.length >= STOPS_MIN, `${state}, ${name}, ${key}: only ${stops.length} stops`);
      if (hidden(stops).length) faults.push(`${name}, ${key}: ${hidden(stops).join(', ')}`);
    }
  }
  await page.evaluate(() => document.documentElement.removeAttribute('dir'));
  assert.deepEqual(faults, [], state);
}

/// Everything in sight that sticks to an edge of the window.
function stuck(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('body *')]
      .filter((element) => ['fixed', 'sticky'].includes(getComputedStyle(element).position))
      .filter((element) => element.checkVisibility() && element.getBoundingClientRect().bottom > 0)
      .map((element) => element.className),
  );
}

test('no control is hidden when it gets the focus', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await app.loaded();
    await assertSeen(page, 'before the first picture');

    await app.generate(tiny);
    await app.picture(tiny.seed);
    await app.idle();
    await assertSeen(page, 'with a picture');
    await page.setViewportSize(WINDOWS['1280 × 1024 at 400 %']);
    assert.deepEqual(await stuck(page), [], 'a very low window has no room for parts that stick');
    await assertSeen(page, 'with the preferences open', async () => {
      await app.at('settings').press('Enter');
      await app.at('settings-panel').waitFor();
      return app.at('settings');
    });

    await app.set({ prompt: '', seed: 'x' });
    await app.at('generate').click();
    await assertSeen(page, 'with complaints about the prompt');

    // Longer than the walk.
    await app.generate(long);
    await app.step(1);
    await assertSeen(page, 'while a picture is made');
    await app.at('cancel').click();
    await app.idle();

    await app.set({ prompt: 'a long prompt of many words '.repeat(20) });
    await app.worker().evaluate(() => postMessage('nonsense'));
    await app.at('error').waitFor();
    await assertSeen(page, 'with a failure on show');
  });
});

test('no control is hidden while the model loads', async () => {
  await withApp({}, async ({ app, page, context }) => {
    // The requests for the model are never answered.
    await context.route(/\/models\//, () => {});
    await app.open();
    await app.at('load-progress').waitFor();
    await app.set({ prompt: 'a long prompt of many words '.repeat(20), seed: 'x' });
    await assertSeen(page, 'while the model loads');
    await context.unrouteAll({ behavior: 'ignoreErrors' });
  });
});

test('a field that needs another value is in sight when it gets the focus', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await app.loaded();
    await app.generate(tiny);
    await app.picture(tiny.seed);
    await app.idle();
    for (const [name, { width, height }] of Object.entries(WINDOWS)) {
      await page.setViewportSize({ width, height });
      await app.set({ seed: 'nonsense', prompt: small.prompt });
      await app.at('prompt').press('Enter');
      const seed = await page.evaluate(observe);
      assert.equal(seed.name, 'seed', name);
      assert.ok(seed.seen >= SEEN_MIN, `${name}: ${seed.seen} of the seed is in sight`);

      await app.set({ prompt: '' });
      await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
      await page.keyboard.press('Control+Enter');
      const prompt = await page.evaluate(observe);
      assert.equal(prompt.name, 'prompt', name);
      assert.ok(prompt.seen >= SEEN_MIN, `${name}: ${prompt.seen} of the prompt is in sight`);
    }
  });
});

test('the preferences close when the focus leaves them, and stay open within', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    const panel = app.at('settings-panel');
    await app.at('settings').press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    assert.ok(await panel.isVisible(), 'the focus is within');
    const stops = await walk(page, 'Tab');
    assert.ok(stops.length > STOPS_MIN);
    assert.ok(!(await panel.isVisible()), 'the focus has left');

    // The button closes what it opened.
    await app.at('settings').click();
    await page.keyboard.press('Tab');
    // Two presses at once count as one.
    await page.waitForTimeout(600);
    await app.at('settings').click();
    assert.ok(!(await panel.isVisible()), 'pressed a second time');
  });
});

test('after a panic only the way back can have the focus', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await page.evaluate(() => (document.documentElement.dataset.boot = 'panicked'));
    await screenshot(page, 'panicked');
    await page.keyboard.press('Tab');
    const stops = await walk(page, 'Tab');
    assert.deepEqual(stops.map(({ name, seen }) => [name, seen]), [['fatal-reload', 1]]);
  });
});
