export { BarProcess, fileOf, type LabDriver, type Mapping } from './bar-process.ts';
export {
  type BarMapping,
  computer,
  entryAt,
  forkOf,
  GiB,
  KiB,
  MiB,
  mapAnon,
  mapBar,
  R,
  RW,
  VA,
  type Wanted,
} from './computer.ts';
