// Every answer of every captured kernel can be told in words; a few are looked at closely.
import { readdirSync, readFileSync } from 'node:fs';
import { type Answer, parseCapture } from '@pfnmap/scenario';
import { expect, test } from 'vitest';
import { answerLines } from '../src/describe-answer.ts';
import { arm64, x86_64 } from './archs.ts';
import { capturesFolder } from './echo-player.ts';

test('all answers of all captures become lines', () => {
  for (const name of readdirSync(capturesFolder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.jsonl')) continue;
    const { machine, steps } = parseCapture(readFileSync(capturesFolder + name, 'utf8'), name);
    const arch = machine.arch === 'x86_64' ? x86_64 : arm64;
    for (const { step, answers } of steps)
      for (const answer of answers) {
        const text = answerLines(answer, arch).join('\n');
        expect(text, step).not.toMatch(/undefined|NaN|\[object/);
        expect(text, step).not.toBe('');
      }
  }
});

test.each<[Answer, string]>([
  [{ signal: 0 }, 'no signal'],
  [{ signal: 7 }, 'SIGBUS'],
  [{ signal: 11 }, 'SIGSEGV'],
  [{ signals: 0 }, 'no signal'],
  [{ signals: 4 }, '4 accesses got a signal'],
  [{ hotdisable: -1, errno: 9 }, 'fails with EBADF'],
  [{ munmap: 0, errno: 0 }, 'ok'],
  [{ munmap: -1, errno: 22 }, 'fails with EINVAL'],
  [{ readv: 8, errno: 0 }, '8 bytes'],
  [{ readv: -1, errno: 14 }, 'fails with EFAULT'],
  [{ mmap: 0, errno: 0, address: '0x200000000000' }, 'at 0x200000000000'],
  [{ mmap: -1, errno: 22 }, 'fails with EINVAL'],
  [{ gup: 1 }, '1 page'],
  [{ gup: 0 }, '0 pages'],
  [{ gup: -14 }, '-EFAULT'],
  [{ node: 0 }, 'on node 0'],
  [{ node: -2 }, '-ENOENT'],
  [{ follow: -22 }, '-EINVAL'],
  [{ child: 0 }, 'the child has ended'],
  [{ child: 9 }, 'the child ended with wait status 9'],
  [{ peer: 0, errno: 0 }, 'ok'],
  [{ peer: 0 }, 'the peer has ended'],
  [{ peer: 9 }, 'the peer ended with wait status 9'],
  [{ pgtables_bytes: -4096, filepages: 0 }, '-4K of page tables, 0 file pages'],
  [{ smaps: {} }, 'no VMA starts there'],
  [{ smaps: { Size: 4, Rss: 0, THPeligible: 1 } }, 'Size 4 kB, Rss 0 kB, THPeligible 1'],
  [{ access: 0, errno: 0, exit: 6 }, 'the guest leaves by MMIO'],
  [{ access: -1, errno: 14, exit: 0 }, 'fails with EFAULT'],
  [{ pages_1g: null, pages_2m: null, pages_4k: null }, 'the kernel does not count'],
  [{ table: [] }, 'nothing: the mapping is empty'],
  [{ mincore: 0, errno: 0, resident: 3 }, '3 pages resident'],
  [{ mincore: -1, errno: 12 }, 'fails with ENOMEM'],
  [{ smapsrollup: { AnonHugePages: 0 } }, 'AnonHugePages 0 kB'],
  [{ numamaps: { policy: 'default', N0: 2 } }, 'default N0=2'],
  [{ numamaps: {} }, 'no VMA starts there'],
  [{ events: [{ flush: 'all', map: null }] }, 'TLB flush of everything'],
  [
    {
      events: [
        {
          flush: 'range',
          stride: '0x200000',
          tables: 1,
          map: 'a',
          offset: '0x0',
          length: '0x1000',
        },
      ],
    },
    'TLB flush of 0x1000 bytes at a+0x0 in strides of 0x200000, tables freed',
  ],
  [
    { events: [{ notify: 'start', reason: 'clear', map: null, length: '0x1000' }] },
    'MMU notifier start (clear): 0x1000 bytes outside of all mappings',
  ],
  [{ vfio: -1, regions: [] }, 'cannot be opened'],
  [{ error: 'no map a' }, 'no map a'],
])('%j', (answer, text) => {
  expect(answerLines(answer, x86_64)).toEqual([text]);
});

test('hotdisable tells what answered while memory was on, and off', () => {
  const answer = { hotdisable: 0, errno: 0, enabled: [0, 11], disabled: [7, 11], entries: 0 };
  expect(answerLines(answer, x86_64)).toEqual([
    'memory on: no signal, SIGSEGV',
    'memory off: SIGBUS, SIGSEGV, 0 entries',
  ]);
});
