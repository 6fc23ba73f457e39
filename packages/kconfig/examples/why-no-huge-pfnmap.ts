import { configForRelease, resolveKernel } from '@pfnmap/kconfig';

// Debian's real-time kernel maps the memory of a GPU with 4K pages. Why?
const realTime = resolveKernel(configForRelease('6.12.117+deb12-rt-amd64'));
console.log(realTime.enabled('ARCH_SUPPORTS_HUGE_PFNMAP'));
console.log(realTime.why('ARCH_SUPPORTS_HUGE_PFNMAP'));

// The same machine with the usual kernel, but without the last three patches of the series.
const usual = configForRelease('6.12.117+deb12-amd64');
const before = resolveKernel({ ...usual, profile: 'posted-16' });
console.log(before.why('ARCH_SUPPORTS_HUGE_PFNMAP'));
