//! Screenshots with a palette: the same picture, or nearly so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PNG } from 'pngjs';
import { indexedPng } from '../harness/indexed.mjs';
import { decode, psnr } from '../harness/pictures.mjs';

/// An opaque picture whose pixels are `colour(x, y)`.
function picture(width, height, colour) {
  const image = new PNG({ width, height });
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      image.data.set([...colour(x, y), 255], (y * width + x) * 4);
    }
  }
  return image;
}

test('up to 256 colours are kept exactly', () => {
  const colours = picture(16, 16, (x, y) => [x * 17, y * 17, 40]);
  assert.deepEqual(decode(indexedPng(colours)).data, colours.data);
  const constant = picture(3, 5, () => [246, 245, 241]);
  assert.deepEqual(decode(indexedPng(constant)).data, constant.data);
});

test('more colours are approximated, and those of large areas are kept', () => {
  const gradient = picture(128, 128, (x, y) => (y < 64 ? [246, 245, 241] : [x * 2, y, 255 - x]));
  const decoded = decode(indexedPng(gradient));
  assert.ok(psnr(gradient, decoded) > 35);
  assert.deepEqual(decoded.data.subarray(0, 4), gradient.data.subarray(0, 4));
});
