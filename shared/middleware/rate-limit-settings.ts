/** `middleware.http.ratelimit` (spec/policy.md §4), with what Farpoint has beyond Dapr: `burst`, `key` and `maxKeys`. Pure. */
import type { MiddlewareSetting } from '../table/middleware.ts';
import { parseKeyTemplate, type KeyPart } from './key-template.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import { SettingsReader } from './settings-reader.ts';

export interface RateLimitSettings {
  /** Above 0; may be a fraction. */
  readonly maxRequestsPerSecond: number;
  /** Requests that may come at once; at least 1. */
  readonly burst: number;
  /** What requests are counted by; none: all of them together. */
  readonly key: readonly KeyPart[];
  /** Buckets that are kept; the one that was not used for longest is forgotten first. */
  readonly maxKeys: number;
}

export function parseRateLimitSettings(settings: readonly MiddlewareSetting[]): ParsedSettings<RateLimitSettings> {
  const read = new SettingsReader(settings);
  const maxRequestsPerSecond = read.number('maxRequestsPerSecond', { fallback: 100, above: 0, max: 1e9 });
  const fallback = Math.max(1, Math.floor(maxRequestsPerSecond));
  const burst = read.number('burst', { fallback, min: 1, max: 1e9, isWhole: true });
  const { parts, mistake } = parseKeyTemplate(read.text('key', '{remoteAddress}'));
  if (mistake !== null) read.mistake(`key ${mistake}`);
  const maxKeys = read.number('maxKeys', { fallback: 10_000, min: 1, max: 1_000_000, isWhole: true });
  return read.finish({ maxRequestsPerSecond, burst, key: parts ?? [], maxKeys });
}
