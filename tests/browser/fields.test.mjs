//! Fields show the values that are used, and complaints disappear with their cause.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withApp } from './harness/index.mjs';
import { small } from './harness/jobs.mjs';
import { tinyPackage } from './harness/packages.mjs';
import { texts } from './harness/pictures.mjs';

test('a number half typed is taken as it is shown', async () => {
  await withApp({}, async ({ app, page }) => {
    await app.open();
    await app.loaded();
    await app.set({ ...small, steps: 2 });
    const type = async (id, text) => {
      await app.at(id).focus();
      await page.keyboard.press('Control+A');
      await page.keyboard.type(text);
      await page.keyboard.press('Control+Enter');
    };
    const made = async (count) => {
      await app.patiently(app.at('thumb').nth(count - 1));
      await app.idle();
    };
    await type('steps', '3');
    await made(1);
    assert.equal(await app.at('parameter-steps').textContent(), '3');
    assert.equal(await app.at('steps').inputValue(), '3');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'steps', 'and the focus stays');

    // No whole half: the field says at once what is used instead.
    await type('guidance', '3.3');
    await made(2);
    assert.equal(await app.at('guidance').inputValue(), '3.5');
    assert.equal(await app.at('parameter-guidance').textContent(), '3.5');
  });
});

test('a model that does not enlarge takes exact sides, in whole patches', async () => {
  const tiny = await tinyPackage('tiny-v1');
  try {
    await withApp({ models: tiny.models }, async ({ app }) => {
      await app.open();
      await app.loaded();
      assert.equal(await app.at('size-256').count(), 0, 'no side is offered');
      await app.set({ prompt: small.prompt, seed: small.seed, steps: 1 });
      await app.at('width').fill('41');
      await app.at('width').blur();
      const width = await app.at('width').inputValue();
      assert.notEqual(width, '41');
      await app.generate();
      const picture = await app.picture(small.seed);
      assert.equal(await picture.getAttribute('data-width'), width);
    });
  } finally {
    await tiny.clean();
  }
});

test('a complaint about the prompt goes with its cause, by whatever way that went', async () => {
  await withApp({}, async ({ app }) => {
    await app.open();
    const complains = async () => (await app.at('prompt').getAttribute('aria-invalid')) === 'true';
    const complain = async () => {
      await app.at('prompt').fill('');
      await app.at('generate').click();
      assert.ok(await complains());
    };
    await complain();
    await app.at('example').first().click();
    assert.ok(!(await complains()), 'an example was chosen');
    await complain();
    await app.at('prompt').fill('x');
    assert.ok(!(await complains()), 'words were typed');
    await app.at('prompt').fill('');
    assert.ok(!(await complains()), 'nothing was asked for since');
  });
});

test('a complaint about the seed goes with its cause, by whatever way that went', async () => {
  await withApp({}, async ({ app }) => {
    await app.open();
    await app.at('prompt').fill('a red apple');
    const complains = async () => (await app.at('seed').getAttribute('aria-invalid')) === 'true';
    const complain = async () => {
      await app.at('seed').fill('seven');
      await app.at('generate').click();
      assert.ok(await complains());
    };
    await complain();
    await app.at('seed-roll').click();
    assert.ok(!(await complains()), 'it was rolled');
    await complain();
    await app.at('seed-lock').click();
    assert.ok(!(await complains()), 'it was unlocked');
    await complain();
    await app.at('seed').fill('7');
    assert.ok(!(await complains()), 'it was corrected');
  });
});

test('a rolled seed is exact in every program, a typed one is written as it is', async () => {
  await withApp({}, async ({ app }) => {
    await app.open();
    await app.loaded();
    const { seed: _, ...job } = small;
    await app.at('embed-parameters').count();
    for (let roll = 0; roll < 6; roll += 1) {
      await app.at('seed-roll').click();
      const seed = Number(await app.at('seed').inputValue());
      assert.ok(seed < 2 ** 32, `${seed}`);
    }
    await app.set({ ...job, steps: 1, seed: '18446744073709551615' });
    await app.at('generate').click();
    await app.picture('18446744073709551615');
    await app.at('embed-parameters').check();
    const { png } = await app.download();
    const own = texts(png).find(({ keyword }) => keyword === 'image2');
    assert.match(own.text, /"seed":18446744073709551615[,}]/);
  });
});
