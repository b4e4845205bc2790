// Istio's kinds for a cluster inside the test: every definition created, and served before the promise resolves.

import { istioKinds } from '../../../istioctl/istio-kinds.ts';
import { type TestCluster, until } from '../../api/testing/cluster.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export async function applyIstioKinds(cluster: TestCluster): Promise<void> {
  for (const definition of istioKinds()) {
    const { status, text } = await cluster.ask('POST', DEFINITIONS, definition);
    if (status !== 201) throw new Error(`${definition.metadata.name} is refused: ${text}`);
  }
  await until('Istio’s kinds are served', async () => {
    const { body } = await cluster.ask('GET', DEFINITIONS);
    return (body.items as { status?: { conditions?: { type: string; status: string }[] } }[]).every(
      ({ status }) =>
        status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True'),
    );
  });
}
