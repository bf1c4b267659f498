/** `metrics.rules` of the Configuration: label values of one metric, rewritten by regular expressions. */
import type { Logger } from '#shared/logger/logger.ts';
import { compileLinearRegExp, replaceAsGo } from '#shared/regexp/linear-regexp.ts';
import type { MetricRule } from '#shared/table/endpoint-table.ts';
import type { LabelRewrite } from './series-set.ts';

interface Replacement {
  readonly pattern: RegExp;
  readonly template: string;
}

/** Compiles the rules. One that does not compile is left out with a warning. The first pattern that matches wins. */
export function compileMetricRules(rules: readonly MetricRule[], logger: Logger): LabelRewrite {
  const replacementsByLabel = new Map<string, Replacement[]>();
  for (const rule of rules) {
    const key = keyOf(rule.metric, rule.label);
    const replacements = replacementsByLabel.get(key) ?? [];
    replacementsByLabel.set(key, replacements);
    for (const { pattern, replacement } of rule.patterns) {
      try {
        replacements.push({ pattern: compileLinearRegExp(pattern, 'g'), template: replacement });
      } catch (err) {
        const reason = err instanceof Error ? err.message : String(err);
        logger.warn('a metric rule is skipped: its regular expression cannot be used', {
          ...rule,
          patterns: pattern,
          reason,
        });
      }
    }
  }
  if (replacementsByLabel.size === 0) return (_metric, _label, value) => value;
  return (metric, label, value) => {
    for (const { pattern, template } of replacementsByLabel.get(keyOf(metric, label)) ?? []) {
      pattern.lastIndex = 0;
      if (pattern.test(value)) return replaceAsGo(value, pattern, template);
    }
    return value;
  };
}

/** Dapr takes a metric's name with or without `dapr_`, and with `/` for `_`. */
function keyOf(metric: string, label: string): string {
  return `${metric.replaceAll('/', '_').replace(/^dapr_/, '')} ${label}`;
}
