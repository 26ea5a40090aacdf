// The machine a result was made on, in words: a cost without its machine says nothing.
import type { Machine } from '../format/result.ts';
import { bytes } from './wording.ts';

export function machineCard(machine: Machine): readonly (readonly [name: string, text: string])[] {
  return [
    ['CPU', `${machine.cpu}, ${machine.cores} ${machine.cores === 1 ? 'core' : 'cores'}`],
    ['Memory', bytes(machine.memoryBytes)],
    ['Kernel', machine.kernel],
    ['Virtualised', machine.virtualised ?? 'no, or not to be seen'],
    ['Node', machine.node],
    ['OpenSSL', machine.openssl],
    ...Object.entries(machine.versions),
  ];
}
