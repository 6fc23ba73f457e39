import { buildModel, demands, parseKconfig, resolve } from '@pfnmap/kconfig';

const text = `
config HUGE
	bool "Huge pages"
	depends on !REAL_TIME

config REAL_TIME
	bool "Real time"
`;
const model = buildModel([parseKconfig(text, 'Kconfig')]);
const result = resolve(model, demands({ REAL_TIME: 'y' }, 'me'));
console.log(result.why('HUGE'));
