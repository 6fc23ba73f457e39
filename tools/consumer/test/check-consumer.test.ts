// Goal: what would break for a user of the packages is found before it is published. Method: a small
// workspace that is in order, then the same workspace with one thing wrong at a time.
import { expect, test } from 'vitest';
import { checkConsumer } from '../src/check-consumer.ts';
import { inParallel, run } from '../src/run.ts';
import { manifestOf, Workspace } from './workspace.ts';

const long = 120_000;

async function problemsOf(replaced: Readonly<Record<string, string>>): Promise<string> {
  using workspace = new Workspace(replaced);
  const { problems } = await checkConsumer(workspace.root);
  return problems.join('\n');
}

test(
  'packages in order have no problems, and no private package is looked at',
  async () => {
    using workspace = new Workspace({
      'packages/own/package.json': '{ "name": "@pfnmap/own", "private": true }',
    });
    const { members, problems } = await checkConsumer(workspace.root);
    expect(problems).toEqual([]);
    expect(members.map(({ name }) => name)).toEqual(['@pfnmap/high', '@pfnmap/low']);
  },
  long,
);

test(
  'declarations missing from the tarball, and what then does not compile, are found',
  async () => {
    const example = "import { low } from '@pfnmap/low';\n\nconsole.log(low);\n";
    const problems = await problemsOf({
      'packages/low/package.json': manifestOf('low', { files: ['src', 'dist/*.js'] }),
      'packages/low/examples/first.ts': example,
    });
    expect(problems).toMatch(/@pfnmap\/low: publint: .*index\.d\.ts/);
    expect(problems).toContain('the examples do not compile');
    expect(problems).toContain('src/low/first.ts(1,21)');
  },
  long,
);

test(
  'an undeclared dependency, an example that fails and one that prints nothing are found',
  async () => {
    const problems = await problemsOf({
      'packages/high/dist/index.js': "export { absent as high } from '@pfnmap/absent';\n",
      'packages/high/examples/first.ts': "throw new Error('broken');\n",
      'packages/low/examples/first.ts': 'export {};\n',
    });
    expect(problems).toMatch(/all packages: .*everything\.js fails:[\s\S]*ERR_MODULE_NOT_FOUND/);
    expect(problems).toMatch(/@pfnmap\/high: .*first\.js fails:\n[\s\S]*broken/);
    expect(problems).toMatch(/@pfnmap\/low: .*first\.js prints nothing/);
  },
  long,
);

test(
  'an example that prints something else than its README says is found',
  async () => {
    const code = (name: string): string =>
      `import { ${name} } from '@pfnmap/${name}';\n\nconsole.log(${name});\n`;
    const readme = (name: string, output: string): string =>
      `\`\`\`ts\n${code(name)}\`\`\`\n\nprints\n\n\`\`\`text\n${output}\n\`\`\`\n`;
    const problems = await problemsOf({
      'packages/high/README.md': readme('high', '1'),
      'packages/low/README.md': readme('low', '2'),
    });
    expect(problems).toMatch(/^@pfnmap\/low: .*first\.js prints\n\s+1\n\s+its README says\n\s+2$/);
  },
  long,
);

test('work in parallel keeps its order and its limit', async () => {
  let under = 0;
  let most = 0;
  const results = await inParallel([3, 1, 2, 0], 2, async (turns) => {
    most = Math.max(most, ++under);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    under--;
    return turns * 10;
  });
  expect(results).toEqual([30, 10, 20, 0]);
  expect(most).toBe(2);
});

test('a program that fails is reported with all it printed', async () => {
  const script = "console.log('out'); console.error('err'); process.exit(3);";
  const { ok, output } = await run(process.execPath, ['-e', script], '.');
  expect(ok).toBe(false);
  expect(output.split('\n').sort()).toEqual(['err', 'out']);
});
