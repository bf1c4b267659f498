/** The options of a proxy that nobody has said anything about. */
import { defaultConfiguration } from '../resources/configuration.ts';
import type { TableOptions } from '../table/endpoint-table.ts';
import { compileOptions } from './compile-options.ts';

export const defaultOptions: TableOptions = compileOptions(defaultConfiguration);
