//! Files of the server that runs the comparison.

export async function bytes(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: HTTP status ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

export const text = (array) => new TextDecoder().decode(array);
