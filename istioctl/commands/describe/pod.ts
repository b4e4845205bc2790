// istioctl experimental describe pod: a pod, the Services that lead to it, the rules of their callers, its mTLS mode.
// Source: istio/istio istioctl/pkg/describe.

import { effectiveMtls } from '../../../cluster/mesh/routing/inbound.ts';
import { oldestFirst } from '../../../cluster/mesh/routing/environment.ts';
import { parseMeshConfig } from '../../../cluster/mesh/routing/mesh-config.ts';
import { asMeshKind } from '../../../cluster/mesh/resources.ts';
import type { KubeObject } from '../../../cluster/object.ts';
import {
  fieldsOf,
  listOf,
  numberOf,
  stringMapOf,
  stringOf,
} from '../../../cluster/schema/fields.ts';
import { type Command, CommandError, type Invocation } from '../../command.ts';
import { splitName } from '../../pods.ts';
import { describeServices, gatewaysText, labelsOf, nameFor, proxyOf, RULER } from './told.ts';

export const command: Command = {
  long: 'A pod, the Services that lead to it, the DestinationRules and VirtualServices of their callers, and its mTLS mode',
  example: '  istioctl experimental describe pod frontend-7c6b9d5f48-hq2tz',
  flags: [{ name: 'ignoreUnmeshed', type: 'bool', usage: 'Say nothing of pods without a proxy' }],
  checkArgs: (args) => (args.length === 1 ? undefined : 'expecting pod name'),
  run,
};

async function run(invocation: Invocation): Promise<void> {
  const { io, args, flags } = invocation;
  const here = invocation.namespace();
  const { resource: name, namespace } = splitName(args[0] ?? '', here);
  const cluster = invocation.cluster();
  const pod = await cluster.get(`/api/v1/namespaces/${namespace}/pods/${name}`);
  io.out(podText(pod, here, flags.bool('ignoreUnmeshed')));
  const services = (await cluster.list(`/api/v1/namespaces/${namespace}/services`))
    .map((service) => ({ ...service, kind: 'Service' }))
    .filter((service) => selects(service, pod));
  if (services.length === 0 && !flags.bool('ignoreUnmeshed'))
    io.out(
      `Warning: No Kubernetes Services select pod ${nameFor(here)(pod)} (see https://istio.io/docs/setup/kubernetes/additional-setup/requirements/ )\n`,
    );
  io.out(RULER);
  try {
    io.out(
      await describeServices(
        { invocation, namespace: here, labels: [labelsOf(pod)] },
        pod,
        services,
      ),
    );
  } catch (error) {
    if (!(error instanceof CommandError && flags.bool('ignoreUnmeshed'))) throw error;
  }
  io.out(RULER);
  io.out(await mtlsText(invocation, pod));
  io.out(await gatewaysText(invocation));
}

function selects(service: KubeObject, pod: KubeObject): boolean {
  const selector = Object.entries(stringMapOf(fieldsOf(service['spec'])['selector']));
  const labels = labelsOf(pod);
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value);
}

/** By this user id the redirection knows the proxy. */
const PROXY_USER = 1337;

function podText(pod: KubeObject, here: string, ignoreUnmeshed: boolean): string {
  const title = nameFor(here)(pod);
  const spec = fieldsOf(pod['spec']);
  const containers = listOf(spec['containers']);
  const lines = containers
    .filter(
      ({ name, securityContext }) =>
        name !== 'istio-proxy' && fieldsOf(securityContext)['runAsUser'] === PROXY_USER,
    )
    .map(() => 'WARNING: User ID (UID) 1337 is reserved for the sidecar proxy.');
  const ports = containers.flatMap(({ name, ports: of }) =>
    listOf(of).map(({ containerPort, protocol }) => {
      const other = (protocol ?? 'TCP') === 'TCP' ? '' : `/${stringOf(protocol)}`;
      return `${numberOf(containerPort) ?? 0}${other} (${stringOf(name)})`;
    }),
  );
  lines.push(
    `Pod: ${title}`,
    `   Pod Revision: ${pod.metadata.annotations?.['istio.io/rev'] ?? ''}`,
    ports.length > 0 ? `   Pod Ports: ${ports.join(', ')}` : '   Pod does not expose ports',
  );
  const status = fieldsOf(pod['status']);
  const phase = stringOf(status['phase']);
  if (phase !== 'Running') return `${[...lines, `   Pod is not Running (${phase})`].join('\n')}\n`;
  for (const [field, word] of [
    ['containerStatuses', 'Container'],
    ['initContainerStatuses', 'Init Container'],
  ] as const)
    for (const { name, ready } of listOf(status[field]))
      if (ready !== true) lines.push(`WARNING: Pod ${title} ${word} ${stringOf(name)} NOT READY`);
  if (!ignoreUnmeshed && !proxyOf(pod))
    lines.push(`WARNING: ${title} is not part of mesh; no Istio sidecar`);
  return `${lines.join('\n')}\n`;
}

async function mtlsText(invocation: Invocation, pod: KubeObject): Promise<string> {
  const { istioNamespace } = invocation;
  const cluster = invocation.cluster();
  const map = await cluster.find(`/api/v1/namespaces/${istioNamespace}/configmaps/istio`);
  const text = map && stringMapOf(map['data'])['mesh'];
  if (text === undefined)
    throw new CommandError(
      `failed to fetch mesh config: could not read configmap "istio" from namespace ${JSON.stringify(istioNamespace)}: configmaps "istio" not found`,
    );
  const rootNamespace = parseMeshConfig(text)?.rootNamespace ?? istioNamespace;
  const namespace = pod.metadata.namespace ?? '';
  const lists = await Promise.all(
    [...new Set([rootNamespace, namespace])].map((each) =>
      cluster.list(`/apis/security.istio.io/v1/namespaces/${each}/peerauthentications`),
    ),
  );
  const policies = lists
    .flat()
    .map((object) => asMeshKind('peerauthentications.security.istio.io', object));
  const labels = labelsOf(pod);
  const { mtls, mtlsByPort } = effectiveMtls(oldestFirst(policies), rootNamespace, {
    namespace,
    labels,
  });
  const applied = policies.filter(({ spec }) =>
    Object.entries(spec.selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value),
  );
  const ports = [...mtlsByPort].map(([port, mode]) => `      ${port}: ${mode}\n`);
  return [
    'Effective PeerAuthentication:\n',
    `   Workload mTLS mode: ${mtls}\n`,
    ...(ports.length > 0 ? ['   Port Level mTLS mode:\n', ...ports] : []),
    ...(applied.length > 0
      ? [
          'Applied PeerAuthentication:\n',
          `   ${applied.map(({ metadata }) => `${metadata.name}.${metadata.namespace}`).join(', ')}\n`,
        ]
      : []),
  ].join('');
}
