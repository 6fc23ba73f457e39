import { parseSize } from '../../size.ts';
import { formatSeeds } from '../seeds.ts';
import type { Death, Explanation, Finding, ShardResult } from '../shard.ts';
import { html, type Markup } from './markup.ts';
import { STYLE } from './style.data.ts';
import { unexplained } from './unexplained.ts';

const SHRUNK: Readonly<Record<Finding['shrunk'], string>> = {
  minimal: 'No step and no option of it can be left out.',
  cut: 'What is behind the difference, and what only looks, was left out.',
  vanished: 'When it was asked again, the kernel answered otherwise; this is the whole scenario.',
};

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** The command that asks kernel and model for one generated scenario again. */
function again(target: string, scenario: string): string {
  const [, kind, seed] = /^(.*)-0*(\d+)$/.exec(scenario) ?? [];
  return `npx pfnmap lab campaign ${target} --seeds ${seed} --kinds ${kind}`;
}

function findingArticle(target: string, finding: Finding): Markup {
  const { scenario, signature, steps, differing, minimal, capture, differences, shrunk } = finding;
  const lines = differences.flatMap((difference) => difference.lines);
  return html`<article id="${scenario}"><h3>${scenario}: <code>${signature}</code></h3>
<p>${plural(differing, 'step')} of ${steps} ${differing === 1 ? 'differs' : 'differ'}. The least that shows it:</p>
<pre>${minimal.trimEnd()}</pre>
<p>${SHRUNK[shrunk]}</p>
<pre>${lines.join('\n')}</pre>
<pre>npx pfnmap lab compare ${target} differences/${scenario}.scn   # kernel and model
npx pfnmap check differences/${scenario}.jsonl   # the model alone
${again(target, scenario)}   # the whole scenario</pre>
<details><summary>What the kernel answered</summary><pre>${capture.trimEnd()}</pre></details>
</article>`;
}

function deathRow(target: string, { scenario, step, words, where }: Death): Markup {
  return html`<tr><td>${scenario}</td><td><code>${step}</code></td><td>${words[0] ?? ''}</td>
<td><code>${where ?? ''}</code></td><td><code>${again(target, scenario)}</code></td></tr>`;
}

function deathTable(target: string, deaths: readonly Death[]): Markup {
  return html`<table><tr><th>scenario</th><th>step</th><th>last words</th><th>the model stops in</th><th>again</th></tr>
${deaths.map((death) => deathRow(target, death))}</table>`;
}

/** What is known, by its explanation, the most frequent first. */
function explainedSections({ target, findings, deaths }: ShardResult): Markup[] {
  const known = new Map<string, Explanation>();
  for (const { explanation } of [...findings, ...deaths])
    if (explanation) known.set(explanation.id, explanation);
  return [...known.values()].map(({ id, kind, text }) => {
    const isOf = ({ explanation }: { readonly explanation?: Explanation }) =>
      explanation?.id === id;
    const [those, dead] = [findings.filter(isOf), deaths.filter(isOf)];
    const counts = `${plural(those.length, 'difference')}, ${plural(dead.length, 'death')}`;
    return html`<article><h3>${kind}: ${id} (${counts})</h3><p>${text}</p>
${dead.length > 0 ? html`<details><summary>Deaths</summary>${deathTable(target, dead)}</details>` : ''}
${those.length > 0 ? html`<details><summary>Differences</summary>${those.map((finding) => findingArticle(target, finding))}</details>` : ''}
</article>`;
  });
}

function openSection(result: ShardResult): Markup {
  const { target } = result;
  const { findings, deaths } = unexplained(result);
  if (findings.length + deaths.length === 0) {
    return html`<p class="good">Nothing that is not explained.</p>`;
  }
  return html`${findings.map((finding) => findingArticle(target, finding))}
${deaths.length > 0 ? deathTable(target, deaths) : ''}`;
}

/** In the order a person looks for: numbers and sizes by what they are, words by name. */
function inOrder(values: Readonly<Record<string, number>>): (readonly [string, number])[] {
  const sizes = new Map(Object.keys(values).map((value) => [value, sizeOf(value)]));
  return Object.entries(values).sort(
    ([a], [b]) => sizes.get(a)! - sizes.get(b)! || (a < b ? -1 : 1),
  );
}

const sizeOf = (text: string): number => (/^\d+[KMGT]?$/.test(text) ? parseSize(text) : 0);

function coverageSection({ coverage }: ShardResult): Markup {
  const tables = Object.entries(coverage).map(
    ([subject, values]) => html`<table><tr><th>${subject}</th><th></th></tr>
${inOrder(values).map(([value, count]) => html`<tr><td>${value}</td><td class="number">${count}</td></tr>`)}</table>`,
  );
  return html`<div class="coverage">${tables}</div>`;
}

function versionsSection({ target, versions, kinds, seeds }: ShardResult): Markup {
  const { kernel, guest, generator, model } = versions;
  const rows = Object.entries({
    target,
    kernel: `Linux ${kernel}`,
    model,
    guest,
    generator,
    kinds: kinds.join(' '),
    seeds: seeds.map(formatSeeds).join(', '),
  });
  return html`<table>${rows.map(([key, value]) => html`<tr><th>${key}</th><td>${value}</td></tr>`)}</table>
<pre>${seeds.map((range) => `npx pfnmap lab campaign ${target} --seeds ${formatSeeds(range)}`).join('\n')}</pre>`;
}

/** A page for a person: what differs first, then what is known, what was asked, and of what. */
export function reportHtml(result: ShardResult): string {
  const { target, versions, scenarios, steps } = result;
  const { findings, deaths } = unexplained(result);
  const open = findings.length + deaths.length;
  const title = `Campaign on ${target}`;
  const sections = explainedSections(result);
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${{ markup: STYLE }}</style></head><body>
<h1>${title}</h1>
<p>Linux ${versions.kernel} and the model agree in ${scenarios.agree} of ${plural(scenarios.total, 'scenario')},
${steps.agree} of ${plural(steps.total, 'step')}.
<strong class="${open === 0 ? 'good' : 'bad'}">${plural(open, 'difference')} not explained.</strong></p>
<h2>Differences</h2>
${openSection(result)}
<h2>Known and explained</h2>
${sections.length > 0 ? sections : html`<p>None came up.</p>`}
<h2>What was asked</h2>
${coverageSection(result)}
<h2>Of what, and again</h2>
${versionsSection(result)}
</body></html>
`;
  return page.markup;
}
