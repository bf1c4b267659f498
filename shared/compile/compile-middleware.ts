/** One middleware Component: its references followed, its settings checked, and the entry that follows from both. Pure. */
import { unknownValue } from '../middleware/settings-reader.ts';
import { settingsMistakes } from '../middleware/settings-mistakes.ts';
import type { Component, ComponentSetting } from '../resources/component.ts';
import { nearestName } from '../settings/nearest-name.ts';
import {
  middlewareTypes,
  type EnvironmentSetting,
  type MiddlewareEntry,
  type MiddlewareSetting,
  type MiddlewareType,
  type RefusedMiddleware,
} from '../table/middleware.ts';
import { Sensitive } from '../table/sensitive.ts';
import { refusalMessage } from './compile-endpoint.ts';
import type { Finding, Note } from './finding.ts';
import { digestOf } from './fingerprint.ts';
import { lookUpValue, type Lookup, type LookupPlace } from './look-up-value.ts';
import { resolveValue } from './resolve-value.ts';

export interface CompiledMiddleware {
  readonly entry: MiddlewareEntry;
  /** Errors refuse it. */
  readonly findings: readonly Finding[];
}

/** The reason is what callers read with a 503. */
const maxMessageLength = 2_048;
const maxVariableLength = 1_024;
const typePrefix = 'middleware.http.';
const unbuiltTypes = ['middleware.http.wasm', 'middleware.http.sentinel'];

/** Follows every reference, in the order of the metadata. Cheap: nothing is parsed. */
export function lookUpSettings({ metadata }: Component, place: LookupPlace): readonly Lookup[] {
  return metadata.map(({ source }) => lookUpValue(source, place));
}

/** Makes the entry. A reference that leads nowhere, or a setting that is wrong, refuses it. */
export function compileMiddleware(
  component: Component,
  { lookups, fingerprintKey }: { readonly lookups: readonly Lookup[]; readonly fingerprintKey: string },
): CompiledMiddleware {
  const { name, metadata } = component;
  const findings: Finding[] = [];
  const note: Note = (finding) => findings.push(finding);
  const settings: MiddlewareSetting[] = [];
  const environmentSettings: EnvironmentSetting[] = [];
  for (const [index, setting] of metadata.entries()) {
    const lookup = lookups[index] ?? { kind: 'none' };
    if (lookup.kind === 'unknown-env') environmentSettings.push(environmentSetting(setting, lookup.name, note));
    else settings.push({ name: setting.name, value: settingValue(setting, lookup, { fingerprintKey, note }) });
  }
  const type = builtType(component, note);
  if (type !== null) {
    const unknown = environmentSettings.map((setting) => ({ name: setting.name, value: unknownValue }));
    noteSettings(type, [...settings, ...unknown], note);
  }
  if (type === null || hasError(findings)) return { entry: refusedBy(findings, component), findings };
  const content = { name, type, settings, environmentSettings };
  return { entry: { state: 'ready', revision: revisionOf(content), ...content }, findings };
}

/** What its own text says of a Component, whatever its references lead to. */
export function middlewareFindings(component: Component): readonly Finding[] {
  const findings: Finding[] = [];
  const note: Note = (finding) => findings.push(finding);
  const settings = component.metadata.map(({ name, source }) => ({
    name,
    value: source.value === null || source.secretKeyRef !== null ? unknownValue : inlineValue(source.value),
  }));
  const type = builtType(component, note);
  if (type !== null) noteSettings(type, settings, note);
  return findings;
}

/** Checks the settings of a type, as findings. */
export function noteSettings(type: MiddlewareType, settings: readonly MiddlewareSetting[], note: Note): void {
  const { mistakes, warnings } = settingsMistakes(type, settings);
  for (const message of mistakes) note({ reason: 'InvalidMiddleware', message, severity: 'error', origin: 'spec' });
  for (const message of warnings) note({ reason: 'SettingIgnored', message, severity: 'warning', origin: 'spec' });
}

/** The entry of a middleware that cannot be used. */
export function refusedMiddleware(
  { name, type }: { readonly name: string; readonly type: string },
  { reason, message }: { readonly reason: string; readonly message: string },
): RefusedMiddleware {
  const isLong = message.length > maxMessageLength;
  const said = isLong ? `${message.slice(0, maxMessageLength).toWellFormed()} …` : message;
  const revision = digestOf(JSON.stringify(['refused', name, type, reason, said]));
  return { state: 'refused', name, type, revision, reason, message: said };
}

/** The entry that its errors lead to. */
export function refusedBy(
  findings: readonly Finding[],
  named: { readonly name: string; readonly type: string },
): RefusedMiddleware {
  const errors = findings.filter(({ severity }) => severity === 'error');
  return refusedMiddleware(named, { reason: errors[0]?.reason ?? '', message: refusalMessage(errors) });
}

function hasError(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'error');
}

/** `null`: there is nothing that could do what it asks for, and that has been noted. */
function builtType({ type, version }: Component, note: Note): MiddlewareType | null {
  const message = unbuiltMessage({ type, version });
  if (message !== null) note({ reason: 'MiddlewareUnsupported', message, severity: 'error', origin: 'spec' });
  return message === null ? findType(type) : null;
}

/** Why a type cannot be used in this version; `null` when it can. */
export function unbuiltMessage({ type, version }: { readonly type: string; readonly version: string }): string | null {
  if (findType(type) !== null) {
    return version === 'v1' ? null : `${type} is there in version v1 only, not in ${version}`;
  }
  if (unbuiltTypes.includes(type.toLowerCase())) return `Farpoint does not have ${type}, which Dapr has`;
  const nearest = nearestName(type.toLowerCase(), middlewareTypes, 3);
  const names = middlewareTypes.map((known) => known.slice(typePrefix.length));
  const hint = nearest === null ? `after ${typePrefix} there may be ${names.join(', ')}` : `did you mean ${nearest}?`;
  return `${type} is no type of middleware; ${hint}`;
}

function findType(type: string): MiddlewareType | null {
  return middlewareTypes.find((candidate) => candidate === type.toLowerCase()) ?? null;
}

function settingValue(
  { name }: ComponentSetting,
  lookup: Lookup,
  options: { readonly fingerprintKey: string; readonly note: Note },
): Sensitive {
  const value = resolveValue(lookup, { field: `setting ${name}`, ...options });
  if (value !== null) return value;
  // What leads nowhere has been noted: it is not missing, and does not hide what is wrong with the others.
  return lookup.kind === 'none' ? new Sensitive('', { ref: 'none', version: '' }) : unknownValue;
}

function environmentSetting({ name }: ComponentSetting, variable: string, note: Note): EnvironmentSetting {
  if (variable.length > maxVariableLength) {
    const message = `setting ${name}: envRef is longer than ${maxVariableLength} characters`;
    note({ reason: 'InvalidMiddleware', message, severity: 'error', origin: 'spec' });
  }
  return { name, variable };
}

function inlineValue(text: string): Sensitive {
  return new Sensitive(Buffer.from(text, 'utf8').toString('latin1'), { ref: 'inline', version: '' });
}

/** Each value by reference and version. */
function revisionOf(content: {
  readonly name: string;
  readonly type: string;
  readonly settings: readonly MiddlewareSetting[];
  readonly environmentSettings: readonly EnvironmentSetting[];
}): string {
  const { name, type, settings, environmentSettings } = content;
  const standIns = settings.map((setting) => [setting.name, setting.value.ref, setting.value.version]);
  const variables = environmentSettings.map((setting) => [setting.name, setting.variable]);
  return digestOf(JSON.stringify(['ready', name, type, standIns, variables]));
}
