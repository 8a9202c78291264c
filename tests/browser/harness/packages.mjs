//! Model packages to break: a copy of the default one, served in its place.

import { execFile } from 'node:child_process';
import { cp, mkdtemp, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { config, need } from './config.mjs';

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
    removeShard: () => rm(shard),
    removeManifest: () => rm(join(copy, 'manifest.json')),
    clean: () => rm(models, { recursive: true }),
  };
}
