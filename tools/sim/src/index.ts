export { type ProgramShape, programs } from './arbitrary-steps.ts';
export { BrokenInvariant, InvariantChecker } from './invariants.ts';
export { machineOf, ProgramRunner, type SimTarget, TARGETS } from './run-program.ts';
export { type Simulated, simulate } from './simulate.ts';
