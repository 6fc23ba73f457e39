// One answer of every kind, as the runner in the lab's guest prints it, is read and written unchanged.
import { expect, test } from 'vitest';
import { ANSWER_SHAPES } from '../src/answer-shapes.ts';
import { formatCapture, parseCapture } from '../src/index.ts';

const ANSWERS = [
  '{"vfio":0,"regions":[{"index":0,"size":"0x100","offset":"0x0","flags":7}]}',
  '{"mmap":0,"errno":0,"address":"0x200000000000"}',
  '{"mremap":-1,"errno":22}',
  '{"lab":0,"errno":0}',
  '{"zap":0,"errno":0}',
  '{"unmaprange":0,"errno":0}',
  '{"munmap":0,"errno":0}',
  '{"mprotect":-1,"errno":12}',
  '{"madvise":-1,"errno":22}',
  '{"processmadvise":4096,"errno":0}',
  '{"mlock":-1,"errno":12}',
  '{"mbind":0,"errno":0}',
  '{"uffd":-1,"errno":22}',
  '{"clearrefs":0,"errno":0}',
  '{"hardoffline":-1,"errno":6}',
  '{"mincore":0,"errno":0,"resident":512}',
  '{"node":-14}',
  '{"readv":-1,"errno":14}',
  '{"procmem":8,"errno":0}',
  '{"dmamap":0,"errno":0}',
  '{"dmaunmap":0,"errno":0}',
  '{"command":2,"errno":0}',
  '{"reset":0,"errno":0}',
  '{"kvm":0,"errno":0}',
  '{"kvmslot":0,"errno":0}',
  '{"fork":-1,"errno":12}',
  '{"signal":7}',
  '{"signals":4}',
  '{"hotdisable":0,"errno":0,"enabled":[0],"disabled":[7,11],"entries":0}',
  '{"table":[{"offset":"0x0","level":"pmd","entry":"0x0","count":512}]}',
  '{"walk":[{"level":"pgd","entry":"0x67"}]}',
  '{"gup":-14}',
  '{"follow":0,"pfn":"0x1","pgprot":"0x2b7","writable":1,"special":1,"addr_mask":"0xffffffffffe00000"}',
  '{"child":0}',
  '{"peer":0,"errno":0}',
  '{"pgtables_bytes":-4096,"filepages":0}',
  '{"smaps":{"Size":4,"Rss":0,"THPeligible":0}}',
  '{"smapsrollup":{"AnonHugePages":0,"ShmemPmdMapped":0,"FilePmdMapped":0}}',
  '{"numamaps":{"policy":"default","anon":1,"dirty":1,"mapped":1,"mapmax":1,"N0":1}}',
  '{"pagemap":"0xa000000000000000"}',
  '{"access":0,"errno":0,"exit":5}',
  '{"pages_1g":null,"pages_2m":0,"pages_4k":1}',
  '{"stage2":[{"size":"0x40000000","entry":"0x3"},{"size":"0x200000","entry":"0x400080000004d5"}]}',
  '{"calls":[{"handler":"lab","order":0,"ret":"0x100","write":1,"map":null},{"s2fault":"0x1000"}]}',
  '{"events":[{"notify":"start","reason":"clear","map":"a","offset":"0x0","length":"0x1000"},{"notify":"secondary","map":null},{"flush":"range","stride":"0x1000","tables":0,"map":null,"length":"0x1000"},{"flush":"all","map":null}],"truncated":true}',
  '{"watch":0,"errno":0}',
  '{"error":"no map a"}',
];

test('there is one of every kind', () => {
  const kinds = ANSWERS.map((answer) => Object.keys(JSON.parse(answer) as object)[0]!);
  expect(kinds.sort()).toEqual(Object.keys(ANSWER_SHAPES).sort());
});

test.each(ANSWERS)('%s', (answer) => {
  const text = `{"machine":{"kernel":"6.12.117","arch":"x86_64","bdf":"b","options":{},"bar2":null}}\n{"step":"mm","answers":[${answer}]}\n`;
  expect(formatCapture(parseCapture(text, 'a.jsonl'))).toBe(text);
});
