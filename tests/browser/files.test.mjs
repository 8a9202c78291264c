//! The file that leaves the app: always marked as generated, and silent about the words that
//! made it unless its maker wants them told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withApp } from './harness/index.mjs';
import { small } from './harness/jobs.mjs';
import { decode, texts } from './harness/pictures.mjs';

/// IPTC's term for a picture made by a trained model.
const MARK = 'trainedAlgorithmicMedia';

const job = { ...small, prompt: 'a teapot called “Ünsinn” 🫖' };

function all(png) {
  return texts(png).map(({ keyword, text }) => `${keyword}: ${text}`).join('\n');
}

test('a download carries the mark, and the parameters only if wanted', async () => {
  await withApp({}, async ({ app }) => {
    await app.open();
    await app.generate(job);
    await app.picture(job.seed);

    const silent = await app.download();
    assert.match(silent.name, /\.png$/);
    assert.equal(decode(silent.png).width, job.width);
    assert.ok(all(silent.png).includes(MARK));
    assert.ok(!silent.png.includes('teapot') && !all(silent.png).includes('teapot'));

    await app.at('embed-parameters').check();
    const telling = await app.download();
    const words = all(telling.png);
    assert.ok(words.includes(MARK));
    assert.ok(words.includes(job.prompt), words);
    assert.match(words, /seed\D{0,5}7\b/i);
    assert.deepEqual(decode(telling.png).data, decode(silent.png).data, 'the same pixels');
  });
});

test('what the page shows is marked as well, for those who save it by the browser', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await app.generate(job);
    const image = await app.picture(job.seed);
    // The policy forbids the page to fetch it; a canvas would take the mark off.
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      image.evaluate((element) => {
        const link = document.createElement('a');
        link.href = element.src;
        link.download = 'shown.png';
        link.click();
      }),
    ]);
    const { readFile } = await import('node:fs/promises');
    const png = await readFile(await download.path());
    assert.ok(all(png).includes(MARK));
    assert.ok(!all(png).includes('teapot'));
  });
});
