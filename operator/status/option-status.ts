/** One of the kinds that the options of proxies are made of: its one condition follows from what compiling them found. */
import type { ResourceType } from '../kube/kube-object.ts';
import { optionCondition } from './option-condition.ts';
import type { OptionKind, OptionReport } from './option-report.ts';
import type { WantedStatus } from './plan-status.ts';
import type { StatusKind, WatchedObject } from './status-kind.ts';

/** The objects of a kind as the watch shows them. */
export interface WatchedObjects {
  keys(): Iterable<string>;
  get(key: string): WatchedObject | null;
  /** Calls back with each that the watch shows, status writes included, and with each that is gone. */
  onSeen(listener: (key: string) => void): () => void;
}

export interface OptionReports {
  optionReportFor(kind: OptionKind, key: string): OptionReport | null;
  onOptionReports(kind: OptionKind, listener: (keys: ReadonlySet<string>) => void): () => void;
}

export interface OptionStatusOptions {
  readonly type: ResourceType;
  readonly kind: OptionKind;
  readonly keepsStatus: boolean;
  readonly objects: WatchedObjects;
  readonly reports: OptionReports;
}

export class OptionStatus implements StatusKind {
  readonly type: ResourceType;
  readonly kind: OptionKind;
  readonly keepsStatus: boolean;
  readonly #objects: WatchedObjects;
  readonly #reports: OptionReports;

  constructor({ type, kind, keepsStatus, objects, reports }: OptionStatusOptions) {
    this.type = type;
    this.kind = kind;
    this.keepsStatus = keepsStatus;
    this.#objects = objects;
    this.#reports = reports;
  }

  keys(): Iterable<string> {
    return this.#objects.keys();
  }

  object(key: string): WatchedObject | null {
    return this.#objects.get(key);
  }

  wantedFor(key: string, { uid, generation }: WatchedObject): WantedStatus | null {
    const report = this.#reports.optionReportFor(this.kind, key);
    // Of an object that changed since, a report will come.
    if (report === null || report.uid !== uid || report.generation !== generation) return null;
    return { generation, proxies: '', states: [optionCondition(report)] };
  }

  /** Every replica finds the same. */
  isComplete(): boolean {
    return true;
  }

  onChanged(listener: (key: string) => void): () => void {
    const stops = [
      this.#objects.onSeen(listener),
      this.#reports.onOptionReports(this.kind, (keys) => {
        for (const key of keys) listener(key);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }
}
