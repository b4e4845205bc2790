// istioctl experimental precheck: whether this cluster can take an installation. It looks at the version, and at whether the
// caller may create what one brings.
// Source: istio/istio istioctl/pkg/precheck (what is asked and printed).

import { at, stringOf } from '../../cluster/schema/fields.ts';
import { type Command, CommandError, type Invocation } from '../command.ts';

const NEEDED: readonly { group: string; resource: string; namespaced?: boolean }[] = [
  { group: '', resource: 'namespaces' },
  { group: 'rbac.authorization.k8s.io', resource: 'clusterroles' },
  { group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' },
  { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' },
  { group: 'rbac.authorization.k8s.io', resource: 'roles', namespaced: true },
  { group: '', resource: 'serviceaccounts', namespaced: true },
  { group: '', resource: 'services', namespaced: true },
  { group: 'apps', resource: 'deployments', namespaced: true },
  { group: '', resource: 'configmaps', namespaced: true },
  { group: 'admissionregistration.k8s.io', resource: 'mutatingwebhookconfigurations' },
  { group: 'admissionregistration.k8s.io', resource: 'validatingwebhookconfigurations' },
];

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

export const command: Command = {
  long: 'precheck inspects a Kubernetes cluster for Istio install and upgrade requirements.',
  flags: [
    { name: 'skip-controlplane', type: 'bool', usage: 'skip checking the control plane' },
    { name: 'revision', short: 'r', type: 'string', usage: 'Control plane revision' },
  ],
  run,
};

async function run({ io, istioNamespace, ...invocation }: Invocation): Promise<void> {
  const cluster = invocation.cluster();
  let refused = 0;
  for (const { group, resource, namespaced } of NEEDED) {
    const resourceAttributes = {
      verb: 'create',
      group,
      resource,
      ...(namespaced && { namespace: istioNamespace }),
    };
    const review = await cluster.json('POST', REVIEWS, {
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      },
    });
    if (at(review, 'status', 'allowed') === true) continue;
    refused++;
    const why = stringOf(at(review, 'status', 'reason')) || 'permission denied';
    io.out(
      `Error [IST0141] (Cluster) Missing required permission to create resource ${resource} (${why})\n`,
    );
  }
  if (refused > 0)
    throw new CommandError(
      'Issues found when checking the cluster. Istio may not be safe to install or upgrade.\nSee https://istio.io/v1.30/docs/reference/config/analysis for more information about causes and resolutions.',
    );
  const sign = io.interactive ? '\x1b[32m✔\x1b[0m' : '✔';
  io.err(
    `${sign} No issues found when checking the cluster. Istio is safe to install or upgrade!\n  To get started, check out https://istio.io/latest/docs/setup/getting-started/.\n`,
  );
}
