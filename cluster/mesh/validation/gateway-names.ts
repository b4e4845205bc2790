// References to Gateways, as VirtualServices make them: `mesh`, `namespace/name` or an older dotted form.

import { Findings } from './findings.ts';
import { fqdn, isDnsLabel, quoted } from './names.ts';

export function gatewayNames(names: readonly string[]): Findings {
  const findings = new Findings();
  for (const name of names) {
    const slash = name.indexOf('/');
    if (slash < 0) {
      const [gateway = '', namespace = ''] = name.split('.');
      if (name.includes('.'))
        findings.warning(
          `using legacy gatewayName format ${quoted(name)}; prefer the <namespace>/<name> format: ${quoted(`${namespace}/${gateway}`)}`,
        );
      return findings.error(fqdn(name));
    }
    const [namespace, gateway] = [name.slice(0, slash), name.slice(slash + 1)];
    if (namespace === '' || gateway === '')
      findings.error('config namespace and gateway name cannot be empty');
    if (!isDnsLabel(namespace)) findings.error(`invalid value for namespace: ${quoted(namespace)}`);
    if (!isDnsLabel(gateway)) findings.error(`invalid value for gateway name: ${quoted(gateway)}`);
  }
  return findings;
}
