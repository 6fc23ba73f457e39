// The types that come out of the grammar are those a reader of the language expects.
import { expectTypeOf, test } from 'vitest';
import type { Answer, MachineOptions, ProtectionBits, Step, StepOf } from '../src/index.ts';

test('a step has the typed fields of its kind', () => {
  expectTypeOf<StepOf<'mmap'>>().toEqualTypeOf<{
    readonly op: 'mmap';
    readonly text: string;
    readonly line: number;
    readonly column: number;
    readonly name: string;
    readonly source: 'bar0' | 'bar1' | 'bar2' | 'bar3' | 'bar4' | 'bar5' | 'lab' | 'anon';
    readonly offset: number;
    readonly length: number | undefined;
    readonly align: number | undefined;
    readonly phase: number;
    readonly prot: ProtectionBits;
    readonly private: boolean;
    readonly anywhere: boolean;
  }>();
  expectTypeOf<StepOf<'gup'>['how']>().toEqualTypeOf<'fast' | 'fastonly' | 'slow' | 'longterm'>();
  expectTypeOf<StepOf<'mremap'>['length']>().toEqualTypeOf<number | undefined>();
});

test('op tells steps apart', () => {
  expectTypeOf<Extract<Step, { op: 'lab' }>['mode']>().toEqualTypeOf<'fault' | 'remap' | 'mixed'>();
});

test('the machine has typed options', () => {
  expectTypeOf<MachineOptions>().toEqualTypeOf<{
    readonly bar: number;
    readonly thp: 'always' | 'madvise' | 'never';
    readonly levels: 4 | 5;
    readonly cpu: string | undefined;
    readonly el2: boolean;
    readonly va: 48 | 52 | undefined;
    readonly cpus: number;
    readonly pat: boolean;
    readonly dyndbg: boolean;
  }>();
});

test('an answer is told by its first key', () => {
  expectTypeOf<Extract<Answer, { gup: number }>>().toEqualTypeOf<{ readonly gup: number }>;
  expectTypeOf<{ munmap: number; errno: number }>().toExtend<Answer>();
});
