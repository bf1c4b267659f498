/** How much Resiliency one application may have: every proxy holds all of it, and it travels in one message (shared/push). Pure. */
import type { ResilienceTarget } from '../table/resilience.ts';
import type { NoteOn, Owned } from './last-of-each-name.ts';

export const maxResources = 1_000;
const maxTargets = 10_000;
/** As JSON, each policy as often as it is used. */
const maxBytes = 2 * 1024 * 1024;
const maxNamesSaid = 5;

/** The first targets that fit. Every resource with others is told so. */
export function targetsWithinLimits(
  targets: Iterable<Owned<ResilienceTarget>>,
  note: NoteOn,
): readonly ResilienceTarget[] {
  const kept: ResilienceTarget[] = [];
  const leftByResource = new Map<Owned<ResilienceTarget>['resource'], string[]>();
  let bytes = 0;
  for (const { resource, value } of targets) {
    bytes += Buffer.byteLength(JSON.stringify(value));
    if (bytes <= maxBytes && kept.length < maxTargets) {
      kept.push(value);
      continue;
    }
    const keys = leftByResource.get(resource) ?? [];
    keys.push(value.key);
    leftByResource.set(resource, keys);
  }
  for (const [resource, keys] of leftByResource) {
    const named = keys.slice(0, maxNamesSaid).join(', ') + (keys.length > maxNamesSaid ? ', …' : '');
    const limits = `${maxTargets} targets or ${maxBytes / 1024 / 1024} MiB`;
    const message = `${keys.length} of its targets are left out (${named}): this application has more than ${limits} of them`;
    note(resource, { severity: 'error', reason: 'ResilienceTooLarge', message });
  }
  return kept;
}
