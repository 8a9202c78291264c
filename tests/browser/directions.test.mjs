//! Languages written from right to left: the page is mirrored whole, and a prompt follows its own
//! direction, whatever the page's is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { screenshot, withApp } from './harness/index.mjs';
import { small } from './harness/jobs.mjs';

const tiny = { ...small, steps: 1 };
const WINDOWS = {
  zoomed: { width: 320, height: 256 },
  phone: { width: 390, height: 844 },
  sideways: { width: 640, height: 360 },
  desktop: { width: 1280, height: 800 },
};
/// Rounding, and lines of text that break elsewhere.
const TOLERANCE = 2;
const HEBREW = 'תפוח אדום על רקע צהוב';

const turn = (page, dir) => page.evaluate((dir) => (document.documentElement.dir = dir), dir);

/// { name: [start, end] } of every box with a test id, measured from the edge where lines begin. Words
/// within a line keep their own order.
function measure(page) {
  return page.evaluate(() => {
    const root = document.documentElement;
    const found = {};
    for (const element of document.querySelectorAll('[data-testid], .brand, .top, .left, .panel')) {
      const { left, right, width } = element.getBoundingClientRect();
      if (width === 0 || getComputedStyle(element).display === 'inline') continue;
      const [start, end] =
        root.dir === 'rtl' ? [root.clientWidth - right, root.clientWidth - left] : [left, right];
      let name = element.dataset.testid ?? element.className;
      while (name in found) name += "'";
      found[name] = [start, end];
    }
    return found;
  });
}

async function assertMirrored(page, state) {
  for (const [name, viewport] of Object.entries(WINDOWS)) {
    await page.setViewportSize(viewport);
    await turn(page, 'ltr');
    const ltr = await measure(page);
    await turn(page, 'rtl');
    const rtl = await measure(page);
    await page.evaluate(() => window.scrollTo(0, 0));
    await screenshot(page, `rtl-${name}-${state}`);
    const overflow = await page.evaluate(() => {
      const root = document.documentElement;
      return root.scrollWidth - root.clientWidth;
    });
    assert.equal(overflow, 0, `${state}, ${name}: the page scrolls sideways`);
    assert.ok(Object.keys(ltr).length > 20);
    const moved = Object.keys(ltr).filter((key) =>
      ltr[key].some((place, at) => Math.abs(place - (rtl[key]?.[at] ?? NaN)) > TOLERANCE || !rtl[key]),
    );
    assert.deepEqual(
      moved.map((key) => `${key}: ${ltr[key]} and ${rtl[key]}`),
      [],
      `${state}, ${name}: not mirrored`,
    );
  }
}

test('from right to left the page is mirrored and does not scroll sideways', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await app.loaded();
    await assertMirrored(page, 'empty');
    await app.generate(tiny);
    await app.picture(tiny.seed);
    await app.idle();
    await assertMirrored(page, 'picture');
    await app.at('settings').click();
    await assertMirrored(page, 'preferences');
    await page.keyboard.press('Escape');
    await app.worker().evaluate(() => postMessage('nonsense'));
    await app.at('error').waitFor();
    await assertMirrored(page, 'error');
  });
});

test('a prompt has the direction of its own first letter', async () => {
  await withApp({}, async ({ app, page }) => {
    const direction = (locator) => locator.evaluate((element) => getComputedStyle(element).direction);
    await app.open();
    await app.loaded();
    const prompt = app.at('prompt');
    for (const dir of ['ltr', 'rtl']) {
      await turn(page, dir);
      await prompt.fill('');
      assert.equal(await direction(prompt), dir, 'the placeholder follows the page');
      await prompt.fill(HEBREW);
      assert.equal(await direction(prompt), 'rtl');
      await prompt.fill('a red apple');
      assert.equal(await direction(prompt), 'ltr');
      for (const example of await app.at('example').all()) {
        assert.equal(await direction(example), 'ltr', 'the examples are English');
      }
    }
    await turn(page, 'ltr');
    await app.generate({ ...tiny, prompt: HEBREW });
    await app.picture(tiny.seed);
    await app.idle();
    assert.equal(await direction(app.at('parameter-prompt')), 'rtl');
    assert.equal(await app.at('thumb').getAttribute('dir'), 'auto');
    await screenshot(page, 'prompt-hebrew');
  });
});
