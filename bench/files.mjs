//! Maps the comparison's addresses to files.

import { readFile } from 'node:fs/promises';
import { dirname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/// The cases of a `cases.json`, and `place(address)`, which returns an address's file. The folders it
/// names are beside it.
export async function open(casesFile, engine) {
  const { files, cases } = JSON.parse(await readFile(casesFile, 'utf8'));
  const beside = (folder) => resolve(dirname(casesFile), folder);
  const folders = {
    '/ort': join(here, 'node_modules/onnxruntime-web/dist'),
    '/engine': resolve(engine),
    ...Object.fromEntries(Object.entries(files).map(([prefix, folder]) => [prefix, beside(folder)])),
    '': join(here, 'web'),
  };
  return { cases, place: (address) => place(folders, address) };
}

/// The file of an address, in the folder with the longest matching prefix.
export function place(folders, address) {
  const known = Object.keys(folders).filter((prefix) => address.startsWith(`${prefix}/`));
  const [prefix] = known.sort((a, b) => b.length - a.length);
  return join(folders[prefix], normalize(address.slice(prefix.length)));
}
