//! The main use case on both devices: a prompt becomes a picture, no other request is made, and the
//! picture matches its seed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withApp } from './harness/index.mjs';
import { long, small } from './harness/jobs.mjs';
import { cliPicture, decode, isConstant, psnr } from './harness/pictures.mjs';

/// Two devices add up in other orders, and wasm has no fused multiply-add: over a few steps that
/// stays far below what an eye sees (about 1.8% of full scale).
const PSNR_MIN_DB = 35;

const DEVICES = {
  // The browser's GPU is emulated; the app uses such a GPU only on request.
  gpu: { query: '?device=gpu', words: /Computing on your GPU/ },
  cpu: { query: '', words: /Computing on the processor/ },
};

for (const [device, { query, words }] of Object.entries(DEVICES)) {
  test(`a prompt becomes its picture on the ${device}, without any other request`, async () => {
    await withApp({ gpu: device === 'gpu' }, async ({ app, page, recorder }) => {
      await app.open(query);
      await app.loaded();
      assert.match(await app.at('device').textContent(), words);
      const sent = recorder.requests.length;

      // A picture that is no longer wanted stops, and leaves nothing behind.
      await app.generate(long);
      assert.match(await app.step(1), /^(Drawing|Enlarging)/);
      // Past a double click: Cancel has taken a part of Generate's place.
      await page.waitForTimeout(600);
      await app.at('cancel').click();
      await app.idle();
      assert.equal(await app.at('picture').count(), 0);
      assert.equal(await app.at('error').count(), 0);

      const recorded = await app.listen();
      await app.generate(small);
      const image = await app.picture(small.seed);
      assert.equal(await image.getAttribute('data-width'), String(small.width));
      assert.equal(await image.getAttribute('data-height'), String(small.height));
      const shown = await recorded();
      assert.ok(shown.some((words) => /^Drawing. About .+ left\.$/.test(words)), shown.join());

      const picture = decode((await app.download()).png);
      const reference = decode(await cliPicture(small));
      assert.ok(!isConstant(picture), 'the picture shows something');
      const distance = psnr(picture, reference);
      console.log(`${device}: ${distance.toFixed(1)} dB from the command's picture`);
      assert.ok(distance >= PSNR_MIN_DB, `only ${distance.toFixed(1)} dB`);

      assert.deepEqual(recorder.since(sent), [], 'nothing is sent while pictures are made');
    });
  });
}

test('a GPU is prepared while the model loads, and the page shows its progress', async () => {
  await withApp({ gpu: true }, async ({ app, page }) => {
    await page.addInitScript(() => {
      window.recorded = [];
      new MutationObserver(() => {
        const bar = document.querySelector('[data-testid=load-progress]');
        const words = document.querySelector('[data-testid=load-text]')?.textContent;
        const said = words && `${bar.getAttribute('aria-label')} | ${bar.value} | ${words}`;
        if (said && said !== window.recorded.at(-1)) window.recorded.push(said);
      }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    });
    await app.open('?device=gpu');
    await app.loaded();
    const recorded = await page.evaluate(() => window.recorded);
    const shown = recorded.filter((said) => said.startsWith('Preparing the model | '));
    const percents = shown.map((said) => Number(/: (\d+) %/.exec(said)?.[1]));
    assert.ok(new Set(percents).size > 2, recorded.join('\n'));
    assert.equal(percents[0], 0);
    assert.deepEqual(percents, percents.toSorted((a, b) => a - b));
    assert.equal(await app.at('load-progress').count(), 0, 'and nothing more once it is ready');
  });
});

test('the same seed gives the same picture, and another one another', async () => {
  await withApp({}, async ({ app }) => {
    await app.open();
    const files = [];
    for (const seed of ['18446744073709551615', '2', '18446744073709551615']) {
      await app.generate({ ...small, seed });
      await app.picture(seed);
      await app.idle();
      files.push((await app.download()).png);
    }
    assert.ok(files[0].equals(files[2]), 'byte for byte');
    assert.ok(!files[0].equals(files[1]));
  });
});

test('pictures are made with the network cable pulled', async () => {
  await withApp({}, async ({ app, recorder }) => {
    await app.open();
    await app.loaded();
    recorder.unplug();
    await app.generate(small);
    await app.picture(small.seed);
  });
});

test('a picture asked for early is made as soon as the model is there', async () => {
  await withApp({}, async ({ app }) => {
    await app.open();
    await app.generate(small);
    await app.picture(small.seed);
  });
});

test('words that the model does not read or know are named under the picture', async () => {
  await withApp({}, async ({ app }) => {
    await app.open();
    await app.generate({ ...small, steps: 1 });
    await app.picture(small.seed);
    assert.equal(await app.at('notes').count(), 0, 'nothing to say about a short prompt');

    const prompt = `a 猫 ${'and a red apple '.repeat(40)}with a yellow banana`;
    await app.generate({ ...small, steps: 1, seed: '8', prompt });
    await app.picture('8');
    const notes = await app.at('notes').innerText();
    // On lines of their own, so that they can be distinguished from the sentence about them.
    const quoted = notes.split('\n').filter((line) => line.startsWith('“'));
    assert.equal(quoted.length, 2, notes);
    assert.match(quoted[0], /yellow banana”$/);
    assert.equal(quoted[1], '“猫”');
    const announced = await app.at('status').textContent();
    for (const words of quoted) assert.ok(announced.includes(words), announced);
  });
});

test('each picture has an identity of its own, on the stage and in the strip', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    const ids = [];
    for (const seed of ['7', '8']) {
      await app.generate({ ...small, steps: 1, seed });
      ids.push(await (await app.picture(seed)).getAttribute('data-picture-id'));
      await app.idle();
    }
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.notEqual(ids[0], ids[1]);
    const thumbs = page.locator('[data-testid=thumb]');
    const inStrip = await thumbs.evaluateAll((all) => all.map((thumb) => thumb.dataset.pictureId));
    assert.deepEqual(inStrip, ids.toReversed());
  });
});
