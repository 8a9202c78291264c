//! For those who do not see the screen, or not well: every scene of the page against the rules
//! of WCAG 2.2 AA that a program can check, by day and by night.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { withApp } from './harness/index.mjs';
import { long, small } from './harness/jobs.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function faults(page) {
  // By the debugger, which the page's policy does not bind.
  await page.evaluate(axe);
  return page.evaluate(async (values) => {
    // The link that skips the header stands before all landmarks, as it must.
    const context = { exclude: ['.skip'] };
    const { violations } = await window.axe.run(context, { runOnly: { type: 'tag', values } });
    return violations.map(
      ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`,
    );
  }, RULES);
}

for (const colorScheme of ['light', 'dark']) {
  test(`no scene breaks a rule, ${colorScheme}`, async () => {
    await withApp({ page: { colorScheme } }, async ({ app, page }) => {
      await app.open();
      await app.loaded();
      assert.deepEqual(await faults(page), [], 'empty');

      await app.generate(long);
      await app.step(1);
      assert.deepEqual(await faults(page), [], 'working');
      await app.at('cancel').click();
      await app.idle();

      await app.generate(small);
      await app.picture(small.seed);
      await app.idle();
      assert.deepEqual(await faults(page), [], 'picture');

      await app.at('settings').click();
      await app.at('settings-panel').waitFor();
      assert.deepEqual(await faults(page), [], 'preferences');
      await page.keyboard.press('Escape');

      await app.worker().evaluate(() => postMessage('nonsense'));
      await app.at('error').waitFor();
      assert.deepEqual(await faults(page), [], 'error');

      await app.at('model-link').click();
      await app.at('model-card').waitFor();
      assert.deepEqual(await faults(page), [], 'model');
    });
  });
}
