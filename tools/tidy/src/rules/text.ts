import { filesOf, type Repository } from '../repository.ts';
import type { Rule } from '../rule.ts';

const longestFile = 400;
const code = /\.(ts|tsx|mts|mjs|c|py)$/;
const dataTable = /\.data\.ts$|\/vectors\/|\/captures\//;
const foreign = /(^|\/)(captures|vectors)\/|^pnpm-lock\.yaml$/;

/** Lines of all text files that match, with their places. */
function grep(repository: Repository, pattern: RegExp): { place: string; match: string }[] {
  return [...repository.files]
    .filter(([path]) => !foreign.test(path))
    .flatMap(([path, text]) =>
      pattern.test(text)
        ? text.split('\n').flatMap((line, index) => {
            const match = pattern.exec(line);
            return match ? [{ place: `${path}:${index + 1}`, match: match[0] }] : [];
          })
        : [],
    );
}

export const filesAreShort: Rule = {
  title: `no file of code is longer than ${longestFile} lines`,
  check: ({ files }) =>
    [...files]
      .filter(([path]) => code.test(path) && !dataTable.test(path))
      .map(([path, text]) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > longestFile)
      .map(({ path, lines }) => `${path}:1: ${lines} lines; it probably holds two things`),
};

// The words are put together from parts so that this file does not break its own rule.
const unfinished = new RegExp(
  ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'place' + 'holder', '(not |un)imple' + 'mented'].join(
    '|',
  ),
);

export const nothingIsUnfinished: Rule = {
  title: 'nothing is marked as unfinished',
  check: (repository) =>
    grep(repository, unfinished).map(
      ({ place, match }) => `${place}: "${match}"; finish it, or say under Not modelled`,
    ),
};

const machinePath = /(?<![\w.~-])\/(home|root|Users|tmp|work|farm|mnt)\/[\w.-]+|[A-Z]:\\Users\\/;

export const noPathOfOneMachine: Rule = {
  title: 'no file names a path of one machine',
  check: (repository) =>
    grep(repository, machinePath).map(({ place, match }) => `${place}: ${match}`),
};

const soft = /\b(it|test|describe)\.(skip|todo|only|fails)\b|expect\(true\)|\.toBeTruthy\(\)/;

export const testsAreHard: Rule = {
  title: 'no test is skipped, alone, expected to fail, or true by construction',
  check: (repository) =>
    repository.members
      .flatMap((member) => filesOf(repository, member, 'test/'))
      .filter(([path]) => path.endsWith('.test.ts'))
      .flatMap(([path, text]) =>
        text.split('\n').flatMap((line, index) => {
          const match = soft.exec(line);
          return match ? [`${path}:${index + 1}: ${match[0]}`] : [];
        }),
      ),
};

const vague = /(^|\/)(utils?|common|helpers?|misc|shared)(?=[./]|$)/;

export const namesSaySomething: Rule = {
  title: 'no file, folder or package is named utils, common, helpers, misc or shared',
  check: ({ files }) =>
    [...files.keys()]
      .filter((path) => /^(packages|tools)\//.test(path) && !foreign.test(path))
      .filter((path) => vague.test(path))
      .map((path) => `${path}:1: name it for what it does`),
};
