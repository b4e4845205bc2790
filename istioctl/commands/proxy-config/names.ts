// How clusters are named, ordered and traced back to Istio's objects, in what proxy-config prints.

import { at, type Fields, stringOf } from '../../../cluster/schema/fields.ts';

/** The parts of `outbound|80|v1|backend.default.svc.cluster.local`; undefined for a cluster that is called otherwise. */
export function partsOf(
  name: string,
): { direction: string; port: number; subset: string; host: string } | undefined {
  const [direction = '', port = '', subset = '', ...host] = name.split('|');
  if (host.length === 0) return undefined;
  return { direction, port: Number(port), subset, host: host.join('|') };
}

/** By host, subset, port, direction. */
export function byParts(a: string, b: string): number {
  const [left, right] = [a, b].map(
    (name) => partsOf(name) ?? { direction: '', port: 0, subset: '', host: name },
  );
  if (!left || !right) return 0;
  return (
    compare(left.host, right.host) ||
    compare(left.subset, right.subset) ||
    left.port - right.port ||
    compare(left.direction, right.direction)
  );
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `backend.default`: the rule that a cluster or a route comes from; empty when there is none. */
export function ruleOf(message: Fields): string {
  const path = stringOf(at(message, 'metadata', 'filter_metadata', 'istio', 'config'));
  if (path === '') return '';
  const [, , , , , namespace, , name] = path.split('/');
  return path.startsWith('/apis/networking.istio.io/') ? `${name}.${namespace}` : '<unknown>';
}
