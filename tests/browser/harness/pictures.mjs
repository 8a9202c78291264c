//! Pictures as files: their pixels, how far two are apart, and their metadata.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { config, need } from './config.mjs';

/// { width, height, data }: straight RGBA, eight bits a channel.
export function decode(png) {
  return PNG.sync.read(png);
}

/// Decibels over the four channels, colour weighted by alpha: what cannot be seen does not count.
export function psnr(one, other) {
  if (one.width !== other.width || one.height !== other.height) {
    throw new Error(
      `sizes differ: ${one.width}×${one.height} and ${other.width}×${other.height}`,
    );
  }
  let squares = 0;
  for (let pixel = 0; pixel < one.data.length; pixel += 4) {
    const [alphaOne, alphaOther] = [one.data[pixel + 3], other.data[pixel + 3]];
    for (let channel = 0; channel < 3; channel += 1) {
      const a = (one.data[pixel + channel] * alphaOne) / 255;
      const b = (other.data[pixel + channel] * alphaOther) / 255;
      squares += (a - b) ** 2;
    }
    squares += (alphaOne - alphaOther) ** 2;
  }
  const mean = squares / one.data.length;
  return mean === 0 ? Infinity : 10 * Math.log10(255 ** 2 / mean);
}

/// True where every pixel is the same: the black picture that a failure must never be.
export function isConstant({ data }) {
  for (let at = 4; at < data.length; at += 1) {
    if (data[at] !== data[at % 4]) return false;
  }
  return true;
}

/// All text in the file's chunks: keywords with their words, unpacked.
export function texts(png) {
  const found = [];
  for (let at = 8; at + 8 <= png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    at += 12 + length;
    const end = body.indexOf(0);
    const keyword = body.toString('latin1', 0, end);
    if (type === 'tEXt') {
      found.push({ keyword, text: body.toString('latin1', end + 1) });
    } else if (type === 'zTXt') {
      found.push({ keyword, text: inflateSync(body.subarray(end + 2)).toString('latin1') });
    } else if (type === 'iTXt') {
      const isPacked = body[end + 1] === 1;
      const language = body.indexOf(0, end + 3);
      const words = body.subarray(body.indexOf(0, language + 1) + 1);
      found.push({ keyword, text: (isPacked ? inflateSync(words) : words).toString('utf8') });
    } else if (type === 'eXIf') {
      found.push({ keyword: 'Exif', text: body.toString('latin1') });
    }
  }
  return found;
}

/// What the command `image2` makes of the same job: the picture's file.
export async function cliPicture({ prompt, seed, steps, guidance, width, height }) {
  need('cli', 'models');
  const folder = await mkdtemp(join(tmpdir(), 'image2-cli-'));
  const file = join(folder, 'picture.png');
  const flags = {
    seed,
    steps,
    guidance,
    size: `${width}x${height}`,
    device: 'cpu',
    model: join(config.models, config.model),
  };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  try {
    await promisify(execFile)(config.cli, ['generate', prompt, ...words, '-o', file]);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
