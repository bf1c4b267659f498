/** What is wrong or doubtful about one object of ours, by its own text: the rules of a folder and of the tables. Total and pure. */
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import { componentFindings } from './component-findings.ts';
import { configurationFindings } from './configuration-findings.ts';
import { endpointFindings } from './endpoint-findings.ts';
import type { ObjectFindings, Surroundings } from './findings.ts';
import { resiliencyFindings } from './resiliency-findings.ts';
import { scopeWarnings } from './scope-warnings.ts';

const findingsByKind = {
  HTTPEndpoint: endpointFindings,
  Configuration: configurationFindings,
  Component: componentFindings,
  Resiliency: resiliencyFindings,
} satisfies Record<string, (object: UnknownRecord, around: Surroundings) => ObjectFindings>;

export type ValidatedKind = keyof typeof findingsByKind;

/** `null`: it is none of ours. */
export function validatedKindFrom(group: string, kind: string): ValidatedKind | null {
  return group === 'dapr.io' && isValidatedKind(kind) ? kind : null;
}

function isValidatedKind(kind: string): kind is ValidatedKind {
  return Object.hasOwn(findingsByKind, kind);
}

/** The findings about an object of this kind. */
export function objectFindings(kind: ValidatedKind, object: UnknownRecord, around: Surroundings): ObjectFindings {
  const { errors, warnings } = findingsByKind[kind](object, around);
  return { errors, warnings: [...warnings, ...scopeWarnings(object)] };
}
