//! Pictures that are drawn small and enlarged: what is shown on the way, what can be stopped, what the
//! workers that share the tiles may do to it. With a tiny model, which takes the same ways as a large one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withApp } from './harness/index.mjs';
import { tinyPackage } from './harness/packages.mjs';
import { decode, isConstant } from './harness/pictures.mjs';

const CPU_WORKER = /\/cpu-[0-9a-f]+\.js$/;
const job = { prompt: 'a red cat', seed: '7' };

/// A world with the tiny model.
async function withTiny(options, body) {
  const tiny = await tinyPackage();
  try {
    await withApp({ ...options, models: tiny.models }, body);
  } finally {
    await tiny.clean();
  }
}

/// Records the sides of the previews and the words of the progress from now on.
async function watch(page) {
  await page.evaluate(() => {
    window.seen = { sides: [], words: [] };
    const note = (list, value) => {
      if (value && list.at(-1) !== value) list.push(value);
    };
    const put = CanvasRenderingContext2D.prototype.putImageData;
    CanvasRenderingContext2D.prototype.putImageData = function (data, ...rest) {
      note(window.seen.sides, data.width);
      return put.call(this, data, ...rest);
    };
    new MutationObserver(() => {
      note(window.seen.words, document.querySelector('[data-testid=progress-text]')?.textContent);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  return () => page.evaluate(() => window.seen);
}

const DEVICES = {
  gpu: { query: '?device=gpu', side: 1024 },
  cpu: { query: '', side: 512 },
};

for (const [device, { query, side }] of Object.entries(DEVICES)) {
  test(`a picture grows to ${side} × ${side} on the ${device}`, async () => {
    await withTiny({ gpu: device === 'gpu' }, async ({ app, page, recorder }) => {
      await app.open(query);
      await app.loaded();
      assert.ok(await app.at(`size-${side}`).isChecked(), 'the recommended size');
      const sent = recorder.requests.length;
      const seen = await watch(page);
      await app.generate(job);
      const image = await app.picture(job.seed);
      assert.equal(await image.getAttribute('data-width'), String(side));
      const { sides, words } = await seen();
      assert.equal(sides[0], 64, 'four times the drawing after the first step');
      assert.deepEqual(sides, sides.toSorted((a, b) => a - b), 'and never smaller again');
      assert.ok(words.some((said) => /^Drawing/.test(said)), words.join());
      assert.ok(words.some((said) => /^Enlarging: \d+ %\./.test(said)), words.join());
      await app.idle();
      const picture = decode((await app.download()).png);
      assert.deepEqual([picture.width, picture.height], [side, side]);
      assert.ok(!isConstant(picture));
      assert.deepEqual(recorder.since(sent), [], 'nothing is sent while pictures are made');
    });
  });
}

test('shapes and sides are chosen by themselves, and the size says what it takes', async () => {
  await withTiny({}, async ({ app }) => {
    await app.open();
    await app.loaded();
    assert.equal(await app.at('width').count(), 0, 'no pixels are typed');
    assert.equal(await app.at('size-2048').count(), 0, 'more than this model can make');
    await app.at('shape-16-9').check({ force: true });
    await app.at('size-1024').check({ force: true });
    assert.match(await app.at('size-note').textContent(), /^1024 × 576/);
    await app.generate(job);
    const picture = await app.picture(job.seed);
    assert.deepEqual(
      [await picture.getAttribute('data-width'), await picture.getAttribute('data-height')],
      ['1024', '576'],
    );
    await app.idle();
    await app.at('size-note').filter({ hasText: /: about a second\.$/ }).waitFor();
    await app.at('shape-9-16').check({ force: true });
    await app.at('size-256').check({ force: true });
    assert.match(await app.at('size-note').textContent(), /^144 × 256/);
  });
});

/// The file of the job's picture at 1024 × 1024, after one picture more, so that all siblings are ready.
/// `act` is what each worker does before anything else; `meanwhile` is done between the two pictures.
async function file({ act, complaints, meanwhile = () => {}, after = () => {} }) {
  let png;
  await withTiny({ complaints }, async ({ app, page, recorder }) => {
    if (act) recorder.precede(CPU_WORKER, act);
    await app.open();
    await app.loaded();
    for (const seed of ['1', job.seed]) {
      await app.generate({ ...job, seed, width: 1024, height: 1024 });
      await app.picture(seed);
      await app.idle();
      if (seed === '1') await meanwhile(page);
    }
    await after(page);
    png = (await app.download()).png;
  });
  return png;
}

test('any number of workers makes the same picture', async () => {
  const files = [];
  const counts = [];
  const after = (page) => counts.push(page.workers().length);
  for (const act of [
    () => Object.defineProperty(navigator, 'hardwareConcurrency', { value: 1 }),
    () => Object.defineProperty(navigator, 'hardwareConcurrency', { value: 2 }),
    () => Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 }),
  ]) {
    files.push(await file({ act, after }));
  }
  assert.deepEqual(counts, [1, 3, 4], 'one alone; two or three that help it');
  assert.ok(files[0].equals(files[1]) && files[0].equals(files[2]), 'byte for byte');
});

/// Lets a test say, by `self.fault`, what a sibling does in place of its reply to a tile, and count its `self.tiles`.
function mayFail() {
  if (self.name !== 'sibling') return;
  const post = self.postMessage;
  const faults = {
    crashes: () => {
      throw new Error('broken on purpose');
    },
    'ends without a word': () => self.close(),
    'sends nonsense': () => post.call(self, 'nonsense'),
    'never answers': () => {},
  };
  self.postMessage = (message, ...rest) => {
    const isTile = message[0] === '{"type":"tile"}';
    const fault = isTile && faults[self.fault];
    if (!fault) {
      self.tiles = (self.tiles ?? 0) + isTile;
      return post.call(self, message, ...rest);
    }
    self.faults = (self.faults ?? 0) + 1;
    fault();
  };
}

/// The siblings that run.
async function siblings(page) {
  const all = [];
  for (const worker of page.workers()) {
    if ((await worker.evaluate(() => self.name)) === 'sibling') all.push(worker);
  }
  return all;
}

/// The siblings, so many of them failing from now on.
async function fail(page, fault, count) {
  const all = (await siblings(page)).slice(0, count);
  for (const sibling of all) await sibling.evaluate((fault) => (self.fault = fault), fault);
  return all;
}

test('a sibling that fails loses nothing', async () => {
  const whole = await file({});
  for (const fault of ['crashes', 'ends without a word', 'sends nonsense', 'never answers']) {
    for (const count of [1, 2]) {
      const png = await file({
        act: mayFail,
        complaints: [/broken on purpose/],
        meanwhile: (page) => fail(page, fault, count),
        after: async (page) => {
          const left = await siblings(page);
          const faults = await Promise.all(left.map((sibling) => sibling.evaluate(() => self.faults ?? 0)));
          const failed = 2 - left.length + faults.filter((faults) => faults > 0).length;
          assert.equal(failed, count, `${count} of two: ${fault}`);
        },
      });
      assert.ok(png.equals(whole), `${count} of two: ${fault}`);
    }
  }
});

test('a sibling that was lost is replaced, and the other one works on meanwhile', async () => {
  await withTiny({ complaints: [/broken on purpose/] }, async ({ app, page, recorder }) => {
    recorder.precede(CPU_WORKER, mayFail);
    await app.open();
    await app.loaded();
    const draw = async (seed) => {
      await app.generate({ ...job, seed, width: 1024, height: 1024 });
      await app.picture(seed);
      await app.idle();
    };
    await draw('1');
    await fail(page, 'crashes', 1);
    await draw('2');
    const [left, ...others] = await siblings(page);
    assert.deepEqual(others, [], 'one is lost');
    const before = await left.evaluate(() => self.tiles);
    await draw('3');
    const [same, other] = await siblings(page);
    assert.equal((await siblings(page)).length, 2, 'both are there');
    assert.equal(same, left);
    assert.ok((await same.evaluate(() => self.tiles)) >= before + 2, 'it works on while the other one starts');
    await draw('4');
    assert.ok((await other.evaluate(() => self.tiles)) >= 2, 'and so does the new one');
  });
});

test('siblings that do not start lose nothing', async () => {
  const act = () => {
    if (self.name === 'sibling') throw new Error('not started on purpose');
  };
  const complaints = [/not started on purpose/];
  assert.ok((await file({ act, complaints })).equals(await file({})));
});

test('a picture is stopped while it is enlarged, and nothing else is lost', async () => {
  await withTiny({}, async ({ app, page, recorder }) => {
    recorder.precede(CPU_WORKER, mayFail);
    await app.open();
    await app.loaded();
    await app.generate({ ...job, width: 1024, height: 1024 });
    await app.picture(job.seed);
    await app.idle();
    const address = await app.at('picture').getAttribute('src');

    // Long enough to be interrupted: whoever waits for a tile, waits two seconds for it.
    await fail(page, 'never answers', 2);
    await app.generate({ ...job, seed: '8' });
    assert.match(await app.progress('enlarging', 0), /^Enlarging: \d+ %\./);
    // Past a double click: Cancel has taken a part of Generate's place.
    await page.waitForTimeout(600);
    await app.at('cancel').click();
    await app.idle();
    assert.equal(await app.at('error').count(), 0);
    assert.equal(await app.at('thumb').count(), 1);
    assert.equal(await app.at('picture').getAttribute('src'), address, 'the earlier picture is back');

    await app.generate({ ...job, seed: '9', width: 512, height: 512 });
    await app.picture('9');
  });
});

test('a size that is too large for the device is refused in words before anything is drawn', async () => {
  // The worker logs what it refuses.
  await withTiny({ complaints: [/pixels take/] }, async ({ app, page, recorder }) => {
    recorder.precede(CPU_WORKER, () => {
      self.memory = 4;
      Object.defineProperty(navigator, 'deviceMemory', { get: () => self.memory });
    });
    await app.open();
    await app.loaded();
    const remember = (gigabytes) => app.worker().evaluate((memory) => (self.memory = memory), gigabytes);
    await remember(0.001);
    await app.at('size-1024').check({ force: true });
    await app.at('size-note').filter({ hasText: /more memory than this device/ }).waitFor();
    await app.generate(job);
    assert.equal(await page.evaluate(() => document.activeElement.value), '1024', 'the size has the focus');
    assert.equal(await app.at('cancel').count(), 0, 'nothing was started');
    assert.equal(await app.at('error').count(), 0);

    await remember(4);
    await app.at('size-256').check({ force: true });
    await app.at('size-note').filter({ hasText: /^256 × 256/ }).waitFor();
    await app.generate();
    await app.picture(job.seed);
  });
});
