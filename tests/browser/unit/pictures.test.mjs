//! Tests the picture measures that other tests rely on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PNG } from 'pngjs';
import { decode, isConstant, psnr, texts } from '../harness/pictures.mjs';

function picture(fill) {
  const image = new PNG({ width: 8, height: 8 });
  for (let at = 0; at < image.data.length; at += 1) image.data[at] = fill(at);
  return image;
}

test('equal pictures are infinitely close, and a constant difference has the known distance', () => {
  const grey = picture((at) => (at % 4 === 3 ? 255 : 100));
  const lighter = picture((at) => (at % 4 === 3 ? 255 : 104));
  assert.equal(psnr(grey, grey), Infinity);
  // Three of four channels differ by 4: the mean square is 12.
  assert.ok(Math.abs(psnr(grey, lighter) - 10 * Math.log10(255 ** 2 / 12)) < 1e-9);
});

test('the colour of what is transparent does not count', () => {
  const one = picture((at) => (at % 4 === 3 ? 0 : 10));
  const other = picture((at) => (at % 4 === 3 ? 0 : 250));
  assert.equal(psnr(one, other), Infinity);
});

test('pictures of different sizes are not compared', () => {
  const wide = new PNG({ width: 16, height: 4 });
  assert.throws(() => psnr(picture(() => 0), wide), /sizes differ/);
});

test('a constant picture is distinguished from one with a single other pixel', () => {
  assert.ok(isConstant(picture((at) => (at % 4 === 3 ? 255 : 0))));
  assert.ok(!isConstant(picture((at) => (at === 40 ? 1 : 0))));
});

test('words in a file are found, and a file without has none', () => {
  const plain = PNG.sync.write(picture(() => 7));
  assert.deepEqual(texts(plain), []);
  assert.equal(decode(plain).width, 8);

  const body = Buffer.from('Title\0a cat', 'latin1');
  const chunk = Buffer.alloc(12 + body.length);
  chunk.writeUInt32BE(body.length, 0);
  chunk.write('tEXt', 4, 'latin1');
  body.copy(chunk, 8);
  const told = Buffer.concat([plain.subarray(0, 33), chunk, plain.subarray(33)]);
  assert.deepEqual(texts(told), [{ keyword: 'Title', text: 'a cat' }]);
});
