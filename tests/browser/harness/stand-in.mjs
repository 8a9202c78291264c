//! The default model with the upscaler that is being trained for it, in the place of the default model until that
//! is a package with an upscaler itself: the tests ask for the sizes that such a model offers.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../../../..');
const about = fileURLToPath(new URL('stand-in.json', import.meta.url));
const upscaler = resolve(root, 'models/training/checkpoints/upscaler.safetensors');

/// The folder of models to test with: `models`, or one with a package that the command `cli` makes in `results`.
export function modelsWithUpscaler({ models, model, cli, results }) {
  const manifest = join(models, model, 'manifest.json');
  if (!existsSync(manifest) || !existsSync(cli)) return models;
  if (readFileSync(manifest, 'utf8').includes('"upscaler"')) return models;
  const folder = join(results, 'models');
  const made = join(folder, model);
  if (!existsSync(made)) {
    mkdirSync(folder, { recursive: true });
    const unfinished = `${made}.part`;
    rmSync(unfinished, { recursive: true, force: true });
    const source = join(models, model);
    execFileSync(cli, ['models', 'quantize', source, '--about', about, '--upscaler', upscaler, '-o', unfinished]);
    renameSync(unfinished, made);
  }
  return folder;
}
