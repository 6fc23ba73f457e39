import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianProgram } from '@pfnmap/lab';

/** It may have to be fetched from Debian's archive first. */
export const FETCH_MILLISECONDS = 180_000;

/** A Redis of the tests' own: the host's, or one of Debian's packages. */
export class RedisServer {
  readonly address: string;
  readonly #process: ChildProcess;

  private constructor(address: string, process: ChildProcess) {
    this.address = address;
    this.#process = process;
  }

  static async start(): Promise<RedisServer> {
    const [command, ...args] = await debianProgram({
      name: 'redis-server',
      package: 'redis-server',
    });
    const folder = mkdtempSync(join(tmpdir(), 'pfnmap-redis-'));
    const socket = join(folder, 'redis.sock');
    const options = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder];
    const server = spawn(command as string, [...args, ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const chunk of server.stdout) {
      if (String(chunk).includes('ready to accept connections at')) {
        server.stdout.resume();
        return new RedisServer(socket, server);
      }
    }
    throw new Error(`redis-server ended with code ${server.exitCode}`);
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
  }
}
