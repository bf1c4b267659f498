/**
 * The pipelines of a Configuration, each handler with the Component that it names. A handler that leads nowhere is refused
 * and never left out: what it guards is answered with the reason. Pure.
 */
import type { Problem } from '../errors/problem.ts';
import type { Component } from '../resources/component.ts';
import type { Configuration, HandlerRef } from '../resources/configuration.ts';
import type { MiddlewareEntry, Pipelines } from '../table/middleware.ts';
import { refusedMiddleware, unbuiltMessage, type CompiledMiddleware } from './compile-middleware.ts';
import { denialOf, isDenied } from './is-denied.ts';
import type { KnownMiddleware } from './known-middleware.ts';
import type { LookupPlace } from './look-up-value.ts';

export interface PipelineInputs {
  readonly configuration: Configuration;
  /** Middleware for the audience, in order: of several with one name, the first is used. */
  readonly components: readonly Component[];
  /** Where a Component finds what it refers to. */
  readonly placeOf: (component: Component) => LookupPlace;
  readonly known: KnownMiddleware;
}

export interface CompiledPipelines {
  readonly pipelines: Pipelines;
  /** Of each Component, used or not, and of each handler that leads nowhere. */
  readonly problems: readonly Problem[];
}

/** Of the values of both pipelines together: with every byte escaped they still fit into one message (shared/push). */
const maxValuesLength = 1024 * 1024;

/** Resolves every handler. Secrets are looked up for what a pipeline names, and for nothing else. */
export function compilePipelines(inputs: PipelineInputs): CompiledPipelines {
  const { configuration, components } = inputs;
  const problems: Problem[] = [];
  const componentsByName = firstOfEachName(components, problems);
  const compiledByName = new Map<string, CompiledMiddleware>();
  let room = maxValuesLength;

  const pipelines = {
    http: configuration.pipelines.http.map((handler) => entryOf(handler, 'httpPipeline')),
    app: configuration.pipelines.app.map((handler) => entryOf(handler, 'appHttpPipeline')),
  };
  for (const component of componentsByName.values()) {
    const { findings } = compiledByName.get(component.name) ?? { findings: inputs.known.findings(component) };
    for (const { reason, message, severity } of findings) {
      problems.push({ subject: component.subject, reason, message, severity });
    }
  }
  return { pipelines, problems };

  function entryOf(handler: HandlerRef, pipeline: string): MiddlewareEntry {
    const component = componentsByName.get(handler.name);
    const fault = handlerFault(handler, component, configuration);
    if (component === undefined || fault !== null) return refuse(handler, pipeline, fault ?? notFound(handler));
    const { entry } = compiledFor(component);
    const length = lengthOf(entry);
    if (length > room) {
      const message = `the settings of all handlers together hold more than ${maxValuesLength} bytes`;
      return refuse(handler, pipeline, { reason: 'MiddlewareTooLarge', message });
    }
    room -= length;
    return entry;
  }

  function compiledFor(component: Component): CompiledMiddleware {
    const { placeOf, known } = inputs;
    const compiled = compiledByName.get(component.name) ?? known.compiled(component, placeOf(component));
    compiledByName.set(component.name, compiled);
    return compiled;
  }

  function refuse(handler: HandlerRef, pipeline: string, fault: Fault): MiddlewareEntry {
    const message = `${pipeline}: handler ${handler.name}: ${fault.message}`;
    problems.push({ subject: configuration.subject, reason: fault.reason, message, severity: 'error' });
    return refusedMiddleware(handler, fault);
  }
}

interface Fault {
  readonly reason: string;
  readonly message: string;
}

/** Why a handler cannot be what it asks for, whatever the settings of its Component; `null`: it can. */
function handlerFault(
  { name, type, version }: HandlerRef,
  component: Component | undefined,
  { deniedComponents }: Configuration,
): Fault | null {
  const unbuilt = unbuiltMessage({ type, version });
  if (unbuilt !== null) return { reason: 'MiddlewareUnsupported', message: unbuilt };
  if (isDenied({ type, version }, deniedComponents)) {
    return { reason: 'ComponentDenied', message: denialOf(type) };
  }
  if (component === undefined) return notFound({ name });
  if (component.type.toLowerCase() === type.toLowerCase() && component.version === version) return null;
  const isThere = `Component ${name} is of type ${component.type}, version ${component.version}`;
  return { reason: 'ComponentTypeMismatch', message: `${isThere}; the handler asks for ${type}, version ${version}` };
}

function notFound({ name }: Pick<HandlerRef, 'name'>): Fault {
  return {
    reason: 'ComponentNotFound',
    message: `no middleware Component named ${name} can be read and is for this app`,
  };
}

function firstOfEachName(components: readonly Component[], problems: Problem[]): ReadonlyMap<string, Component> {
  const componentsByName = new Map<string, Component>();
  for (const component of components) {
    const { name, subject } = component;
    const first = componentsByName.get(name);
    if (first === undefined) {
      componentsByName.set(name, component);
    } else {
      const message = `there is another Component ${name} in ${first.subject.location}, which is used; this one is not`;
      problems.push({ subject, reason: 'DuplicateName', message, severity: 'error' });
    }
  }
  return componentsByName;
}

function lengthOf(entry: MiddlewareEntry): number {
  if (entry.state === 'refused') return 0;
  return entry.settings.reduce((sum, { name, value }) => sum + name.length + value.reveal().length, 0);
}
