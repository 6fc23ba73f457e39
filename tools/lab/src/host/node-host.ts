import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { ExecOptions, ExecResult, Host } from './host.ts';

const debianNames: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

function find(command: string): string | undefined {
  // Root's tools may be missing from a user's PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders
    .map((folder) => join(folder, command))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function freeBytes(path: string): number {
  let existing = path;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  return bavail * bsize;
}

function exec(
  command: string,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.signal ? { signal: options.signal, killSignal: 'SIGKILL' as const } : {}),
    });
    let output = '';
    let stdout = '';
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      output += text;
      stdout += text;
      options.onOutput?.(text);
    });
    child.stderr.setEncoding('latin1').on('data', (text: string) => {
      output += text;
      options.onOutput?.(text);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      // Without a process there is no "close" to wait for.
      if (child.pid === undefined) {
        const code = error.code === 'ENOENT' ? 127 : 126;
        resolve({ code, output: error.message, stdout: '' });
      }
    });
    child.on('close', (code, signal) => {
      const ended = signal === null ? 1 : 128 + (osConstants.signals[signal] ?? 0);
      resolve({ code: code ?? ended, output, stdout });
    });
  });
}

/** The computer this process runs on. */
export function nodeHost(): Host {
  return {
    env: process.env,
    architecture: debianNames[process.arch] ?? process.arch,
    isRoot: process.getuid?.() === 0,
    find,
    exists: existsSync,
    freeBytes,
    exec,
  };
}
