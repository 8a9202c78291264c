//! Files of the comparison by their addresses, wherever it runs: a page asks the server that it came
//! from; Node, which can neither import nor fetch such addresses, says itself where files lie.

let source = {
  bytes: async (url) => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url}: HTTP status ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  },
  module: (url) => url,
};

/// Takes files from elsewhere: `bytes(url)`, and `module(url)`, the address to import it by.
export function takeFrom(elsewhere) {
  source = elsewhere;
}

export const bytes = (url) => source.bytes(url);

export const address = (url) => source.module(url);

export const text = (array) => new TextDecoder().decode(array);
