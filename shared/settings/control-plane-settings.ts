/** The flags of kubernetes mode: where the operator is. In standalone mode they are accepted and change nothing. Pure. */
import { isIP } from 'node:net';
import type { ProxyFlagValues } from './proxy-flag-rules.ts';
import type { ControlPlaneSettings } from './proxy-settings.ts';

const addressPattern = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)):([1-9]\d{0,4})$/i;

/** Returns a sentence for each flag that kubernetes mode cannot run with. */
export function controlPlaneRules(values: ProxyFlagValues): string[] {
  if (values.mode !== 'kubernetes') return [];
  const mistakes = [
    values['control-plane-address'] === ''
      ? '--mode kubernetes needs --control-plane-address: give the host and port of the operator.'
      : addressFrom(values['control-plane-address']) === null
        ? '--control-plane-address: give a host and a port, such as farpoint-operator.farpoint-system.svc:443.'
        : '',
    values['control-plane-token-file'] === '' ? '--control-plane-token-file: give a file.' : '',
    values['control-plane-ca-file'] === '' ? '--control-plane-ca-file: give a file.' : '',
    values.config.some((name) => name.includes('/'))
      ? '--config: with --mode kubernetes, give the name of a Configuration, not a file.'
      : '',
  ];
  return mistakes.filter((mistake) => mistake !== '');
}

/** `null` in standalone mode. The values must have passed the rules. */
export function controlPlaneFrom(values: ProxyFlagValues): ControlPlaneSettings | null {
  const address = values.mode === 'kubernetes' ? addressFrom(values['control-plane-address']) : null;
  if (address === null) return null;
  return {
    ...address,
    tokenFile: values['control-plane-token-file'],
    caFile: values['control-plane-ca-file'],
    tableCacheDir: values['table-cache-dir'],
  };
}

/** Flags of the other mode, which daprd accepts in silence; `--config` names what the operator knows from the pod. */
export function flagsWithoutEffect(values: ProxyFlagValues): readonly (keyof ProxyFlagValues)[] {
  return values.mode === 'kubernetes'
    ? ['resources-path', 'components-path', 'disable-builtin-k8s-secret-store']
    : ['control-plane-address', 'control-plane-token-file', 'control-plane-ca-file', 'table-cache-dir'];
}

function addressFrom(text: string): { readonly host: string; readonly port: number } | null {
  const [, address = '', name = '', port = ''] = addressPattern.exec(text) ?? [];
  if (port === '' || Number(port) > 65_535 || (address !== '' && isIP(address) !== 6)) return null;
  return { host: address === '' ? name : address, port: Number(port) };
}
