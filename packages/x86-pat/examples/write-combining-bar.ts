import { resolveKernel } from '@pfnmap/kconfig';
import { _PAGE_CACHE_MODE_UC_MINUS, _PAGE_CACHE_MODE_WC, createX86Pat } from '@pfnmap/x86-pat';

const pat = createX86Pat({
  config: resolveKernel({ profile: '6.12.117', arch: 'x86' }),
  patEnabled: true,
  isRam: (pfn) => pfn < 0x40000,
  max_pfn: 0x40000,
  follow: () => null,
  followPte: () => null,
  current: () => ({ comm: 'qemu', pid: 1234 }),
  printk: (line) => console.log(line),
  warn: (where, what) => console.log(`WARNING: ${where}: ${what}`),
});
pat.ioremap(0x200000000, 2 ** 33, _PAGE_CACHE_MODE_WC); // a driver maps its BAR write-combining
const uncached = pat.cachemode2protval(_PAGE_CACHE_MODE_UC_MINUS);
const used = pat.tracking.insert(0x200000, uncached); // a fault asks for uncached
console.log(pat.pgprot2cachemode(used) === _PAGE_CACHE_MODE_WC); // true: the BAR decides
console.log(pat.pat_memtype_list().join('\n'));
