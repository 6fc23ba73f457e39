// The sentence for each kind of reason.
import { describe, expect, test } from 'vitest';
import {
  buildModel,
  parseDotConfig,
  parseKconfig,
  preferences,
  type Reason,
  resolve,
} from '../src/index.ts';

const modules = 'config MODULES\n\tdef_bool y\n\tmodules\n';

function whyOf(symbol: string, text: string, config = ''): [Reason['kind'], string] {
  const model = buildModel([parseKconfig(text, 'Kconfig')]);
  const result = resolve(model, preferences(parseDotConfig(config, '.config')));
  return [result.reason(symbol).kind, result.why(symbol)];
}

const cases: readonly [
  title: string,
  text: string,
  config: string,
  kind: Reason['kind'],
  sentence: string,
][] = [
  ['somebody set it', 'config A\n\tbool "A"\n', 'CONFIG_A=y\n', 'chosen', 'A=y, set by .config:1'],
  [
    'nobody set it',
    'config A\n\tbool "A"\n',
    '',
    'unanswered',
    'A=n because nobody sets it and no default applies',
  ],
  [
    'its prompt is hidden',
    'config A\n\tbool "A" if E\nconfig E\n\tbool "E"\n',
    '',
    'unanswered',
    'A=n because its prompt needs E and no default applies; E=n because nobody sets it and no default applies',
  ],
  [
    'what it depends on is n',
    'config A\n\tbool "A"\n\tdepends on X && Y\nconfig X\n\tdef_bool y\nconfig Y\n\tbool "Y"\n',
    'CONFIG_A=y\n',
    'unmet',
    'A=n (where .config:1 asks for y) because it depends on Y; Y=n because nobody sets it and no default applies',
  ],
  [
    'neither of two is there',
    'config A\n\tbool "A"\n\tdepends on X || Y\nconfig X\n\tbool "X"\nconfig Y\n\tbool "Y"\n',
    '# CONFIG_X is not set\n',
    'unmet',
    'A=n because it depends on (X || Y); X=n, set by .config:1; Y=n because nobody sets it and no default applies',
  ],
  [
    'neither of two blocks lets it',
    'config A\n\tbool "A"\n\tdepends on X\nconfig A\n\tbool\n\tdepends on Y\nconfig X\n\tdef_bool n\nconfig Y\n\tdef_bool n\n',
    '',
    'unmet',
    'A=n because it depends on X or Y; X=n, by its default n; Y=n, by its default n',
  ],
  [
    'a number is too small',
    'config A\n\tdef_bool y\n\tdepends on N >= 4\nconfig N\n\tint "N"\n',
    'CONFIG_N=2\n',
    'unmet',
    'A=n because it depends on N >= 4; N=2, set by .config:1',
  ],
  [
    'something it excludes is there',
    'config A\n\tdef_bool y\n\tdepends on !(X && Y)\nconfig X\n\tdef_bool y\nconfig Y\n\tdef_bool X\n',
    '',
    'unmet',
    'A=n because it depends on !(X && Y); X=y, by its default y; Y=y, by its default X',
  ],
  [
    'a select turns it on',
    'config A\n\tbool\nconfig S\n\tbool "S"\n\tselect A if X\nconfig X\n\tdef_bool y\n',
    'CONFIG_S=y\n',
    'selected',
    'A=y, selected by S if X; S=y, set by .config:1; X=y, by its default y',
  ],
  [
    'no select turns it on',
    'config A\n\tbool\nconfig S\n\tdef_bool n\n\tselect A\nconfig T\n\tdef_bool n\n\tselect A\n',
    '',
    'not-selected',
    'A=n because only S or T selects it, and all of these are n',
  ],
  [
    'the one select does not turn it on',
    'config A\n\tbool\nconfig S\n\tdef_bool n\n\tselect A\n',
    '',
    'not-selected',
    'A=n because only S selects it, and S=n; S=n, by its default n',
  ],
  [
    'the condition of its select fails',
    'config A\n\tdef_bool n\nconfig S\n\tdef_bool y\n\tselect A if X\nconfig X\n\tbool "X"\n',
    '# CONFIG_X is not set\n',
    'default',
    'A=n because S selects it only if X; X=n, set by .config:1',
  ],
  [
    'nothing can turn it on',
    'config A\n\tbool\n',
    '',
    'not-selected',
    'A=n because it has no prompt, and no default applies',
  ],
  [
    'an imply turns it on',
    'config A\n\tbool "A"\nconfig S\n\tbool "S"\n\timply A\n',
    'CONFIG_S=y\n',
    'implied',
    'A=y, implied by S; S=y, set by .config:1',
  ],
  [
    'a default with a condition applies',
    'config A\n\tbool\n\tdefault y if X\nconfig X\n\tdef_bool y\n',
    '',
    'default',
    'A=y, by its default y if X; X=y, by its default y',
  ],
  [
    'a default comes from another symbol',
    'config A\n\tint\n\tdefault N\nconfig N\n\tint "N"\n',
    'CONFIG_N=3\n',
    'default',
    'A=3, by its default N; N=3, set by .config:1',
  ],
  [
    'a default is a comparison that fails',
    'config A\n\tdef_bool S = "x"\nconfig S\n\tstring "S"\n',
    'CONFIG_S="y"\n',
    'default',
    'A=n, by its default S = "x"; S="y", set by .config:1',
  ],
  [
    'a dependency of m holds it down',
    `${modules}config A\n\ttristate "A"\n\tdepends on X\nconfig X\n\ttristate "X"\n`,
    'CONFIG_X=m\nCONFIG_A=y\n',
    'limited',
    'A=m, although .config:2 asks for y, since its prompt needs X; X=m, set by .config:1',
  ],
  [
    'a number is outside its range',
    'config A\n\tint "A"\n\trange 2 10\n',
    'CONFIG_A=50\n',
    'clamped',
    'A=10, the end of its range nearest to 50',
  ],
  [
    'it is the default of its choice',
    'choice\n\tprompt "c"\n\tdefault A\nconfig A\n\tbool "A"\nconfig B\n\tbool "B"\nendchoice\n',
    '',
    'member-chosen',
    'A=y because it is the default of its choice',
  ],
  [
    'it was chosen',
    'choice\n\tprompt "c"\nconfig B\n\tbool "B"\nconfig A\n\tbool "A"\nendchoice\n',
    'CONFIG_A=y\n',
    'member-chosen',
    'A=y, set by .config:1',
  ],
  [
    'another member was chosen',
    'choice\n\tprompt "c"\nconfig A\n\tbool "A"\nconfig B\n\tbool "B"\nendchoice\n',
    'CONFIG_B=y\n',
    'member-left',
    'A=n because its choice is B; B=y, set by .config:1',
  ],
  [
    'all members of its choice are hidden',
    'choice\n\tprompt "c"\n\tdepends on X\nconfig A\n\tbool "A"\nendchoice\nconfig X\n\tbool "X"\n',
    '',
    'member-left',
    'A=n because it depends on X; X=n because nobody sets it and no default applies',
  ],
];

describe('why', () => {
  for (const [title, text, config, kind, sentence] of cases)
    test(title, () => {
      expect(whyOf('A', text, config)).toEqual([kind, sentence]);
    });

  test('a reason has the place of its cause', () => {
    const text = 'config A\n\tbool\nconfig S\n\tdef_bool y\n\tselect A\n';
    const model = buildModel([parseKconfig(text, 'Kconfig')]);
    expect(resolve(model).reason('A')).toEqual({
      kind: 'selected',
      by: ['S'],
      position: { file: 'Kconfig', line: 5, column: 9 },
    });
  });
});
