//! For people who choose their own colours, need more contrast or cannot bear motion: every state that
//! colour expresses is expressed by something else, too.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { screenshot, withApp } from './harness/index.mjs';
import { long, small } from './harness/jobs.mjs';
import { contrast, difference, pixels, pixelsAround, shape } from './harness/looks.mjs';

const tiny = { ...small, steps: 1 };
/// Fewer pixels that differ are noise of the drawing.
const DIFFERENCE_MIN = 30;

/// Asks with a key: a second click within half a second counts as the first one.
async function ask(app, job) {
  await app.set(job);
  await app.at('prompt').press('Enter');
}

async function makePicture(app, seed) {
  await ask(app, { ...tiny, seed });
  await app.picture(seed);
  await app.idle();
}

/// Puts a bar of the page's style into the page; `value` of 1, or none for an unknown length.
async function showBar(page, value) {
  await page.evaluate((value) => {
    document.querySelector('#bar')?.remove();
    const ground = document.createElement('div');
    ground.id = 'bar';
    ground.style = 'position: fixed; z-index: 9; inset: 0 auto auto 0; width: 200px; background: var(--paper)';
    document.body.append(ground);
    const bar = document.createElement('progress');
    bar.max = 1;
    if (value !== null) bar.value = value;
    ground.append(bar);
    // A moving bar is compared in the middle of its way.
    for (const animation of bar.getAnimations()) {
      animation.pause();
      animation.currentTime = animation.effect.getTiming().duration / 2;
    }
  }, value);
  return pixels(page, page.locator('#bar progress'));
}

async function assertBarsDiffer(page) {
  const bars = {};
  for (const [name, value] of [['empty', 0], ['half', 0.5], ['full', 1], ['unknown', null]]) {
    bars[name] = await showBar(page, value);
  }
  await page.evaluate(() => document.querySelector('#bar').remove());
  const names = Object.keys(bars);
  for (const one of names) {
    for (const other of names.slice(names.indexOf(one) + 1)) {
      const count = difference(bars[one], bars[other]);
      assert.ok(count >= DIFFERENCE_MIN, `bars ${one} and ${other} differ by ${count} pixels`);
    }
  }
}

/// Walks over the page; each control looks different while it has the focus.
async function assertFocusShows(page) {
  const faults = [];
  await page.locator('.skip').focus();
  for (;;) {
    const box = await page.evaluate(() => {
      const active = document.activeElement;
      if (active === document.body) return null;
      const isInvisible = getComputedStyle(active).opacity === '0';
      const { x, y, width, height } = ((isInvisible && active.closest('label')) || active).getBoundingClientRect();
      return { x, y, width, height, name: active.dataset.testid ?? active.className };
    });
    if (!box) break;
    const focused = await pixelsAround(page, box);
    await page.evaluate(() => document.activeElement.blur());
    const count = difference(focused, await pixelsAround(page, box));
    if (count < DIFFERENCE_MIN) faults.push(`${box.name}: ${count} pixels`);
    await page.keyboard.press('Tab');
  }
  assert.deepEqual(faults, [], 'the focus does not show');
}

/// Behind an image that is transparent there is a pattern.
async function assertTransparencyShows(page, image) {
  const ground = image.locator('..');
  await image.evaluate((image) => (image.style.visibility = 'hidden'));
  const pattern = await pixels(page, ground);
  await ground.evaluate((ground) => (ground.style.background = 'Canvas'));
  const count = difference(await pixels(page, ground), pattern);
  assert.ok(count > 500, `${count} pixels say that the image is transparent`);
  await image.evaluate((image) => (image.style.visibility = ''));
  await ground.evaluate((ground) => (ground.style.background = ''));
}

async function assertShapesDiffer(one, other, what) {
  assert.notEqual(await shape(one), await shape(other), `${what}: only the colour differs`);
}

for (const colorScheme of ['light', 'dark']) {
  test(`forced colours lose no state, ${colorScheme}`, async () => {
    const options = { forcedColors: 'active', colorScheme, viewport: { width: 1280, height: 900 } };
    await withApp({ page: options }, async ({ app, page }) => {
      /// Runs `act` and compares the control before and after.
      const assertChanges = async (locator, act, what) => {
        const [before, drawnBefore] = [await shape(locator), await pixels(page, locator)];
        await act();
        await page.evaluate(() => document.activeElement.blur());
        assert.notEqual(await shape(locator), before, `${what}: only the colour differs`);
        const count = difference(await pixels(page, locator), drawnBefore);
        assert.ok(count >= DIFFERENCE_MIN, `${what}: ${count} pixels differ`);
      };

      await app.open();
      await app.loaded();
      await assertBarsDiffer(page);
      await screenshot(page, `forced-${colorScheme}-empty`);

      await assertChanges(app.at('prompt'), () => ask(app, {}), 'a missing prompt');
      await app.set({ seed: '1', prompt: small.prompt });
      await assertChanges(app.at('seed'), () => ask(app, { seed: 'nonsense' }), 'an unreadable seed');
      await app.set({ seed: '1' });
      await assertChanges(app.at('seed-lock'), () => app.at('seed-lock').click(), 'the lock');

      const placeholder = await app.at('prompt').evaluate((prompt) => [
        getComputedStyle(prompt, '::placeholder').fontStyle,
        getComputedStyle(prompt).fontStyle,
      ]);
      assert.notEqual(...placeholder, 'a placeholder is not a value');

      const shapes = page.locator('.shape');
      const chosen = page.locator('.shape:has(:checked)');
      await assertShapesDiffer(chosen, page.locator('.shape:not(:has(:checked))').first(), 'a shape');
      await assertChanges(shapes.last(), () => shapes.last().click(), 'another shape');

      await app.set(long);
      await assertChanges(app.at('generate'), () => app.at('generate').click(), 'Generate at work');
      await app.step(1);
      // Until the first preview there is only the place of the picture.
      await page.evaluate(() => document.querySelector('.picture').classList.add('blank'));
      assert.match(await shape(page.locator('.picture')), /outline-style: dashed/);
      await app.at('cancel').click();
      await app.idle();

      await makePicture(app, '1');
      await makePicture(app, '2');
      await assertShapesDiffer(app.at('thumb').first(), app.at('thumb').last(), 'the current thumb');
      const thumb = app.at('thumb').last();
      await assertChanges(thumb, () => thumb.click(), 'another thumb');

      assert.match(await shape(page.locator('.picture')), /outline-style: solid/, 'the edge');
      await assertTransparencyShows(page, app.at('picture'));
      await assertTransparencyShows(page, app.at('thumb').first().locator('img'));
      await assertShapesDiffer(app.at('download'), app.at('reuse'), 'the main action');
      await app.at('thumb').first().click();
      await page.evaluate(() => window.scrollTo(0, 0));
      await screenshot(page, `forced-${colorScheme}-picture`);

      await assertFocusShows(page);

      await app.at('settings').click();
      const segments = page.locator('.segment :not(:checked) + span');
      for (const segment of await page.locator('.segment :checked + span').all()) {
        await assertShapesDiffer(segment, segments.first(), 'a chosen segment');
      }
      await screenshot(page, `forced-${colorScheme}-preferences`);
      await page.keyboard.press('Escape');

      await app.worker().evaluate(() => postMessage('nonsense'));
      await app.at('error').waitFor();
      await screenshot(page, `forced-${colorScheme}-error`);
    });
  });
}

test('a picture in the making shows among the thumbs in forced colours', async () => {
  const options = { forcedColors: 'active', viewport: { width: 1280, height: 900 } };
  await withApp({ page: options }, async ({ app, page }) => {
    await app.open();
    await app.loaded();
    await makePicture(app, '1');
    await ask(app, long);
    const live = page.locator('.thumb.live');
    await live.waitFor();
    const pulse = page.locator('.pulse');
    await pulse.evaluate((pulse) => pulse.getAnimations().forEach((animation) => animation.cancel()));
    const shown = await pixels(page, live);
    await pulse.evaluate((pulse) => (pulse.style.visibility = 'hidden'));
    assert.ok(difference(shown, await pixels(page, live)) >= DIFFERENCE_MIN);
    await app.at('cancel').click();
    await app.idle();
  });
});

for (const colorScheme of ['light', 'dark']) {
  test(`more contrast is given where it is asked for, ${colorScheme}`, async () => {
    const options = { contrast: 'more', colorScheme, viewport: { width: 1280, height: 900 } };
    await withApp({ page: options }, async ({ app, page }) => {
      await app.open();
      await app.loaded();
      const style = (selector, name, pseudo) =>
        page.locator(selector).first().evaluate(
          (element, [name, pseudo]) => getComputedStyle(element, pseudo)[name],
          [name, pseudo],
        );
      const paper = await style('html', 'backgroundColor');
      const raised = await style('#prompt', 'backgroundColor');
      const texts = {
        note: [await style('.note', 'color'), paper],
        placeholder: [await style('#prompt', 'color', '::placeholder'), raised],
        device: [await style('.device', 'color'), paper],
      };
      for (const [name, [text, ground]] of Object.entries(texts)) {
        assert.ok(contrast(text, ground) >= 7, `${name}: ${text} on ${ground}`);
      }
      for (const selector of ['#prompt', '.plain', '.shape', '.machine']) {
        const line = await style(selector, 'borderBlockStartColor');
        assert.ok(contrast(line, paper) >= 4.5, `the edge of ${selector}: ${line} on ${paper}`);
      }
      await assertBarsDiffer(page);
      await app.at('settings').click();
      const [chosen, ground] = [
        await style('.segment :checked + span', 'borderBlockStartColor'),
        await style('.segments', 'backgroundColor'),
      ];
      assert.ok(contrast(chosen, ground) >= 4.5, `a chosen segment: ${chosen} on ${ground}`);
      await screenshot(page, `contrast-${colorScheme}`);
    });
  });
}

test('with reduced motion nothing moves, and a bar of unknown length is not an empty one', async () => {
  await withApp({ page: { reducedMotion: 'reduce' } }, async ({ app, page, context }) => {
    // `just-arrived` only holds presses off: nothing moves.
    const moving = () =>
      page.evaluate(() =>
        document
          .getAnimations()
          .filter(({ animationName }) => animationName !== 'just-arrived')
          .map(({ effect }) => effect.target.outerHTML),
      );
    const release = [];
    await context.route(/\/models\//, async (route) => {
      await new Promise((done) => release.push(done));
      await route.continue();
    });
    await app.open();
    await app.at('load-progress').waitFor();
    assert.deepEqual(await moving(), [], 'while the model loads');
    await context.unrouteAll({ behavior: 'ignoreErrors' });
    release.forEach((done) => done());
    await app.loaded();
    await assertBarsDiffer(page);
    await app.generate(long);
    await app.at('progress').waitFor();
    assert.deepEqual(await moving(), [], 'while a picture is made');
    await app.at('cancel').click();
    await app.idle();
  });
});
