//! Every state of the page against those rules of WCAG 2.2 AA that a program can check, in light, dark
//! and forced colours.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { withApp } from './harness/index.mjs';
import { long, small } from './harness/jobs.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/// The rules that the page breaks now, with the elements that break them.
async function violationsOn(page) {
  // Evaluated by the debugger, to which the page's security policy does not apply.
  await page.evaluate(axe);
  return page.evaluate(async (values) => {
    // The link that skips the header precedes all landmarks on purpose.
    const context = { exclude: ['.skip'] };
    const { violations } = await window.axe.run(context, { runOnly: { type: 'tag', values } });
    return violations.map(
      ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`,
    );
  }, RULES);
}

const COLOURS = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  forced: { colorScheme: 'dark', forcedColors: 'active' },
};

for (const [colours, options] of Object.entries(COLOURS)) {
  test(`no state breaks a rule, ${colours} colours`, async () => {
    // In the middle of a transition, a colour has a contrast that nobody sees for long.
    await withApp({ page: { ...options, reducedMotion: 'reduce' } }, async ({ app, page, context }) => {
      await app.open();
      await app.loaded();
      assert.deepEqual(await violationsOn(page), [], 'empty');

      await app.generate(long);
      await app.step(1);
      assert.deepEqual(await violationsOn(page), [], 'working');
      await app.at('cancel').click();
      await app.idle();

      await app.generate(small);
      await app.picture(small.seed);
      await app.idle();
      assert.deepEqual(await violationsOn(page), [], 'picture');

      await app.at('settings').click();
      await app.at('settings-panel').waitFor();
      assert.deepEqual(await violationsOn(page), [], 'preferences');
      await page.keyboard.press('Escape');

      await app.worker().evaluate(() => postMessage('nonsense'));
      await app.at('error').waitFor();
      assert.deepEqual(await violationsOn(page), [], 'error');

      // A tab of its own, so that the pictures are kept.
      const [card] = await Promise.all([context.waitForEvent('page'), app.at('model-link').click()]);
      await card.getByTestId('model-card').waitFor();
      assert.deepEqual(await violationsOn(card), [], 'model');
    });
  });
}
