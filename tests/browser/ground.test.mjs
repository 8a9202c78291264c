//! The ground: a layer below the drawing, chosen at any time and composed where a file leaves the page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withApp } from './harness/index.mjs';
import { tinyPackage } from './harness/packages.mjs';
import { decode, texts } from './harness/pictures.mjs';

const job = { prompt: 'a red cat', seed: '7', width: 256, height: 256 };
const YELLOW = [250, 214, 80];
const NAVY = [24, 40, 92];

const hex = (colour) => colour.map((channel) => channel.toString(16).padStart(2, '0')).join('');
const css = (colour) => `rgb(${colour.join(', ')})`;

async function withTiny(body) {
  const tiny = await tinyPackage();
  try {
    // Colours are compared as they are, not on their way.
    await withApp({ models: tiny.models, page: { reducedMotion: 'reduce' } }, body);
  } finally {
    await tiny.clean();
  }
}

/// A picture's pixels on a ground, as the program rounds them.
function over({ data }, ground) {
  const composed = Buffer.alloc(data.length, 255);
  for (let at = 0; at < data.length; at += 4) {
    for (let channel = 0; channel < 3; channel += 1) {
      const alpha = data[at + 3];
      composed[at + channel] = Math.floor((data[at + channel] * alpha + ground[channel] * (255 - alpha) + 127) / 255);
    }
  }
  return composed;
}

test('a ground is seen at once, changed without drawing, and part of the file', async () => {
  await withTiny(async ({ app, page }) => {
    await app.open();
    await app.loaded();
    const choose = (colour) => app.at(`ground-${colour}`).check({ force: true });
    /// The colours below the picture on the stage and below the newest thumbnail.
    const shown = () =>
      Promise.all(
        [page.locator('.picture'), app.at('thumb').first()].map((element) =>
          element.evaluate((element) => {
            const { backgroundColor, backgroundImage } = getComputedStyle(element);
            return backgroundImage === 'none' ? backgroundColor : 'a pattern';
          }),
        ),
      );

    await app.generate(job);
    await app.picture(job.seed);
    await app.idle();
    assert.deepEqual(await shown(), ['a pattern', 'a pattern']);
    const bare = decode((await app.download()).png);
    assert.ok(bare.data.some((value, at) => at % 4 === 3 && value < 128), 'parts are transparent');

    await choose(hex(YELLOW));
    assert.deepEqual(await shown(), [css(YELLOW), css(YELLOW)]);
    assert.equal(await app.at('cancel').count(), 0, 'nothing is drawn');
    await page.waitForTimeout(600);
    const { png } = await app.download();
    assert.deepEqual(decode(png).data, over(bare, YELLOW));
    assert.ok(texts(png).some(({ text }) => text.includes('trainedAlgorithmicMedia')));

    // The next picture begins with it, and the settings in the file say it.
    await app.generate({ seed: '8' });
    await app.picture('8');
    await app.idle();
    assert.deepEqual(await shown(), [css(YELLOW), css(YELLOW)]);
    await app.at('embed-parameters').check();
    const telling = (await app.download()).png;
    const own = texts(telling).find(({ keyword }) => keyword === 'image2');
    assert.match(own.text, new RegExp(`"ground":"#${hex(YELLOW)}"`));

    // The earlier picture keeps its own; what is seen is what the control shows and changes.
    await choose(hex(NAVY));
    await app.at('thumb').nth(1).click();
    assert.ok(await app.at(`ground-${hex(YELLOW)}`).isChecked());
    assert.deepEqual(await shown(), [css(YELLOW), css(NAVY)]);
    await choose('none');
    assert.deepEqual(await shown(), ['a pattern', css(NAVY)]);
    await page.waitForTimeout(600);
    assert.deepEqual(decode((await app.download()).png).data, bare.data);
  });
});

test('a ground that is chosen while a picture is made is that picture’s', async () => {
  await withTiny(async ({ app, page, recorder }) => {
    // The worker that draws waits before it says that it has finished.
    recorder.precede(/\/cpu-[0-9a-f]+\.js$/, () => {
      const post = self.postMessage;
      self.postMessage = (message, ...rest) => {
        const waits = typeof message[0] === 'string' && message[0].startsWith('{"type":"done"');
        if (waits) setTimeout(() => post.call(self, message, ...rest), 2_000);
        else post.call(self, message, ...rest);
      };
    });
    await app.open();
    await app.loaded();
    await app.generate(job);
    await app.progress('drawing', 1);
    await app.at(`ground-${hex(NAVY)}`).check({ force: true });
    assert.equal(await app.at('picture').count(), 0, 'it is still being made');
    await app.picture(job.seed);
    const background = await page.locator('.picture').evaluate((picture) => getComputedStyle(picture).backgroundColor);
    assert.equal(background, css(NAVY));
  });
});

test('a colour of one’s own is a ground', async () => {
  await withTiny(async ({ app, page }) => {
    await app.open();
    await app.loaded();
    await app.generate(job);
    await app.picture(job.seed);
    await app.idle();
    await app.at('ground-own').fill('#123456');
    const background = await page.locator('.picture').evaluate((picture) => getComputedStyle(picture).backgroundColor);
    assert.equal(background, 'rgb(18, 52, 86)');
    assert.equal(await app.at('ground').locator(':checked').count(), 0, 'none of the others is chosen');
    await page.reload();
    await app.at('prompt').waitFor();
    assert.equal(await app.at('ground-own').inputValue(), '#123456', 'and it is remembered');
  });
});
