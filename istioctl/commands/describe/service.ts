// istioctl experimental describe service: a Service, its pods' readiness for the mesh, and the rules of its callers.
// Source: istio/istio istioctl/pkg/describe.

import type { KubeObject } from '../../../cluster/object.ts';
import { fieldsOf, listOf, stringMapOf, stringOf } from '../../../cluster/schema/fields.ts';
import type { Command, Invocation } from '../../command.ts';
import { labelText, podsWith, splitName } from '../../pods.ts';
import { describeServices, gatewaysText, labelsOf, nameFor } from './told.ts';

export const command: Command = {
  long: 'A Service, whether its pods are in the mesh, and the DestinationRules and VirtualServices of its callers',
  example: '  istioctl experimental describe service backend',
  flags: [{ name: 'ignoreUnmeshed', type: 'bool', usage: 'Say nothing of pods without a proxy' }],
  checkArgs: (args) => (args.length === 1 ? undefined : 'expecting service name'),
  run,
};

async function run(invocation: Invocation): Promise<void> {
  const { io, args } = invocation;
  const here = invocation.namespace();
  const { resource: name, namespace } = splitName(args[0] ?? '', here);
  const cluster = invocation.cluster();
  const service = await cluster.get(`/api/v1/namespaces/${namespace}/services/${name}`);
  const title = nameFor(here);
  const selector = stringMapOf(fieldsOf(service['spec'])['selector']);
  const pods =
    Object.keys(selector).length === 0
      ? []
      : await podsWith(cluster, namespace, labelText(selector));
  const usable = pods.filter((pod) => {
    const wrong = unusable(pod, title(pod));
    if (wrong !== '') io.out(`${wrong}\n`);
    return wrong === '';
  });
  const [first] = usable;
  if (!first) {
    io.out(
      pods.length === 0
        ? `Service ${JSON.stringify(title(service))} has no pods.\n`
        : `Service ${JSON.stringify(title(service))} has no Istio pods.  (${pods.length} pods in service).\nUse \`istioctl kube-inject\` or redeploy with Istio automatic sidecar injection.\n`,
    );
    return;
  }
  const describing = { invocation, namespace: here, labels: usable.map(labelsOf) };
  io.out(await describeServices(describing, first, [service]));
  io.out(await gatewaysText(invocation));
}

/** Why a pod says nothing of the mesh; empty for one that does. */
function unusable(pod: KubeObject, title: string): string {
  const status = fieldsOf(pod['status']);
  const phase = stringOf(status['phase']);
  if (phase !== 'Running') return `   Pod is not Running (${phase})`;
  const proxy = [
    ...listOf(status['containerStatuses']),
    ...listOf(status['initContainerStatuses']),
  ].find(({ name }) => name === 'istio-proxy');
  if (!proxy) return `Pod ${title}: no container "istio-proxy" in pod`;
  return proxy['ready'] === true ? '' : `WARNING: Pod ${title} Container istio-proxy NOT READY`;
}
