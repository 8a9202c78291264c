//! The page on a phone and on a desktop, light and dark: screenshots for people to look at, and checks
//! that a program can make.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { screenshot, withApp } from './harness/index.mjs';
import { long, small } from './harness/jobs.mjs';

const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 } };

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark']) {
    test(`the page on a ${size === 'desk' ? 'desktop' : size}, ${colorScheme}`, async () => {
      const page = { viewport, colorScheme, hasTouch: size === 'phone', isMobile: size === 'phone' };
      await withApp({ page }, async ({ app, page, context }) => {
        const shoot = async (scene, shown = page) => {
          // Filling in the fields has scrolled the page; a visitor begins at the top.
          await shown.evaluate(() => window.scrollTo(0, 0));
          await screenshot(shown, `${size}-${colorScheme}-${scene}`);
          const overflow = await shown.evaluate(
            () => document.documentElement.scrollWidth - window.innerWidth,
          );
          assert.ok(overflow <= 0, `${scene}: ${overflow} pixels wider than the window`);
        };
        await app.open();
        await app.loaded();
        await shoot('empty');

        // Long enough for a screenshot of the work; then at the model's own settings, as visitors get it.
        await app.generate(long);
        await app.progress('enlarging', 1);
        await shoot('working');
        await app.at('cancel').click();
        await app.idle();
        await app.at('reset').click();
        await app.generate({ seed: small.seed });
        await app.picture(small.seed);
        await app.idle();
        await shoot('picture');

        await app.at('settings').click();
        await app.at('settings-panel').waitFor();
        await shoot('preferences');
        await page.keyboard.press('Escape');

        await app.worker().evaluate(() => postMessage('nonsense'));
        await app.at('error').waitFor();
        await shoot('error');

        // A tab of its own, so that the pictures are kept.
        const [card] = await Promise.all([context.waitForEvent('page'), app.at('model-link').click()]);
        await card.getByTestId('model-card').waitFor();
        await shoot('model', card);
      });
    });
  }
}

test('the chosen theme is kept, and no other one shows while the page loads', async () => {
  await withApp({ page: { colorScheme: 'light' } }, async ({ app, page }) => {
    const background = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await app.open();
    const light = await background();
    await app.at('settings').click();
    await app.at('theme-dark').check({ force: true });
    const dark = await background();
    assert.notEqual(dark, light);
    await page.reload({ waitUntil: 'domcontentloaded' });
    assert.equal(await background(), dark);
  });
});
