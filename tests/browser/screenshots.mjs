//! Takes the README's pictures of the app: `node screenshots.mjs FOLDER`, run by
//! `cargo xtask screenshots`.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withApp } from './harness/index.mjs';
import { indexedPng } from './harness/indexed.mjs';
import { decode } from './harness/pictures.mjs';

/// File names, options of the page, and what to generate. Seeds are fixed, so that the screenshots
/// change only with the app or the model.
const SHOTS = {
  desktop: {
    page: { viewport: { width: 1200, height: 760 }, colorScheme: 'light' },
    job: { prompt: 'a flat owl on a lavender background', seed: '2' },
  },
  phone: {
    page: {
      viewport: { width: 390, height: 760 },
      deviceScaleFactor: 2,
      colorScheme: 'dark',
      hasTouch: true,
      isMobile: true,
    },
    job: { prompt: 'a 3d rocket', seed: '1' },
  },
};

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: node screenshots.mjs FOLDER');
await mkdir(folder, { recursive: true });
for (const [name, { page: options, job }] of Object.entries(SHOTS)) {
  await withApp({ page: options }, async ({ app, page }) => {
    await app.open();
    await app.loaded();
    await app.generate(job);
    await app.picture(job.seed);
    await app.idle();
    // Without a focus ring, and from the top: filling in the fields scrolled the page.
    await page.evaluate(() => {
      document.activeElement?.blur();
      window.scrollTo(0, 0);
    });
    const screenshot = decode(await page.screenshot({ animations: 'disabled' }));
    await writeFile(join(folder, `${name}.png`), indexedPng(screenshot));
  });
}
