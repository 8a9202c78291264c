//! PNG with a palette of at most 256 colours: a third of the bytes of true colour, for screenshots
//! that are committed.

import { crc32, deflateSync } from 'node:zlib';

const COLOURS_MAX = 256;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const CHANNELS = [16, 8, 0];

/// Encodes opaque pixels { width, height, data }, where `data` holds four bytes a pixel.
export function indexedPng({ width, height, data }) {
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) {
    const colour = data.readUIntBE(at, 3);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const boxes = medianCut([...counts].map(([colour, count]) => ({ colour, count })));
  const indices = new Map();
  boxes.forEach((box, index) => box.forEach(({ colour }) => indices.set(colour, index)));

  // Each row begins with its filter: none, which suits indices best.
  const rows = Buffer.alloc((width + 1) * height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const row = Math.floor(pixel / width);
    rows[pixel + row + 1] = indices.get(data.readUIntBE(pixel * 4, 3));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(boxes.flatMap(mean))),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/// Splits colours into boxes of similar ones. The next box to be split is the one with the largest
/// error, so colours of large areas keep a box of their own.
function medianCut(colours) {
  const boxes = [measured(colours)];
  while (boxes.length < COLOURS_MAX) {
    const largest = boxes.reduce((best, box) => (box.error > best.error ? box : best));
    if (largest.error === 0) break;
    const { colours: sorted, shift } = largest;
    sorted.sort((a, b) => channel(a.colour, shift) - channel(b.colour, shift));
    const half = sorted.reduce((sum, { count }) => sum + count, 0) / 2;
    let [split, before] = [0, 0];
    while (before < half) before += sorted[split++].count;
    // Both parts need a colour.
    split = Math.min(Math.max(split, 1), sorted.length - 1);
    const parts = [sorted.slice(0, split), sorted.slice(split)];
    boxes.splice(boxes.indexOf(largest), 1, ...parts.map(measured));
  }
  return boxes.map((box) => box.colours);
}

/// A box with the channel in which its colours differ most, and their squared error in that channel,
/// weighted by pixels.
function measured(colours) {
  const errors = CHANNELS.map((shift) => {
    const average = weighted(colours, shift) / weighted(colours);
    const square = ({ colour, count }) => count * (channel(colour, shift) - average) ** 2;
    return colours.reduce((sum, entry) => sum + square(entry), 0);
  });
  const error = Math.max(...errors);
  return { colours, error, shift: CHANNELS[errors.indexOf(error)] };
}

/// Red, green and blue, averaged over pixels.
function mean(colours) {
  return CHANNELS.map((shift) => Math.round(weighted(colours, shift) / weighted(colours)));
}

/// The sum of a channel over all pixels; without a channel, their number.
function weighted(colours, shift) {
  const value = (colour) => (shift === undefined ? 1 : channel(colour, shift));
  return colours.reduce((sum, { colour, count }) => sum + count * value(colour), 0);
}

function channel(colour, shift) {
  return (colour >> shift) & 0xff;
}

function chunk(type, body) {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const out = Buffer.alloc(8 + body.length + 4);
  out.writeUInt32BE(body.length, 0);
  typed.copy(out, 4);
  out.writeUInt32BE(crc32(typed), 8 + body.length);
  return out;
}
