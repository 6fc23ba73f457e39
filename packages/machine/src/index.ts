export type { Cpu } from './cpu.ts';
export type { KernelOptions } from './create-kernel.ts';
export { createMachine, type FaultCall, type Machine, type MachineOptions } from './machine.ts';
export type { Pfnlab, PfnlabCall, PfnlabConfiguration } from './pfnlab.ts';
export type { MachineArch } from './platform.ts';
export type { MachineLayers, Process } from './process.ts';
export { type TranslationRequest, translate } from './translate/translate.ts';
export type {
  StageKind,
  Translation,
  TranslationEnd,
  TranslationStage,
} from './translate/translation.ts';
export { SIGBUS, SIGSEGV } from './user-fault.ts';
