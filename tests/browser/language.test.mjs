//! The page in other languages: every sentence comes from the catalogue, in every state.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectTexts, englishOnly, pseudo, readLanguage } from './harness/catalogue.mjs';
import { withApp } from './harness/index.mjs';
import { long, small } from './harness/jobs.mjs';

const [english, german] = await Promise.all(['en', 'de'].map(readLanguage));

/// Every state that the page can be in without a GPU, and all that it says on the way.
async function texts({ app, page }) {
  await app.open();
  await app.at('generate').click();
  await app.set({ ...small, seed: 'x' });
  await app.at('generate').click();
  await app.generate(small);
  await app.picture(small.seed);
  await app.idle();
  for (const press of ['download', 'copy-picture', 'copy-seed', 'reuse', 'seed-lock', 'seed-lock']) {
    // Copying needs a permission that this browser may not give; both answers are sentences.
    if ((await app.at(press).count()) > 0) await app.at(press).click();
  }
  await app.generate(long);
  await app.step(1);
  await app.at('cancel').click();
  await app.idle();

  await app.at('settings').click();
  await app.at('settings-panel').waitFor();
  await page.keyboard.press('Escape');
  await app.worker().evaluate(() => postMessage('nonsense'));
  await app.at('error').waitFor();

  await page.evaluate(() => {
    history.pushState({}, '', '/nowhere');
    dispatchEvent(new PopStateEvent('popstate'));
  });
  await app.at('not-found').waitFor();
  const found = await page.evaluate(() => [...window.texts]);
  return found.map((text) => text.replaceAll(small.prompt, '').trim()).filter(Boolean);
}

test('in German, no English sentence is left in any state', async () => {
  await withApp({ page: { locale: 'de-AT' } }, async (world) => {
    await world.page.addInitScript(collectTexts);
    const found = await texts(world);
    assert.equal(await world.page.evaluate(() => document.documentElement.lang), 'de');
    assert.equal(await world.page.evaluate(() => document.documentElement.dir), 'ltr');
    for (const sentence of ['Was soll es werden?', 'Erstellen', 'Anhalten', 'Seite nicht gefunden']) {
      assert.ok(found.includes(sentence), `“${sentence}” was never shown`);
    }
    const patterns = englishOnly(english, german).map((pattern) => new RegExp(pattern, 'm'));
    assert.ok(patterns.length > 100);
    const left = found.filter((text) => patterns.some((pattern) => pattern.test(text)));
    assert.deepEqual(left, []);
  });
});

test('from right to left, every text comes from the catalogue', async () => {
  await withApp({ page: { locale: 'ar-EG' } }, async (world) => {
    const { page } = world;
    // A language that no build has: its file and its address are the test's own.
    const file = '/languages/ar-0123456789abcdef.ftl';
    await page.route(`**${file}`, (route) => route.fulfill({ body: pseudo(english) }));
    await page.addInitScript((content) => {
      // Before the page's own listener, which chooses the language.
      addEventListener('DOMContentLoaded', () => {
        const meta = Object.assign(document.createElement('meta'), { name: 'image2-language-ar', content });
        document.head.append(meta);
      });
    }, file);
    await page.addInitScript(collectTexts);
    const found = await texts(world);
    const root = await page.evaluate(() => {
      const { lang, dir } = document.documentElement;
      return { lang, dir };
    });
    assert.deepEqual(root, { lang: 'ar', dir: 'rtl' });
    assert.ok(found.length > 60, `only ${found.length} texts`);
    // The product's name is no sentence.
    const foreign = found.filter((text) => text !== 'Image 2' && /\p{L}/u.test(text) && !/^⟦.*⟧$/su.test(text));
    assert.deepEqual(foreign, []);
  });
});

test('a language is taken at once, kept, and given up again', async () => {
  await withApp({ page: { locale: 'en-GB' } }, async ({ app, page, recorder }) => {
    const files = () => recorder.requests.filter(({ url }) => url.includes('/languages/')).length;
    await app.open();
    assert.equal(await app.at('generate').innerText(), 'Make');
    assert.equal(files(), 0, 'English is part of the page');

    await app.at('prompt').fill(small.prompt);
    await app.at('settings').click();
    await app.at('language').selectOption('de');
    await page.locator('html[lang=de]').waitFor();
    assert.equal(await app.at('generate').innerText(), 'Erstellen');
    assert.equal(await app.at('prompt').inputValue(), small.prompt, 'nothing else changes');
    assert.equal(files(), 1);

    await page.reload();
    await app.at('prompt').waitFor();
    assert.equal(await app.at('generate').innerText(), 'Erstellen');
    await app.at('settings').click();
    await app.at('language').selectOption('auto');
    await page.locator('html[lang=en]').waitFor();
    assert.equal(await app.at('generate').innerText(), 'Make');
  });
});

test('a language that cannot be had is named, and the present one stays', async () => {
  await withApp({ page: { locale: 'fr-FR' }, complaints: [/Failed to load resource/] }, async ({ app, page, recorder }) => {
    recorder.lose(/\/languages\//);
    await app.open();
    assert.equal(await app.at('generate').innerText(), 'Make', 'English where the browser’s language is not there');
    await app.at('settings').click();
    await app.at('language').selectOption('de');
    await app.at('language-note').filter({ hasText: /could not be loaded/ }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
    assert.equal(await app.at('generate').innerText(), 'Make');
  });
});

test('before the page runs, it speaks the browser’s language, too', async () => {
  await withApp({ page: { locale: 'de-DE' }, complaints: [/Failed to load/, /failed to fetch Wasm/] }, async ({ page, recorder, server }) => {
    recorder.lose(/\.wasm$/);
    await page.goto(server.origin);
    const failed = page.locator('.boot-failed');
    await failed.waitFor();
    assert.match(await failed.innerText(), /^Die Seite konnte nicht vollständig geladen werden/);
    assert.doesNotMatch(await failed.innerText(), /Check/);
  });
});
