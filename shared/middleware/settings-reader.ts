/**
 * Reads the metadata of a middleware Component, as Dapr does: names in any case, every value a text. What is missing or of
 * the wrong kind becomes a mistake, what nobody asked for a warning. Messages name settings and never hold a value: any of
 * them may be a secret. Pure.
 */
import { rootCaMistake } from '../compile/check-pem.ts';
import { compileLinearRegExp } from '../regexp/linear-regexp.ts';
import { msFromDurationOrNumber } from '../settings/duration-or-number.ts';
import { falsyTexts } from '../settings/falsy-texts.ts';
import { isTruthy } from '../settings/is-truthy.ts';
import { nearestName } from '../settings/nearest-name.ts';
import { bytesFromQuantity } from '../settings/quantity.ts';
import type { MiddlewareSetting } from '../table/middleware.ts';
import { Sensitive } from '../table/sensitive.ts';
import type { ParsedSettings } from './parsed-settings.ts';

/** The name of a setting, with its other names after it. */
export type SettingName = string | readonly [string, ...string[]];

export interface NumberRange {
  readonly fallback: number;
  readonly min?: number;
  /** Lowest number that is too low. */
  readonly above?: number;
  readonly max?: number;
  readonly isWhole?: boolean;
}

interface Found {
  readonly name: string;
  readonly value: Sensitive;
}

/** Stands for a value that is given and not known here: nothing can be said of it but that it is there. */
export const unknownValue = new Sensitive('', { ref: 'unknown', version: '' });

/** Each costs as many steps as its letters, times those of every name there is. */
const maxHints = 20;
const maxHintLength = 40;

export class SettingsReader {
  readonly #settingsByName = new Map<string, Found>();
  readonly #namesAsked: string[] = [];
  readonly #mistakes: string[] = [];
  readonly #warnings: string[] = [];

  constructor(settings: readonly MiddlewareSetting[]) {
    for (const { name, value } of settings) {
      const key = name.toLowerCase();
      if (this.#settingsByName.has(key)) this.warn(`${name} is there more than once; the last one is used`);
      this.#settingsByName.set(key, { name, value });
    }
  }

  /** Names that are given, as written. */
  get names(): readonly string[] {
    return [...this.#settingsByName.values()].map(({ name }) => name);
  }

  mistake(sentence: string): void {
    this.#mistakes.push(sentence);
  }

  warn(sentence: string): void {
    this.#warnings.push(sentence);
  }

  /** Whether it is given, known or not. */
  has(name: SettingName): boolean {
    return this.#find(name) !== null;
  }

  /** Says that it is missing, unless its value is not known. */
  missing(name: SettingName, why = ''): void {
    if (this.#find(name)?.value !== unknownValue) this.mistake(`${firstOf(name)} is missing${why}`);
  }

  /** `fallback` where it is not given; an empty text is given. */
  text(name: SettingName, fallback: string): string {
    const found = this.#find(name);
    return found === null || found.value === unknownValue ? fallback : textOf(found.value);
  }

  requiredText(name: SettingName): string {
    const text = this.text(name, '');
    if (text === '') this.missing(name);
    return text;
  }

  /** One of these words, in any case. */
  oneOf<Word extends string>(name: SettingName, words: readonly Word[], fallback: Word): Word {
    const text = this.text(name, '').toLowerCase();
    const word = words.find((candidate) => candidate.toLowerCase() === text);
    if (word === undefined && text !== '') this.mistake(`${firstOf(name)} must be one of ${words.join(', ')}`);
    return word ?? fallback;
  }

  /** Its text, still not to be printed; `null` where it is not given or empty. */
  secret(name: SettingName): Sensitive | null {
    const found = this.#find(name);
    if (found === null || found.value === unknownValue) return null;
    const text = textOf(found.value);
    return text === '' ? null : new Sensitive(text, found.value);
  }

  requiredSecret(name: SettingName): Sensitive {
    const secret = this.secret(name);
    if (secret === null) this.missing(name);
    return secret ?? new Sensitive('', { ref: 'none', version: '' });
  }

  /** A PEM bundle that replaces the system's roots. */
  rootCa(name: SettingName): Sensitive | null {
    const secret = this.secret(name);
    const mistake = secret === null ? null : rootCaMistake(secret.reveal());
    if (mistake !== null) this.mistake(`${firstOf(name)}: ${mistake.message}`);
    return secret;
  }

  number(name: SettingName, range: NumberRange): number {
    const text = this.text(name, '');
    if (text === '') return range.fallback;
    const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    return this.#within(firstOf(name), number, range);
  }

  /** A Kubernetes quantity such as `64Ki`, or a plain number of bytes. */
  bytes(name: SettingName, range: NumberRange): number {
    const text = this.text(name, '');
    if (text === '') return range.fallback;
    return this.#within(firstOf(name), bytesFromQuantity(text) ?? Number.NaN, { ...range, isWhole: true });
  }

  /** In milliseconds. */
  durationMs(name: SettingName, { fallback, max }: { readonly fallback: number; readonly max: number }): number {
    const text = this.text(name, '');
    if (text === '') return fallback;
    const ms = msFromDurationOrNumber(text);
    if (ms !== null && ms > 0 && ms <= max) return ms;
    this.mistake(`${firstOf(name)} must be a duration above 0 and up to ${max / 1000}s, such as 5s`);
    return fallback;
  }

  /** In Dapr's spellings: y, yes, true, t, on, 1 and their opposites. What is neither is a mistake here. */
  boolean(name: SettingName, fallback: boolean): boolean {
    const text = this.text(name, '').toLowerCase();
    if (text === '') return fallback;
    if (isTruthy(text)) return true;
    if (!falsyTexts.includes(text)) this.mistake(`${firstOf(name)} must be true or false`);
    return false;
  }

  /** Comma-separated; spaces around the parts are left out, and so are empty ones. */
  list(name: SettingName): readonly string[] {
    const items = this.text(name, '').split(',');
    return items.map((item) => item.trim()).filter((item) => item !== '');
  }

  requiredList(name: SettingName): readonly string[] {
    const list = this.list(name);
    if (list.length === 0) this.missing(name);
    return list;
  }

  /** An absolute http or https URL as it is written; `null` where it is not given. */
  url(name: SettingName): string | null {
    const text = this.text(name, '');
    if (text === '') return null;
    const url = URL.parse(text);
    const isUsable = url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '' && url.hash === '';
    if (!isUsable) this.mistake(`${firstOf(name)} must be an absolute http or https URL without a fragment`);
    else if (url.username !== '' || url.password !== '')
      this.mistake(`${firstOf(name)} must not hold user information`);
    return text;
  }

  requiredUrl(name: SettingName): string {
    const url = this.url(name);
    if (url === null) this.missing(name);
    return url ?? '';
  }

  /** A regular expression of Go's, matched in linear time; `null` where it is not given. */
  pattern(name: SettingName): RegExp | null {
    const text = this.text(name, '');
    if (text === '') return null;
    try {
      return compileLinearRegExp(text);
    } catch {
      // Without the engine's words, which quote the pattern.
      const message =
        'is no regular expression, or none that can be matched in linear time (no look-around, no back references, no \\p)';
      this.mistake(`${firstOf(name)} ${message}`);
      return null;
    }
  }

  /** Ends the reading. `settings` are what was read; they count where nothing was wrong. */
  finish<Settings>(settings: Settings): ParsedSettings<Settings> {
    this.#warnOfUnknown();
    const [first, ...others] = this.#mistakes;
    const warnings = this.#warnings;
    return first === undefined
      ? { settings, mistakes: [], warnings }
      : { settings: null, mistakes: [first, ...others], warnings };
  }

  #warnOfUnknown(): void {
    const asked = new Set(this.#namesAsked.map((name) => name.toLowerCase()));
    const unknown = [...this.#settingsByName].flatMap(([key, { name }]) => (asked.has(key) ? [] : [name]));
    for (const name of unknown.slice(0, maxHints)) {
      const nearest = name.length > maxHintLength ? null : nearestName(name, this.#namesAsked);
      const hint = nearest === null ? `the settings are ${this.#namesAsked.join(', ')}` : `did you mean ${nearest}?`;
      this.warn(`${name} is no setting of this type and has no effect; ${hint}`);
    }
    if (unknown.length > maxHints)
      this.warn(`there are ${unknown.length - maxHints} more that are no settings of this type`);
  }

  #find(name: SettingName): Found | null {
    const names = typeof name === 'string' ? [name] : name;
    for (const each of names) if (!this.#namesAsked.includes(each)) this.#namesAsked.push(each);
    const [used, ignored] = names.flatMap((each) => this.#settingsByName.get(each.toLowerCase()) ?? []);
    if (used !== undefined && ignored !== undefined) {
      const sentence = `${used.name} and ${ignored.name} mean the same; ${used.name} is used`;
      if (!this.#warnings.includes(sentence)) this.warn(sentence);
    }
    return used ?? null;
  }

  #within(name: string, number: number, { fallback, min, above, max, isWhole = false }: NumberRange): number {
    const isFit =
      Number.isFinite(number) &&
      number >= (min ?? -Infinity) &&
      number > (above ?? -Infinity) &&
      number <= (max ?? Infinity) &&
      (!isWhole || Number.isSafeInteger(number));
    if (isFit) return number;
    const bounds = [
      ...(min === undefined ? [] : [`at least ${min}`]),
      ...(above === undefined ? [] : [`above ${above}`]),
      ...(max === undefined ? [] : [`at most ${max}`]),
    ];
    this.mistake(
      `${name} must be a ${isWhole ? 'whole ' : ''}number${bounds.length === 0 ? '' : `, ${bounds.join(' and ')}`}`,
    );
    return fallback;
  }
}

function firstOf(name: SettingName): string {
  return typeof name === 'string' ? name : name[0];
}

/** Values are byte strings. Files end in a newline, and `kubectl create secret --from-file` keeps it; no setting means it. */
function textOf(value: Sensitive): string {
  const text = Buffer.from(value.reveal(), 'latin1').toString('utf8');
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end -= 1;
  return text.slice(0, end);
}
