//! Records all network traffic of the browser, from outside of it.
//!
//! The browser is given this as its proxy for every address, this machine's own included. What
//! it asks of the tested server is recorded and passed on; whatever it asks of anyone else is
//! recorded and refused. So a test need not trust the browser's own tools to see the traffic of
//! workers, of the browser itself, or of a page that hides it.

import http from 'node:http';

/// The browser's own background requests are sent here, by its command line: a name that by
/// its specification never resolves, so that nothing of a page can leave through the exception.
export const OWN_HOST = 'browser.invalid';

/// Starts the proxy for the server at `origin`; `host` is a name that it is also known by, as another
/// machine on the local network knows it.
export async function startRecorder(origin, { host } = {}) {
  const target = new URL(origin);
  const origins = [target.origin, ...(host ? [`http://${host}:${target.port}`] : [])];
  const isServer = (url) => origins.some((own) => url.startsWith(`${own}/`));
  /// In order: { method, url, bytes, refused }.
  const requests = [];
  let unplugged = false;
  let lost = null;
  let prelude = null;
  let replaced = null;

  const proxy = http.createServer((incoming, outgoing) => {
    if (new URL(incoming.url).hostname === OWN_HOST) {
      incoming.socket.destroy();
      return;
    }
    const record = { method: incoming.method, url: incoming.url, bytes: 0, refused: false };
    requests.push(record);
    incoming.on('data', (part) => (record.bytes += part.length));
    if (unplugged || !isServer(incoming.url)) {
      record.refused = true;
      incoming.socket.destroy();
      return;
    }
    const url = new URL(incoming.url);
    if (lost?.test(url.pathname)) {
      outgoing.writeHead(404).end();
      return;
    }
    if (replaced?.path === url.pathname) {
      outgoing.writeHead(200, { 'content-type': 'application/json' }).end(replaced.text);
      return;
    }
    const headers = { ...incoming.headers };
    const first = prelude?.pattern.test(url.pathname) ? prelude.text : '';
    if (first) delete headers['accept-encoding'];
    const passedOn = http.request(
      {
        host: target.hostname,
        port: target.port,
        method: incoming.method,
        path: url.pathname + url.search,
        headers,
      },
      (answer) => {
        if (first) {
          delete answer.headers['content-length'];
          // The next test step may want the file as it is.
          answer.headers['cache-control'] = 'no-store';
        }
        outgoing.writeHead(answer.statusCode, answer.headers);
        outgoing.write(first);
        answer.pipe(outgoing);
      },
    );
    passedOn.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passedOn.destroy());
    incoming.pipe(passedOn);
  });
  // Tunnels (https) and upgrades (WebSocket) would carry what cannot be seen: none are needed.
  for (const event of ['connect', 'upgrade']) {
    proxy.on(event, (incoming, socket) => {
      requests.push({ method: incoming.method, url: incoming.url, bytes: 0, refused: true });
      socket.destroy();
    });
  }
  proxy.on('clientError', (_, socket) => socket.destroy());
  await new Promise((done) => proxy.listen(0, '127.0.0.1', done));

  return {
    address: `http://127.0.0.1:${proxy.address().port}`,
    requests,
    /// What went out since this many requests, for messages and comparisons.
    since: (count) => requests.slice(count).map(({ method, url }) => `${method} ${url}`),
    /// Requests that were meant for anyone but the server.
    strangers: () => requests.filter(({ url }) => !isServer(url)),
    /// Pulls the network cable, or puts it back.
    unplug: (pulled = true) => {
      unplugged = pulled;
      if (pulled) proxy.closeAllConnections();
    },
    /// Answers 404 for paths of this pattern, as if a deployment had lost the files; `null` again
    /// brings them back.
    lose: (pattern) => (lost = pattern),
    /// Answers this path with a text of its own, as another deployment would.
    replace: (path, text) => (replaced = { path, text }),
    /// Puts a function's call before the scripts of paths of this pattern: what it does is done
    /// before the first word of theirs.
    precede: (pattern, act) => (prelude = { pattern, text: `(${act})();\n` }),
    stop: async () => {
      proxy.closeAllConnections();
      await new Promise((done) => proxy.close(done));
    },
  };
}
