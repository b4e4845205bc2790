// Services whose ports say nothing of their protocol, and Deployments that several Services expose in ways that collide.

import type { KubeObject } from '../../object.ts';
import {
  at,
  type Fields,
  fieldsOf,
  listOf,
  numberOf,
  stringMapOf,
  stringOf,
} from '../../schema/fields.ts';
import { protocols } from '../validation/names.ts';
import { type Message, message } from './messages.ts';
import {
  fullName,
  hasProxy,
  listed,
  namespaceOf,
  selects,
  specOf,
  type Subjects,
} from './subjects.ts';

export function serviceMessages(subjects: Subjects): Message[] {
  return [
    ...subjects.of('Service').flatMap(portNames),
    ...subjects
      .of('Deployment')
      .filter((deployment) => inMesh(deployment, subjects))
      .flatMap((deployment) => collisions(deployment, subjects)),
  ];
}

/** Ports that are TCP whatever they are called. Source: pkg/config/kube of Istio: SMTP, DNS, MySQL, MongoDB. */
const WELL_KNOWN = [25, 53, 3306, 27_017];

function portNames(service: KubeObject): Message[] {
  const { labels = {} } = service.metadata;
  if (service.metadata.namespace === 'istio-system' && service.metadata.name.startsWith('istio'))
    return [];
  if ('gateway.istio.io/managed' in labels) return [];
  return listOf(specOf(service)['ports']).flatMap((port) => {
    const number = numberOf(port['port']) ?? 0;
    const name = stringOf(port['name']);
    if (saysProtocol(name, stringOf(port['appProtocol']), stringOf(port['protocol']), number))
      return [];
    return [
      message(
        'IST0118',
        service,
        `Port name ${name} (port: ${number}, targetPort: ${targetOf(port)}) doesn't follow the naming convention of Istio port.`,
      ),
    ];
  });
}

/** A number or a name; a Service that says nothing means its own port. */
function targetOf(port: Fields): string {
  const target = port['targetPort'];
  if (typeof target === 'string' && target !== '') return target;
  return `${(numberOf(target) ?? 0) || (numberOf(port['port']) ?? 0)}`;
}

function saysProtocol(name: string, app: string, transport: string, number: number): boolean {
  if (app !== '') return protocols.isKnown(app) || app.startsWith('kubernetes.io/');
  if (transport === 'UDP') return true;
  const first = name.startsWith('grpc-web') ? 'grpc-web' : (name.split('-')[0] ?? '');
  return protocols.isKnown(first) || WELL_KNOWN.includes(number);
}

function inMesh(deployment: KubeObject, subjects: Subjects): boolean {
  const template = fieldsOf(specOf(deployment)['template']);
  if (hasProxy(template['spec'])) return true;
  const told =
    stringMapOf(at(template, 'metadata', 'labels'))['sidecar.istio.io/inject'] ??
    stringMapOf(at(template, 'metadata', 'annotations'))['sidecar.istio.io/inject'];
  return told === undefined ? subjects.injects(namespaceOf(deployment)) : told === 'true';
}

function collisions(deployment: KubeObject, subjects: Subjects): Message[] {
  const labels = stringMapOf(at(specOf(deployment), 'template', 'metadata', 'labels'));
  const byPort = new Map<number, Map<string, string[]>>();
  const byTarget = new Map<string, Map<number, string>>();
  for (const service of subjects.of('Service')) {
    const selector = stringMapOf(specOf(service)['selector']);
    if (namespaceOf(service) !== namespaceOf(deployment)) continue;
    if (Object.keys(selector).length === 0 || !selects(selector, labels)) continue;
    for (const port of listOf(specOf(service)['ports'])) {
      const number = numberOf(port['port']) ?? 0;
      const transport = stringOf(port['protocol']) || 'TCP';
      const users = entry(byPort, number, () => new Map<string, string[]>());
      entry(users, transport, () => []).push(fullName(service));
      const target = targetOf(port);
      entry(byTarget, target, () => new Map<number, string>()).set(number, fullName(service));
    }
  }
  const { name } = deployment.metadata;
  const messages: Message[] = [];
  for (const [port, users] of byPort)
    if (users.size > 1)
      messages.push(
        message(
          'IST0116',
          deployment,
          `This deployment ${name} is associated with multiple services using port ${port} but different protocols: ${listed([...users.values()].flat().sort((a, b) => (a < b ? -1 : 1)))}`,
        ),
      );
  for (const [target, users] of byTarget) {
    if (users.size < 2) continue;
    const services = [...users.values()].sort((a, b) => (a < b ? -1 : 1));
    const ports = [...users.keys()].sort((a, b) => a - b);
    messages.push(
      message(
        'IST0137',
        deployment,
        `This deployment ${name} is associated with multiple services ${listed(services)} using targetPort "${target}" but different ports: ${listed(ports)}.`,
      ),
    );
  }
  return messages;
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
