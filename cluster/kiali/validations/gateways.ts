// Gateways: who else has their host and port, and whether a workload is behind them.

import { type Fields, listOf, numberOf, at, stringMapOf, stringsOf } from '../../schema/fields.ts';
import type { KubeObject } from '../../object.ts';
import type { Workload } from '../inventory.ts';
import { selects } from '../lists.ts';
import { check } from './checks.ts';
import type { Validations } from './validations.ts';

interface GatewayHost {
  gateway: KubeObject;
  path: string;
  /** What must be the same before hosts can clash. */
  place: string;
  host: string;
  namespace: string;
}

export function checkGateways(
  found: Validations,
  gateways: readonly KubeObject[],
  workloads: readonly Workload[],
): void {
  const hosts = gateways.flatMap(hostsOf);
  for (const gateway of gateways) {
    const selector = stringMapOf(at(gateway['spec'], 'selector'));
    const isServed =
      Object.keys(selector).length === 0 ||
      workloads.some(({ labels }) => selects(selector, labels));
    found.add('Gateway', gateway, isServed ? [] : [check('gatewaySelector', 'spec/selector')], {
      invalid: true,
    });
  }
  for (const own of hosts) {
    const others = hosts.filter((other) => other.gateway !== own.gateway && clash(own, other));
    if (others.length > 0)
      found.add('Gateway', own.gateway, [check('sameGatewayHost', own.path)], {
        references: others.map(({ gateway }) => gateway),
      });
  }
}

function hostsOf(gateway: KubeObject): GatewayHost[] {
  const selector = Object.entries(stringMapOf(at(gateway['spec'], 'selector')))
    .map((pair) => pair.join('='))
    .toSorted()
    .join();
  return listOf(at(gateway['spec'], 'servers')).flatMap((server: Fields, index) =>
    stringsOf(server['hosts']).map((text, number) => {
      const [before, after] = text.split('/');
      const named = after === undefined ? '*' : (before ?? '*');
      return {
        gateway,
        path: `spec/servers[${index}]/hosts[${number}]`,
        place: `${selector} ${numberOf(at(server['port'], 'number')) ?? 0}`,
        host: after ?? before ?? '',
        namespace: named === '.' ? (gateway.metadata.namespace ?? '') : named,
      };
    }),
  );
}

function clash(a: GatewayHost, b: GatewayHost): boolean {
  if (a.place !== b.place) return false;
  if (a.namespace !== b.namespace && a.namespace !== '*' && b.namespace !== '*') return false;
  return covers(a.host, b.host) || covers(b.host, a.host);
}

function covers(wide: string, host: string): boolean {
  if (wide === '*' || wide === host) return true;
  return wide.startsWith('*.') && host.endsWith(wide.slice(1));
}
