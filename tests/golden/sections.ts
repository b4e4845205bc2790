// The sections of the recordings that are replayed, each in a cluster of its own, with what stood there before.

import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Section } from './outcome.ts';
import { rawSection } from './raw.ts';
import { type Lab, readSection, replay } from './replay.ts';
import { applyIstioKinds, istioKindsFile } from '../support/istio-kinds.ts';

export interface Judge {
  kubectl: string;
  /** The folder of the recordings, where there is one. */
  recordings: string | undefined;
  /** Takes out of both texts what another version of kubectl prints otherwise. */
  common?: (text: string) => string;
}

export function sectionsOf(judge: Judge): Record<string, Section> {
  const defineIstioKinds = ({ cluster, directory }: Lab) =>
    applyIstioKinds({ kubeconfig: cluster.kubeconfig, directory, kubectl: judge.kubectl });
  const section = (name: string, options: SectionOptions): Section => ({
    replay: () => replay(name, { ...judge, ...options }),
  });
  return {
    // Rollouts are watched as they happen, so their pace must be a real cluster's; elsewhere time may run faster.
    seed: section('seed', { clockSpeed: 1, preamble: layOutIstioKinds }),
    extras: section('extras', { clockSpeed: 1, preamble: defineIstioKinds }),
    errors: section('errors', {
      clockSpeed: 10,
      preamble: async (lab) => {
        await defineIstioKinds(lab);
        await leaveWhatExtrasLeft(lab);
      },
    }),
    raw: rawSection(judge),
    istio: section('istio', { clockSpeed: 1, preamble: installIstio }),
  };
}

interface SectionOptions {
  clockSpeed: number;
  preamble?: (lab: Lab) => Promise<void>;
}

/** `errors` was recorded after `extras`, and speaks of the web server it left and of a ConfigMap of the recorder's own. */
async function leaveWhatExtrasLeft({ cluster, run }: Lab): Promise<void> {
  const applied = readSection('extras').find(({ id }) => id === '144-apply-changed');
  if (!applied?.stdin) throw new Error('extras.json has no step 144-apply-changed with a manifest');
  await run(['apply', '-f', '-'], applied.stdin);
  await cluster.post('/api/v1/namespaces/default/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'e1' },
    data: { a: '1' },
  });
}

/** The session applies Istio's kinds itself, from a folder beside its own. */
async function layOutIstioKinds({ directory }: Lab): Promise<void> {
  const folder = join(directory, 'golden');
  await mkdir(folder);
  await rename(istioKindsFile(directory), join(folder, 'istio-crds-1.30.3.yaml'));
}

/**
 * As istioctl installed it in the recorded cluster: the profile demo, with images from Docker Hub. That istiod had no
 * certificate yet when the installation ended, so no tag was made; the validator came later, and so it does here.
 */
async function installIstio({ run, istioctl }: Lab): Promise<void> {
  await istioctl(['install', '--set', 'profile=demo', '--set', 'hub=docker.io/istio', '-y']);
  await run(['delete', 'mutatingwebhookconfiguration', 'istio-revision-tag-default']);
  await run(['delete', 'service', '-n', 'istio-system', 'istiod-revision-tag-default']);
  await run(['delete', 'mutatingwebhookconfiguration', 'istio-sidecar-injector']);
  const generated = await istioctl(['manifest', 'generate', '--set', 'profile=demo']);
  const injector = generated
    .split('\n---\n')
    .find((text) => /^kind: MutatingWebhookConfiguration$/m.test(text));
  if (!injector) throw new Error('istioctl manifest generate has no MutatingWebhookConfiguration');
  await run(['apply', '-f', '-'], injector);
}
