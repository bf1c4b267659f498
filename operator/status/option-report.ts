/** What was found about one object that the options of proxies are made of: the source of its condition. */
import type { Finding } from '#shared/compile/finding.ts';

export const optionKinds = ['Resiliency', 'Component', 'Configuration'] as const;

export type OptionKind = (typeof optionKinds)[number];

export type OptionFinding = Pick<Finding, 'reason' | 'message' | 'severity'>;

export interface OptionReport {
  readonly kind: OptionKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly findings: readonly OptionFinding[];
  /** Whether the rest of it holds when a part is wrong. */
  readonly isPartlyUsed: boolean;
}
