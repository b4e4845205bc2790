// istioctl manifest generate: the objects that an installation would apply, as YAML. Needs no cluster.
// Source: istio/istio operator/cmd/mesh/manifest-generate.go (order).

import type { Manifest } from '../../cluster/mesh/installation/manifest.ts';
import { formatYaml } from '../../cluster/schema/yaml.ts';
import type { Command, Invocation } from '../command.ts';
import {
  asked,
  filesFlag,
  forceFlag,
  manifestsFlag,
  refuseMissing,
  revisionFlag,
  setFlag,
} from './install.ts';
import { notSimulated } from './not-simulated.ts';

export const command: Command = {
  long: 'The manifest command generates and diffs Istio manifests.',
  commands: [
    {
      use: 'generate',
      short: 'Generates an Istio install manifest',
      load: async () => ({ command: generate }),
    },
    notSimulated('translate', 'Translates an IstioOperator configuration to Helm values'),
  ],
};

const generate: Command = {
  long: 'The generate subcommand generates an Istio install manifest and outputs to the console by default.',
  example: `  # Generate a default Istio installation
  istioctl manifest generate

  # Generate the control plane alone
  istioctl manifest generate --set profile=minimal`,
  flags: [filesFlag, setFlag, forceFlag, manifestsFlag, revisionFlag],
  checkArgs: (args) =>
    args.length === 0
      ? undefined
      : `generate accepts no positional arguments, got []string{${args.map((each) => JSON.stringify(each)).join(', ')}}`,
  async run(invocation: Invocation) {
    const installation = await asked(invocation);
    refuseMissing(installation);
    const objects = installation.components.flatMap((component) => component.objects);
    for (const object of objects.toSorted(compare))
      invocation.io.out(`${formatYaml(object)}\n---\n`);
  },
};

function compare(a: Manifest, b: Manifest): number {
  const keys = [a, b].map(({ apiVersion, kind, metadata }) =>
    [String(1000 + placeOf(kind)), apiVersion.replace(/[^/]*$/, ''), kind, metadata.name].join(
      '\n',
    ),
  );
  return (keys[0] ?? '') < (keys[1] ?? '') ? -1 : 1;
}

/** Kinds others need come first, what makes pods last. */
function placeOf(kind: string): number {
  switch (kind) {
    case 'CustomResourceDefinition':
      return 0;
    case 'ServiceAccount':
    case 'ClusterRole':
      return 1;
    case 'ClusterRoleBinding':
      return 2;
    case 'ValidatingWebhookConfiguration':
      return 3;
    case 'ConfigMap':
      return 4;
    case 'Deployment':
      return 9;
    default:
      return 5;
  }
}
