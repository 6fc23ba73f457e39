import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** Resolutions that packages of ECMAScript modules alone do not serve. */
const ignoredResolutions = ['node10', 'node16-cjs'];

async function publintProblems(tarball: Uint8Array): Promise<string[]> {
  const data = tarball.slice().buffer;
  const { messages, pkg } = await publint({ pack: { tarball: data }, strict: true });
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
}

async function typeProblems(tarball: Uint8Array): Promise<string[]> {
  const analysis = await checkPackage(createPackageFromTarballData(tarball));
  if (!analysis.types) return ['attw: ships no types'];
  return analysis.problems
    .filter(
      (problem) =>
        !('resolutionKind' in problem && ignoredResolutions.includes(problem.resolutionKind)),
    )
    .map((problem) => `attw: ${JSON.stringify(problem)}`);
}

/**
 * Holds a tarball against what npm, Node and TypeScript expect of a package. A tarball that was
 * clean once is not looked at again.
 *
 * @param withTypes whether the package is imported by others, and so must ship types
 * @param cache folder that remembers clean tarballs by their hash
 */
export async function lintTarball(
  file: string,
  withTypes: boolean,
  cache: string,
): Promise<string[]> {
  const tarball = new Uint8Array(readFileSync(file));
  const known = join(cache, createHash('sha256').update(tarball).digest('hex'));
  if (existsSync(known)) return [];
  const problems = [
    ...(await publintProblems(tarball)),
    ...(withTypes ? await typeProblems(tarball) : []),
  ];
  if (problems.length === 0) {
    mkdirSync(cache, { recursive: true });
    writeFileSync(known, basename(file));
  }
  return problems;
}
