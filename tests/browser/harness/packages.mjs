//! Model packages in place of the default one: a copy of it, to be broken, or a tiny one.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, open, readFile, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { config, need } from './config.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

const FIXTURES = new URL('../../../models/tests/fixtures/', import.meta.url);

/// A folder of models with a package of arbitrary weights that takes no time: `tiny` draws at 16² and
/// enlarges to 1024²; `tiny-v1`, of the first version, only draws.
export async function tinyPackage(fixture = 'tiny') {
  const models = await mkdtemp(join(tmpdir(), 'image2-models-'));
  await cp(new URL(fixture, FIXTURES), join(models, config.model), { recursive: true });
  return { models, clean: () => rm(models, { recursive: true }) };
}

/// A folder of models with one package, a copy; `repair()` makes it whole again.
export async function copyPackage() {
  const models = await mkdtemp(join(tmpdir(), 'image2-models-'));
  const source = join(config.models, config.model);
  const copy = join(models, config.model);
  const repair = async () => {
    await rm(copy, { recursive: true, force: true });
    await cp(source, copy, { recursive: true });
  };
  await repair();

  // The largest file: the weights themselves.
  const names = (await readdir(copy)).filter((name) => name.endsWith('.safetensors'));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(copy, name))).size));
  const shard = join(copy, names[sizes.indexOf(Math.max(...sizes))]);
  const size = Math.max(...sizes);

  return {
    models,
    repair,
    /// One bit of one byte, far from both ends.
    flip: async () => {
      const file = await open(shard, 'r+');
      const byte = Buffer.alloc(1);
      const at = Math.floor(size / 2);
      await file.read(byte, 0, 1, at);
      byte[0] ^= 1;
      await file.write(byte, 0, 1, at);
      await file.close();
    },
    truncate: () => truncate(shard, Math.floor(size / 2)),
    /// Another package under the same name, as a new version of the model is.
    replace: async () => {
      need('cli');
      const made = join(models, 'made');
      await promisify(execFile)(config.cli, ['models', 'quantize', copy, '--format', 'q4', '-o', made]);
      await rm(copy, { recursive: true });
      await rename(made, copy);
    },
    /// A new version whose weights begin like the old ones: one number behind the first chunk differs.
    retouch: async () => {
      const manifest = join(copy, 'manifest.json');
      const text = await readFile(manifest, 'utf8');
      const seal = /,"sha256":"([0-9a-f]{64})"\}\n$/.exec(text);
      const { version, files, tensors } = JSON.parse(text);
      const index = files.findIndex(({ name }) => name === basename(shard));
      const { chunks, chunk_bytes: chunkBytes } = files[index];
      const bytes = await readFile(shard);
      const header = Number(bytes.readBigUInt64LE(0));
      const places = JSON.parse(bytes.subarray(8, 8 + header).toString('utf8'));
      // The last byte of a q8 tensor is a number from −127 to 127 where no row is padded.
      const denoiser = version === 1 ? Object.entries(tensors)
        : Object.entries(tensors.denoiser).map(([name, entry]) => [`denoiser.${name}`, entry]);
      const ends = denoiser
        .filter(([, { file, format, layout }]) => file === index && format === 'q8' && layout === 'blocks')
        .filter(([, { shape }]) => shape.slice(1).reduce((a, b) => a * b, 1) % 32 === 0)
        .map(([name]) => 8 + header + places[name].data_offsets[1] - 1);
      const at = Math.max(...ends);
      const chunk = Math.floor(at / chunkBytes);
      if (!(chunk > 0)) throw new Error('nothing lies behind the first chunk');
      bytes[at] = bytes[at] === 0x7f ? 0x7e : (bytes[at] + 1) & 0xff;
      const part = bytes.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes);
      const body = text.slice(0, seal.index).replace(chunks[chunk], sha256(part));
      await writeFile(shard, bytes);
      await writeFile(manifest, `${body},"sha256":"${sha256(body)}"}\n`);
    },
    removeShard: () => rm(shard),
    removeManifest: () => rm(join(copy, 'manifest.json')),
    clean: () => rm(models, { recursive: true }),
  };
}
