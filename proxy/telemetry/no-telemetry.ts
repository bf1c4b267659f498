/** Takes every record and keeps none: what the proxy runs with when metrics are off. */
import type { Telemetry } from './telemetry.ts';

export const noTelemetry: Telemetry = {
  callStarted() {},
  callEnded() {},
  requestServed() {},
  appProbed() {},
  tableApplied() {},
  policyPicked() {},
  policyActivated() {},
  retried() {},
  retryForgone() {},
};
