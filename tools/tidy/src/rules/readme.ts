import { filesOf, type Member, type Repository } from '../repository.ts';
import type { Rule } from '../rule.ts';

const sections = ['Install', 'Example', 'API', 'Fidelity', 'Not modelled'];
const longestExample = 25;

interface Section {
  readonly title: string;
  readonly line: number;
  readonly body: string;
}

/** Splits a README at its second-level headings; the part before the first is returned as `lead`. */
function readSections(text: string): { lead: string; sections: Section[] } {
  const found: { title: string; line: number; body: string[] }[] = [];
  const lead: string[] = [];
  let fenced = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('```')) fenced = !fenced;
    const title = fenced ? undefined : /^## (.+)$/.exec(line)?.[1];
    if (title) found.push({ title: title.trim(), line: index + 1, body: [] });
    else (found.at(-1)?.body ?? lead).push(line);
  }
  return {
    lead: lead.join('\n'),
    sections: found.map(({ title, line, body }) => ({ title, line, body: body.join('\n') })),
  };
}

function packages({ members }: Repository): Member[] {
  return members.filter(({ kind }) => kind === 'package');
}

export const readmesHaveOneShape: Rule = {
  title: `README.md of a package has the sections ${sections.join(', ')} in this order`,
  check: (repository) =>
    packages(repository).flatMap(({ folder, manifest }) => {
      const path = `${folder}README.md`;
      const text = repository.files.get(path);
      if (text === undefined) return [`${path}: missing`];
      const { lead, sections: found } = readSections(text);
      const problems: string[] = [];
      if (!lead.startsWith(`# ${manifest.name}\n`))
        problems.push(`${path}:1: the title is "# ${manifest.name}"`);
      if (!/\bpatch(es)?\b/i.test(lead))
        problems.push(`${path}:1: says which patch it belongs to before the first section`);
      const known = found.map(({ title }) => title).filter((title) => sections.includes(title));
      if (known.join() !== sections.join())
        problems.push(
          `${path}:1: sections are ${known.join(', ') || 'none'}; expected ${sections.join(', ')}`,
        );
      return problems;
    }),
};

/** The TypeScript block of a README's Example section. */
function readmeExample(readme: string): { code: string; line: number } | undefined {
  const section = readSections(readme).sections.find(({ title }) => title === 'Example');
  const code = section && /^```ts\n([\s\S]*?)^```$/m.exec(section.body)?.[1];
  return section && code !== undefined ? { code, line: section.line } : undefined;
}

export const readmeExamplesRun: Rule = {
  title: 'the example in a README is verbatim a file of examples/, and short',
  check: (repository) =>
    packages(repository).flatMap((member) => {
      const path = `${member.folder}README.md`;
      const example = readmeExample(repository.files.get(path) ?? '');
      if (!example) return [`${path}:1: has no \`\`\`ts block under Example`];
      const files = filesOf(repository, member, 'examples/');
      const problems: string[] = [];
      if (!files.some(([, text]) => text === example.code))
        problems.push(
          `${path}:${example.line}: the example equals none of ${files.map(([file]) => file).join(', ') || 'examples/ (empty)'}`,
        );
      if (example.code.split('\n').length - 1 > longestExample)
        problems.push(`${path}:${example.line}: the example has over ${longestExample} lines`);
      return problems;
    }),
};

export const toolsExplainThemselves: Rule = {
  title: 'README.md of a tool has a title and says what the tool is for',
  check: (repository) =>
    repository.members
      .filter(({ kind }) => kind === 'tool')
      .flatMap(({ folder }) => {
        const path = `${folder}README.md`;
        const text = repository.files.get(path);
        if (text === undefined) return [`${path}: missing`];
        return /^# .+\n\n\S/.test(text) ? [] : [`${path}:1: starts with "# name" and a sentence`];
      }),
};
