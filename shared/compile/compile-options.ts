/** What holds for the whole proxy: the Configuration, the pipelines and Resiliency of one audience. Pure. */
import type { Problem } from '../errors/problem.ts';
import type { Resiliency } from '../resources/resiliency.ts';
import type { TableOptions } from '../table/endpoint-table.ts';
import { compilePipelines, type PipelineInputs } from './compile-pipelines.ts';
import { compileResilience } from './compile-resilience.ts';

/** Everything that options are made of. Whoever calls has left out what is not for the audience. */
export interface OptionsInputs extends PipelineInputs {
  /** In order: of two policies or targets with one name, the later is used. */
  readonly resiliencies: readonly Resiliency[];
}

export interface CompiledOptions {
  readonly options: TableOptions;
  /** About each resource that the options are made of. */
  readonly problems: readonly Problem[];
}

/** Puts the options together. Total: what is wrong is left out or refused by name. */
export function compileOptions({ resiliencies, ...inputs }: OptionsInputs): CompiledOptions {
  const { apiAccess, apiLogging, metrics } = inputs.configuration;
  const { resilience, problems } = compileResilience(resiliencies);
  const { pipelines, problems: pipelineProblems } = compilePipelines(inputs);
  return {
    options: { apiAccess, apiLogging, metrics, resilience, pipelines },
    problems: [...problems, ...pipelineProblems],
  };
}
