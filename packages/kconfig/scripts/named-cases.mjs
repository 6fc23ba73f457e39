// @ts-check
// Small Kconfig texts, one per rule of the language. capture-conf.mjs asks the kernel's own conf what
// they come to.

/** @typedef {{ title: string, kconfig: string, config?: string }} NamedCase */

/** @param {string} symbol @param {string} rest */
const bool = (symbol, rest = '') => `config ${symbol}\n\tbool "${symbol}"\n${rest}`;
const modules = 'config MODULES\n\tbool "MODULES"\n\tmodules\n\tdefault y\n';

/** @type {NamedCase[]} */
export const namedCases = [
  { title: 'a bool with a prompt and no answer is n', kconfig: bool('A') },
  { title: 'a bool takes the answer y', kconfig: bool('A'), config: 'CONFIG_A=y\n' },
  { title: 'a bool refuses the answer m', kconfig: modules + bool('A'), config: 'CONFIG_A=m\n' },
  {
    title: 'a tristate without modules turns m into y',
    kconfig: 'config T\n\ttristate "T"\n',
    config: 'CONFIG_T=m\n',
  },
  {
    title: 'a tristate with modules keeps m',
    kconfig: `${modules}config T\n\ttristate "T"\n`,
    config: 'CONFIG_T=m\n',
  },
  {
    title: 'depends on m limits a tristate to m',
    kconfig: `${modules}config D\n\ttristate "D"\nconfig T\n\ttristate "T"\n\tdepends on D\n`,
    config: 'CONFIG_D=m\nCONFIG_T=y\n',
  },
  {
    title: 'depends on m leaves a bool at y',
    kconfig: `${modules}config D\n\ttristate "D"\nconfig A\n\tbool "A"\n\tdepends on D\n`,
    config: 'CONFIG_D=m\nCONFIG_A=y\n',
  },
  {
    title: 'a bare m in a condition needs modules',
    kconfig: `config T\n\tbool "T"\n\tdepends on m\n${bool('U', '\tdepends on !m\n')}`,
    config: 'CONFIG_T=y\nCONFIG_U=y\n',
  },
  {
    title: 'an unmet dependency takes an answer away',
    kconfig: bool('A') + bool('B', '\tdepends on A\n'),
    config: 'CONFIG_B=y\n',
  },
  {
    title: 'two depends lines must both hold',
    kconfig: bool('A') + bool('B') + bool('C', '\tdepends on A\n\tdepends on B\n'),
    config: 'CONFIG_A=y\nCONFIG_C=y\n',
  },
  {
    title: 'if and endif add a dependency',
    kconfig: `${bool('A')}if A\n${bool('B', '\tdefault y\n')}endif\n`,
  },
  {
    title: 'the dependency of a menu reaches what is inside',
    kconfig: `${bool('A')}menu "m"\n\tdepends on A\n${bool('B', '\tdefault y\n')}endmenu\n`,
    config: 'CONFIG_B=y\n',
  },
  {
    title: 'visible if hides the prompt and leaves the default',
    kconfig: `${bool('A')}menu "m"\n\tvisible if A\n${bool('B', '\tdefault y\n')}endmenu\n`,
    config: '# CONFIG_B is not set\n',
  },
  {
    title: 'a comment changes nothing',
    kconfig: `${bool('A')}comment "about A"\n\tdepends on A\n${bool('B', '\tdefault A\n')}`,
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'the first default whose condition holds counts',
    kconfig: `${bool('A')}config B\n\tbool\n\tdefault y if A\n\tdefault n\n\tdefault y\n`,
  },
  {
    title: 'def_bool is a type and a default',
    kconfig: `${bool('A')}config B\n\tdef_bool y\n\tdepends on A\n`,
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'def_tristate takes the value of another symbol',
    kconfig: `${modules}config D\n\ttristate "D"\nconfig T\n\tdef_tristate D if MODULES\n`,
    config: 'CONFIG_D=m\n',
  },
  {
    title: 'a prompt with a false condition lets the default stand',
    kconfig: `${bool('E')}config A\n\tdef_bool y\n\tprompt "A" if E\n`,
    config: '# CONFIG_A is not set\n',
  },
  {
    title: 'a select turns on a symbol without a prompt',
    kconfig: `config S\n\tbool\n${bool('A', '\tselect S\n')}`,
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'a select overrules the answer n',
    kconfig: bool('S') + bool('A', '\tselect S\n'),
    config: '# CONFIG_S is not set\nCONFIG_A=y\n',
  },
  {
    title: 'a select with a false condition does nothing',
    kconfig: `${bool('C')}config S\n\tbool\n${bool('A', '\tselect S if C\n')}`,
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'a select by m turns a tristate to m and a bool to y',
    kconfig: `${modules}config S\n\ttristate\nconfig B\n\tbool\nconfig T\n\ttristate "T"\n\tselect S\n\tselect B\n`,
    config: 'CONFIG_T=m\n',
  },
  {
    title: 'a select past an unmet dependency turns on and warns',
    kconfig: bool('D') + bool('S', '\tdepends on D\n') + bool('A', '\tselect S\n'),
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'selects go on in a chain',
    kconfig: `config C\n\tbool\nconfig B\n\tbool\n\tselect C\n${bool('A', '\tselect B\n')}`,
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'an imply turns on what nobody answered',
    kconfig: bool('S') + bool('A', '\timply S\n'),
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'an imply gives way to the answer n',
    kconfig: bool('S') + bool('A', '\timply S\n'),
    config: 'CONFIG_A=y\n# CONFIG_S is not set\n',
  },
  {
    title: 'an imply stops at an unmet dependency',
    kconfig: bool('D') + bool('S', '\tdepends on D\n') + bool('A', '\timply S\n'),
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'an int takes its answer',
    kconfig: 'config N\n\tint "N"\n\tdefault 5\n',
    config: 'CONFIG_N=7\n',
  },
  {
    title: 'an int without answer and default is 0',
    kconfig: 'config N\n\tint "N"\n',
  },
  {
    title: 'an int above its range falls to the upper end',
    kconfig: 'config N\n\tint "N"\n\trange 2 10\n',
    config: 'CONFIG_N=50\n',
  },
  {
    title: 'an int below its range rises to the lower end',
    kconfig: 'config N\n\tint "N"\n\trange -3 10\n\tdefault -7\n',
  },
  {
    title: 'the ends of a range can be symbols',
    kconfig:
      'config LOW\n\tint\n\tdefault 4\nconfig HIGH\n\tint\n\tdefault 8\nconfig N\n\tint "N"\n\trange LOW HIGH\n',
    config: 'CONFIG_N=9\n',
  },
  {
    title: 'the first range whose condition holds counts',
    kconfig: `${bool('A')}config N\n\tint "N"\n\trange 1 2 if A\n\trange 3 4\n`,
    config: 'CONFIG_N=1\n',
  },
  {
    title: 'a hex number out of range is written anew',
    kconfig: 'config H\n\thex "H"\n\trange 0x10 0xff\n',
    config: 'CONFIG_H=0xFFF\n',
  },
  {
    title: 'a hex number in range stays as it was written',
    kconfig: 'config H\n\thex "H"\n\trange 0x10 0xff\n',
    config: 'CONFIG_H=0x0Ab\n',
  },
  {
    title: 'a string keeps quotes and backslashes',
    kconfig: 'config S\n\tstring "S"\n\tdefault "x"\n',
    config: 'CONFIG_S="a \\"b\\" \\\\c"\n',
  },
  {
    title: 'a string without a prompt and default is not written',
    kconfig: 'config S\n\tstring\n',
  },
  {
    title: 'numbers compare as numbers',
    kconfig:
      'config N\n\tint "N"\n\tdefault 10\nconfig A\n\tdef_bool N > 9\nconfig B\n\tdef_bool N < 9\nconfig C\n\tdef_bool N = 10\nconfig D\n\tdef_bool N != 10\nconfig E\n\tdef_bool N >= 10\nconfig F\n\tdef_bool N <= 9\n',
  },
  {
    title: 'hex numbers compare as numbers',
    kconfig:
      'config H\n\thex\n\tdefault 0x60c75\nconfig A\n\tdef_bool H >= 0x60c00\nconfig B\n\tdef_bool H >= 0x70000\n',
  },
  {
    title: 'texts compare letter by letter',
    kconfig:
      'config S\n\tstring\n\tdefault "arm64"\nconfig A\n\tdef_bool S = "arm64"\nconfig B\n\tdef_bool S > "arm"\nconfig C\n\tdef_bool S = "arm"\n',
  },
  {
    title: 'tristates compare in the order n, m, y',
    kconfig: `${modules}config T\n\ttristate "T"\nconfig A\n\tdef_bool T > n\nconfig B\n\tdef_bool T < y\nconfig C\n\tdef_bool T = m\n`,
    config: 'CONFIG_T=m\n',
  },
  {
    title: 'and binds tighter than or, not tightest',
    kconfig: `${bool('A')}${bool('B')}config X\n\tdef_bool A || !A && B\nconfig Y\n\tdef_bool (A || !A) && B\n`,
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'the default of a choice is chosen',
    kconfig: `choice\n\tprompt "c"\n\tdefault B\n${bool('A')}${bool('B')}endchoice\n`,
  },
  {
    title: 'without a default the first member of a choice is chosen',
    kconfig: `choice\n\tprompt "c"\n${bool('A')}${bool('B')}endchoice\n`,
  },
  {
    title: 'the answered member of a choice is chosen',
    kconfig: `choice\n\tprompt "c"\n\tdefault B\n${bool('A')}${bool('B')}endchoice\n`,
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'of two answered members the last is chosen',
    kconfig: `choice\n\tprompt "c"\n${bool('A')}${bool('B')}${bool('C')}endchoice\n`,
    config: 'CONFIG_C=y\nCONFIG_B=y\n',
  },
  {
    title: 'a member turned down gives way to the next',
    kconfig: `choice\n\tprompt "c"\n${bool('A')}${bool('B')}endchoice\n`,
    config: '# CONFIG_A is not set\n',
  },
  {
    title: 'when all members are turned down, the first one turned down is chosen',
    kconfig: `choice\n\tprompt "c"\n${bool('A')}${bool('B')}${bool('C')}endchoice\n`,
    config: '# CONFIG_B is not set\n# CONFIG_A is not set\n# CONFIG_C is not set\n',
  },
  {
    title: 'a hidden member of a choice cannot be chosen',
    kconfig: `${bool('D')}choice\n\tprompt "c"\n\tdefault A\n${bool('A', '\tdepends on D\n')}${bool('B')}endchoice\n`,
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'a choice whose dependency fails has no member',
    kconfig: `${bool('D')}choice\n\tprompt "c"\n\tdepends on D\n${bool('A')}${bool('B')}endchoice\n`,
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'a choice whose prompt is hidden still has a member',
    kconfig: `${bool('D')}choice\n\tprompt "c" if D\n\tdefault B\n${bool('A')}${bool('B')}endchoice\n`,
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'a member of a choice can select',
    kconfig: `config S\n\tbool\nchoice\n\tprompt "c"\n${bool('A', '\tselect S\n')}${bool('B')}endchoice\n`,
  },
  {
    title: 'two blocks of a symbol add their defaults',
    kconfig: `${bool('X')}config A\n\tbool\n\tdefault y if X\nconfig A\n\tbool\n\tdefault y if !X\n`,
  },
  {
    title: 'the dependencies of two blocks are or-ed',
    kconfig: `${bool('X')}${bool('Y')}config A\n\tbool "A"\n\tdepends on X\nconfig A\n\tbool "A again"\n\tdepends on Y\n`,
    config: 'CONFIG_Y=y\nCONFIG_A=y\n',
  },
  {
    title: 'a block without dependencies does not lift those of another for a select',
    kconfig: `${bool('X')}config S\n\tbool\nconfig S\n\tbool "again"\n\tdepends on X\n${bool('A', '\tselect S\n')}`,
    config: 'CONFIG_A=y\n',
  },
  {
    title: 'menuconfig is config',
    kconfig: `menuconfig A\n\tbool "A"\nif A\n${bool('B')}endif\n`,
    config: 'CONFIG_A=y\nCONFIG_B=y\n',
  },
  {
    title: 'a dependency on itself by way of not is no loop when it names another',
    kconfig: `${modules}config I\n\ttristate "I"\nconfig V\n\ttristate "V"\n\tdepends on I || !I\n`,
    config: 'CONFIG_I=m\nCONFIG_V=y\n',
  },
  {
    title: 'a help text ends where its indentation ends',
    kconfig:
      'config A\n\tbool "A"\n\thelp\n\t  One.\n\n\t    Two.\n\tdefault y\nconfig B\n\tdef_bool A\n',
  },
  {
    title: 'a backslash joins lines',
    kconfig: `${bool('A')}${bool('B')}config C\n\tbool\n\tdefault y if A \\\n\t\t|| B\n`,
    config: 'CONFIG_B=y\n',
  },
];
