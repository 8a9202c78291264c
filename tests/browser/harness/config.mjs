//! What `cargo xtask test` passes on, with the places where a build by hand leaves things.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { modelsWithUpscaler } from './stand-in.mjs';

const root = resolve(fileURLToPath(import.meta.url), '../../../..');
const { env } = process;

export const config = {
  server: env.IMAGE2_SERVER ?? resolve(root, 'target/debug/image2-server'),
  cli: env.IMAGE2_CLI ?? resolve(root, 'target/debug/image2'),
  dist: env.IMAGE2_DIST ?? resolve(root, 'dist'),
  models: env.IMAGE2_MODELS ?? resolve(root, 'models/weights'),
  /// Screenshots, and what a failed test leaves to look at; git ignores it.
  results: env.IMAGE2_RESULTS ?? resolve(root, 'test-results'),
  chromium: env.CHROMIUM ?? '/usr/bin/chromium',
  /// The package that the app loads, a folder of `models`.
  model: 'image2-mini',
};
config.models = modelsWithUpscaler(config);

/// Fails with what to do about it, where one of these was not built or installed.
export function need(...names) {
  for (const name of names) {
    if (!existsSync(config[name])) {
      throw new Error(`there is no ${config[name]}: run \`cargo xtask test --only browser\``);
    }
  }
}
