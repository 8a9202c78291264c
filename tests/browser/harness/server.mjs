//! The real server, on a free port of this machine, for one test.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { config, need } from './config.mjs';

const START_MS = 20_000;

const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));
// A run that is broken off shall not leave servers behind either.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/// Starts it; `origin` is where it listens, `stop()` ends it in an orderly way.
export async function startServer({ models = config.models } = {}) {
  need('server', 'dist', 'models');
  // Whatever configures a server on this machine must not reach the tested one.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('IMAGE2_')),
  );
  const child = spawn(
    config.server,
    ['--app-dir', config.dist, '--models-dir', models, '--listen', '127.0.0.1:0'],
    { env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  running.add(child);
  child.once('close', () => running.delete(child));
  const log = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const ended = new Promise((done) => child.once('close', (code) => done(code)));

  const origin = await new Promise((started, failed) => {
    const timer = setTimeout(() => failed(new Error('the server did not start')), START_MS);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /listening on (http:\/\/\S+)/.exec(line);
      if (found) {
        clearTimeout(timer);
        started(found[1]);
      }
    });
    child.once('error', failed);
    ended.then((code) => failed(new Error(`the server ended (${code}):\n${log.join('\n')}`)));
  });

  const stop = async () => {
    child.kill('SIGTERM');
    // Connections that a closing browser left half open need not be waited for.
    const hurry = setTimeout(() => child.kill('SIGKILL'), 3_000);
    await ended;
    clearTimeout(hurry);
  };
  return { origin, log, stop };
}
