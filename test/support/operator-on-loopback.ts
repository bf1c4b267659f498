/** Flags of an operator that runs inside a test: on loopback, on free ports, by a name of its own. */
export const operatorOnLoopback: readonly string[] = [
  '--replica-name=replica-a',
  '--listen-address=127.0.0.1',
  '--port=0',
  '--metrics-listen-address=127.0.0.1',
  '--metrics-port=0',
  '--webhook-listen-address=127.0.0.1',
  '--webhook-port=0',
  '--service-names=localhost',
];
