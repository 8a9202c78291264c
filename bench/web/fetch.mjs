//! Files of the comparison by their addresses. A page fetches them from its server; Node can neither
//! import nor fetch such addresses, so it provides functions of its own.

let source = {
  bytes: async (url) => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url}: HTTP status ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  },
  module: (url) => url,
};

/// Replaces the source of files: `bytes(url)`, and `module(url)`, the address to import.
export function takeFrom(elsewhere) {
  source = elsewhere;
}

export const bytes = (url) => source.bytes(url);

export const address = (url) => source.module(url);

export const text = (array) => new TextDecoder().decode(array);
