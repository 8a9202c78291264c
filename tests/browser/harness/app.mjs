//! The app as a user meets it: fields, buttons and words, by their test ids.

import { readFile } from 'node:fs/promises';

/// Loading and one step of a small picture, on a GPU emulated by a busy processor.
const PATIENCE_MS = 240_000;
/// A little more than the time within which the page counts two presses as one.
const PRESS_MS = 600;

export class App {
  constructor(page, origin) {
    this.page = page;
    this.origin = origin;
    this.pressed = 0;
  }

  /// The element with this test id.
  at(id) {
    return this.page.getByTestId(id);
  }

  /// Opens the app; `query` such as `?device=cpu` goes into the address.
  async open(query = '') {
    await this.page.goto(`${this.origin}/${query}`);
    await this.at('prompt').waitFor();
  }

  /// Waits for `wanted`; an error on the page ends the wait at once and is thrown.
  async patiently(wanted, options = {}) {
    const error = this.at('error');
    await wanted.or(error).first().waitFor({ timeout: PATIENCE_MS, ...options });
    if ((await error.count()) > 0) throw new Error(`the page says: ${await error.innerText()}`);
  }

  /// Waits until a picture would start at once.
  async loaded() {
    const ready = this.at('model-state').and(this.page.locator('[data-state=ready]'));
    await this.patiently(ready, { state: 'attached' });
  }

  /// Fills in the given fields; a seed that is typed is locked by that.
  async set({ prompt, seed, width, height, ...numbers }) {
    if (width !== undefined) await this.size(width, height);
    for (const [name, value] of Object.entries(numbers)) {
      await this.at(name).fill(String(value));
      await this.at(name).blur();
    }
    if (seed !== undefined) await this.at('seed').fill(String(seed));
    if (prompt !== undefined) await this.at('prompt').fill(prompt);
  }

  /// Chooses a size: of the sides offered where drawings are enlarged, else as typed sides.
  async size(width, height) {
    const side = this.at(`size-${Math.max(width, height)}`);
    if ((await side.count()) > 0) {
      const shape = width === height ? '1-1' : `${width * 3 === height * 4 ? '4-3' : '3-4'}`;
      await this.at(`shape-${shape}`).check({ force: true });
      await side.check({ force: true });
      return;
    }
    for (const [name, value] of Object.entries({ width, height })) {
      await this.at(name).fill(String(value));
      await this.at(name).blur();
    }
  }

  /// Sets everything of `job` and asks for the picture. Presses at one place within half a second count
  /// as one, so it waits that long after its last one.
  async generate(job = {}) {
    await this.set(job);
    const restMs = this.pressed + PRESS_MS - Date.now();
    if (restMs > 0) await this.page.waitForTimeout(restMs);
    await this.at('generate').click();
    this.pressed = Date.now();
  }

  /// Waits until nothing is being made.
  async idle() {
    await this.at('cancel').waitFor({ state: 'detached', timeout: PATIENCE_MS });
  }

  /// Waits for the picture of `seed` and returns its image element.
  async picture(seed) {
    const image = this.at('picture').and(this.page.locator(`[data-seed="${seed}"]`));
    await this.patiently(image);
    return image;
  }

  /// The finished picture's file, as the download button gives it.
  async download() {
    const [download] = await Promise.all([
      this.page.waitForEvent('download'),
      this.at('download').click(),
    ]);
    return { name: download.suggestedFilename(), png: await readFile(await download.path()) };
  }

  /// Waits for the error panel and returns its code.
  async errorCode() {
    await this.at('error').waitFor({ timeout: PATIENCE_MS });
    return (await this.at('error-code').textContent()).trim();
  }

  /// Waits until so many parts of a stage (`drawing` or `enlarging`) are done, or a later stage has begun,
  /// and returns the progress's words.
  async progress(stage, done) {
    await this.patiently(this.at('progress'));
    await this.page.waitForFunction(
      ([wanted, done]) => {
        const { dataset } = document.querySelector('[data-testid=progress]') ?? {};
        const stages = ['drawing', 'enlarging'];
        const ahead = stages.indexOf(dataset?.stage) - stages.indexOf(wanted);
        return ahead > 0 || (ahead === 0 && Number(dataset.done) >= done);
      },
      [stage, done],
      { timeout: PATIENCE_MS, polling: 20 },
    );
    return (await this.at('progress-text').textContent()).trim();
  }

  /// Waits until step `step` is drawn.
  step(step) {
    return this.progress('drawing', step);
  }

  /// Records the progress text from now on; the returned function gives the texts so far.
  async listen() {
    await this.page.evaluate(() => {
      window.recorded = [];
      new MutationObserver(() => {
        const words = document.querySelector('[data-testid=progress-text]')?.textContent;
        if (words && words !== window.recorded.at(-1)) window.recorded.push(words);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    return () => this.page.evaluate(() => window.recorded);
  }

  /// The worker that computes. Those that it starts come after it.
  worker() {
    return this.page.workers().at(0);
  }
}
