//! What breaks in the field, broken on purpose: each fault has a name on the page, and the page
//! goes on from it without being loaded again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withApp } from './harness/index.mjs';
import { long, medium, small } from './harness/jobs.mjs';
import { copyPackage } from './harness/packages.mjs';

test('a worker that crashes is named, and the picture is made after a restart', async () => {
  const complaints = [/broken on purpose/];
  await withApp({ complaints }, async ({ app }) => {
    await app.open();
    // Made whole after the restart, so not too long.
    await app.generate(medium);
    await app.step(1);
    await app.worker().evaluate(() => {
      setTimeout(() => {
        throw new Error('broken on purpose');
      });
    });
    assert.equal(await app.errorCode(), 'worker.crashed');
    assert.equal(await app.at('picture').count(), 0);

    await app.at('error-action-restart').click();
    await app.picture(medium.seed);
    assert.equal(await app.at('error').count(), 0);
  });
});

test('a worker that ends without a word is noticed', async () => {
  await withApp({}, async ({ app, page }) => {
    // The page's patience is a minute; its clock is ours.
    await page.clock.install();
    await app.open();
    await app.loaded();
    await app.generate(long);
    await app.step(1);
    await app.worker().evaluate(() => self.close());
    for (let second = 0; second < 90; second += 1) await page.clock.runFor(1_000);
    assert.equal(await app.errorCode(), 'worker.silent');

    await app.at('error-action-restart').click();
    await app.step(1);
    await app.at('cancel').click();
    await app.idle();
  });
});

/// The browser's GPU process dies, as it does when a driver resets.
async function loseGpu(context) {
  const session = await context.browser().newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  process.kill(processInfo.find(({ type }) => type === 'GPU').id, 'SIGKILL');
}

const REMEDIES = {
  restart: async (app) => {
    await app.step(1);
    await app.at('cancel').click();
    await app.idle();
  },
  cpu: async (app) => {
    await app.picture(medium.seed);
    assert.match(await app.at('device').textContent(), /processor/);
  },
};

for (const [remedy, goesOn] of Object.entries(REMEDIES)) {
  test(`a GPU that is lost is named, and the picture goes on by the remedy “${remedy}”`, async () => {
    const complaints = [/device was lost/, /the GPU was lost/];
    await withApp({ gpu: true, complaints }, async ({ app, context }) => {
      await app.open('?device=gpu');
      await app.generate(medium);
      await app.step(1);
      await loseGpu(context);
      assert.equal(await app.errorCode(), 'gpu.lost');
      assert.equal(await app.at('picture').count(), 0, 'a failure is never a black picture');

      await app.at(`error-action-${remedy}`).click();
      await goesOn(app);
      assert.equal(await app.at('error').count(), 0);
    });
  });
}

/// What a driver can do to a shader or a buffer, and what the page then calls it. Each runs in every
/// worker as it starts, long before a model is there to be prepared.
const DRIVERS = {
  'refuses shaders': {
    code: 'gpu.refused',
    spoil: () => {
      const make = GPUDevice.prototype.createShaderModule;
      GPUDevice.prototype.createShaderModule = function (descriptor) {
        return make.call(this, { ...descriptor, code: 'fn broken(' });
      };
    },
  },
  'has no memory left': {
    code: 'gpu.memory',
    spoil: () => {
      const make = GPUDevice.prototype.createShaderModule;
      GPUDevice.prototype.createShaderModule = function (descriptor) {
        const error = new GPUOutOfMemoryError('spoiled');
        this.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error }));
        return make.call(this, descriptor);
      };
    },
  },
  'computes all zeros': {
    code: 'engine.output',
    spoil: () => {
      const make = GPUDevice.prototype.createShaderModule;
      GPUDevice.prototype.createShaderModule = function (descriptor) {
        const code = descriptor.code.replace(/let value = ([^;]*);/, 'let value = 0.0 * ($1);');
        return make.call(this, { ...descriptor, code });
      };
    },
  },
  'computes no numbers': {
    code: 'engine.output',
    spoil: () => {
      const make = GPUDevice.prototype.createShaderModule;
      GPUDevice.prototype.createShaderModule = function (descriptor) {
        const code = descriptor.code.replace('let value = product', 'let value = product / (product - product)');
        return make.call(this, { ...descriptor, code });
      };
    },
  },
};

for (const [what, { code, spoil }] of Object.entries(DRIVERS)) {
  test(`a GPU that ${what} is named, and the processor makes the picture`, async () => {
    // The worker logs the details of every fault.
    const complaints = [/console: /];
    await withApp({ gpu: true, complaints }, async ({ app, page }) => {
      const spoiled = [];
      page.on('worker', (worker) => spoiled.push(worker.evaluate(spoil)));
      await app.open('?device=gpu');
      await app.generate({ ...small, steps: 1 });
      assert.equal(await app.errorCode(), code);
      assert.equal(await app.at('picture').count(), 0, 'a failure is never a black picture');
      assert.ok((await Promise.all(spoiled)).length > 0);

      await app.at('error-action-cpu').click();
      await app.picture(small.seed);
      assert.match(await app.at('device').textContent(), /processor/);
    });
  });
}

/// Features that a browser advertises but then refuses, and what the worker says of it in the console. The
/// GPU makes the picture nevertheless.
const BROKEN_OFFERS = {
  'a device with all that it offers': {
    said: /was refused.*no subgroups today/,
    act: () => {
      const ask = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = function (wanted) {
        const refused = wanted.requiredFeatures.includes('subgroups');
        return refused ? Promise.reject(new TypeError('no subgroups today')) : ask.call(this, wanted);
      };
    },
  },
  'kernels by subgroup matrices': {
    said: /no products by subgroup matrices/,
    act: () => {
      const matrices = 'chromium-experimental-subgroup-matrix';
      const has = GPUSupportedFeatures.prototype.has;
      GPUSupportedFeatures.prototype.has = function (feature) {
        return feature === matrices || has.call(this, feature);
      };
      const ask = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = function ({ requiredFeatures, ...wanted }) {
        const known = requiredFeatures.filter((feature) => feature !== matrices);
        return ask.call(this, { ...wanted, requiredFeatures: known });
      };
      const kind = { componentType: 'f32', resultComponentType: 'f32', M: 8, N: 8, K: 8 };
      const facts = { subgroupMatrixConfigs: [kind], subgroupMinSize: 32, subgroupMaxSize: 32 };
      for (const [name, value] of Object.entries(facts)) {
        Object.defineProperty(GPUAdapterInfo.prototype, name, { get: () => value });
      }
    },
  },
};

for (const [what, { said, act }] of Object.entries(BROKEN_OFFERS)) {
  test(`a GPU whose browser refuses ${what} makes the picture without`, async () => {
    await withApp({ gpu: true }, async ({ app, page, recorder }) => {
      const words = [];
      page.on('console', (message) => words.push(message.text()));
      recorder.precede(/\/gpu-[0-9a-f]+\.js$/, act);
      await app.open('?device=gpu');
      await app.generate({ ...small, steps: 1 });
      await app.picture(small.seed);
      assert.ok(words.some((word) => said.test(word)), `it was refused: ${words.join('; ')}`);
      assert.doesNotMatch(await app.at('device').textContent(), /processor/);
    });
  });
}

test('a model that was replaced since the last visit is the one that loads', async () => {
  const copy = await copyPackage();
  try {
    await withApp({ models: copy.models }, async ({ app }) => {
      await app.open();
      await app.generate(small);
      const before = await (await app.picture(small.seed)).getAttribute('src');
      await copy.replace();
      await app.open();
      await app.loaded();
      await app.generate(small);
      const after = await (await app.picture(small.seed)).getAttribute('src');
      assert.notEqual(before, after);
    });
  } finally {
    await copy.clean();
  }
});

test('new weights that begin like the old ones are loaded by a browser that kept the old ones', async () => {
  const copy = await copyPackage();
  try {
    await withApp({ models: copy.models, profile: true }, async ({ app, recorder }) => {
      const weights = () => recorder.requests.filter(({ url }) => url.includes('.safetensors'));
      const visit = async () => {
        const before = weights().length;
        await app.open();
        await app.loaded();
        return weights().slice(before).map(({ url }) => url);
      };
      const first = await visit();
      assert.ok(first.length > 0);
      assert.deepEqual(await visit(), [], 'the browser has kept them');
      await copy.retouch();
      const second = await visit();
      assert.equal(second.length, 1, 'the file that changed is asked for');
      assert.ok(!first.includes(second[0]));
    });
  } finally {
    await copy.clean();
  }
});

const DAMAGES = {
  flip: { what: 'one flipped bit', code: /^package\.tampered$/ },
  truncate: { what: 'half of the weights', code: /^package\.truncated$/ },
  removeShard: { what: 'no weights', code: /^package\.fetch$/ },
  removeManifest: { what: 'no manifest', code: /^package\.fetch$/ },
};

for (const [damage, { what, code }] of Object.entries(DAMAGES)) {
  test(`a model with ${what} is refused by name, and fetched again once it is whole`, async () => {
    const copy = await copyPackage();
    try {
      await copy[damage]();
      // The browser complains about a file that is not there, and the worker logs the details.
      const complaints = [/Failed to load resource/, /console: .*(safetensors|manifest\.json)/];
      const options = { models: copy.models, complaints };
      await withApp(options, async ({ app }) => {
        await app.open();
        assert.match(await app.errorCode(), code);
        assert.ok((await app.at('error').innerText()).length > 40, 'in words, too');

        await copy.repair();
        await app.at('error-action-fetch').click();
        await app.loaded();
        await app.generate(small);
        await app.picture(small.seed);
      });
    } finally {
      await copy.clean();
    }
  });
}

test('a worker that cannot start says so itself', async () => {
  // What the browser says of a file that is not there, and what the worker passes on.
  const complaints = [/Failed to load resource/, /dynamically imported module/];
  await withApp({ complaints }, async ({ app, recorder }) => {
    recorder.lose(/-bindings-/);
    await app.open();
    assert.equal(await app.errorCode(), 'worker.start');
    recorder.lose(null);
    await app.at('error-action-restart').click();
    await app.loaded();
  });
});

test('a worker whose file is missing is named', async () => {
  const complaints = [/Failed to load resource/];
  await withApp({ complaints }, async ({ app, recorder }) => {
    recorder.lose(/\/(gpu|cpu)-[0-9a-f]+\.js$/);
    await app.open();
    assert.equal(await app.errorCode(), 'worker.crashed');
    recorder.lose(null);
    await app.at('error-action-restart').click();
    await app.loaded();
  });
});
