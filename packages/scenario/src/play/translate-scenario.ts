import { type Translation, type TranslationRequest, translate } from '@pfnmap/machine';
import type { ArchPgtable } from '@pfnmap/pgtable-core';
import type { Step } from '../grammar.ts';
import type { Scenario } from '../parse-scenario.ts';
import type { FoundBug, PlayOptions } from '../played.ts';
import { playSteps, type StartedProgram, startProgram, stopMachine } from './play-scenario.ts';

/** Which address of a scenario's program, guest or device to follow, and when. */
export interface TranslationQuery {
  /** `gva`: the guest's own; `gpa`: guest-physical; `hva`: the program's; `iova`: the device's. */
  readonly from: 'gva' | 'gpa' | 'hva' | 'iova';
  /** Bytes; within the mapping, where one is named. */
  readonly address: number;
  /** The mapping that the address is in. For `hva` only. */
  readonly map?: string;
  /** The last step that is done, as an index; all of them when left out. */
  readonly after?: number;
}

/** Why an address cannot be followed. */
export type TranslationRefusal =
  | { readonly kind: 'no map'; readonly maps: readonly string[] }
  | { readonly kind: 'no vm' }
  | { readonly kind: 'no child' }
  | { readonly kind: 'bug'; readonly bug: FoundBug; readonly step: Step };

/** An address that was followed, or why not. */
export interface TranslatedScenario {
  /** As `uname -r` prints it. */
  readonly release: string;
  readonly arch: ArchPgtable;
  /** The last step that was done; undefined for a scenario without steps. */
  readonly after: Step | undefined;
  readonly address: number;
  readonly translation: Translation | TranslationRefusal;
}

/** The request to the machine, the scenario's names resolved. */
function requestOf(
  { machine, player, kvm }: StartedProgram,
  query: TranslationQuery,
): TranslationRequest | TranslationRefusal {
  const { from, address, map: name } = query;
  if (from === 'iova') return { from, address };
  if (from === 'hva') {
    const { mm } = player.process;
    if (name === undefined) return { from, address, mm };
    const map = player.map(name);
    if (map === undefined) return { kind: 'no map', maps: player.mapNames() };
    return { from, address: map.start + address, mm };
  }
  const vm = kvm.vmOf(player.process);
  return vm === undefined || !machine.kvm.vms.includes(vm)
    ? { kind: 'no vm' }
    : { from, address, vm };
}

/**
 * Plays the steps of a scenario up to one and follows an address through every table between it and the memory.
 *
 * @throws UnknownKernelError and its kind for a kernel that is not known; RangeError when a machine is impossible.
 */
export function translateScenario(
  scenario: Scenario,
  options: PlayOptions,
  query: TranslationQuery,
): TranslatedScenario {
  const started = startProgram(scenario, options);
  const { machine, player, release } = started;
  const { arch } = machine.kernel;
  const { after: index = scenario.steps.length - 1 } = query;
  const steps = scenario.steps.slice(0, index + 1);
  const after = steps.at(-1);
  const done = playSteps({ ...scenario, steps }, options, machine, player);
  const answer = (address: number, translation: Translation | TranslationRefusal) => {
    stopMachine(machine);
    return { release, arch, after, address, translation };
  };
  if (done.bug !== undefined) {
    const step = steps[done.steps.length - 1] as Step;
    return answer(query.address, { kind: 'bug', bug: done.bug, step });
  }
  if (player.isSkipping) return answer(query.address, { kind: 'no child' });
  const request = requestOf(started, query);
  if ('kind' in request) return answer(query.address, request);
  return answer(request.address, translate(machine, request));
}
