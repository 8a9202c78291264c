//! Model packages to break: a copy of the default one, served in its place.

import { cp, mkdtemp, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { config } from './config.mjs';

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
    removeShard: () => rm(shard),
    removeManifest: () => rm(join(copy, 'manifest.json')),
    clean: () => rm(models, { recursive: true }),
  };
}
