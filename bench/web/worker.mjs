//! Runs the comparison in a worker, as in the product. One message is one case.

import { describe, run } from './cases.mjs';

self.onmessage = async ({ data: { id, what, work } }) => {
  const note = (text) => self.postMessage({ id, note: text });
  try {
    self.postMessage({ id, answer: what === 'describe' ? await describe() : await run(work, note) });
  } catch (error) {
    self.postMessage({ id, failure: String(error?.stack ?? error) });
  }
};
