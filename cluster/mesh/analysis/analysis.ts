// What `istioctl analyze` finds in a set of objects: pure, from objects to messages. Where the objects come from (a cluster,
// files, both) and how messages are printed is the command's.
// Source: the analyzers of Istio 1.30.3 that docs and lessons meet; those that are missing are listed in docs/not-simulated.md.

import type { KubeObject } from '../../object.ts';
import { destinationRuleMessages, subsetMessages } from './destination-rules.ts';
import { injectionMessages } from './injection.ts';
import { inOrder, type Message } from './messages.ts';
import { schemaMessages } from './schemas.ts';
import { selectorMessages } from './selectors.ts';
import { serviceMessages } from './services.ts';
import { fullName, Subjects } from './subjects.ts';
import { destinationMessages, virtualServiceMessages } from './virtual-services.ts';

export interface AnalysisRequest {
  /** Istio's kinds, Namespaces, Services, Pods and Deployments of every namespace. */
  objects: readonly KubeObject[];
  /** Messages about this namespace only; without it about all but the system's own. */
  namespace?: string;
  /**
   * There is no cluster behind the objects: what they need of Services and pods is not asked for. Default false.
   */
  filesOnly?: boolean;
}

/** What is looked at, by the names that istioctl gives its analyzers. */
export const ANALYZERS: readonly { name: string; about: string }[] = [
  {
    name: 'deployment.MultiServiceAnalyzer',
    about: 'Services that expose one Deployment and collide',
  },
  { name: 'destinationrule.PodNotSelectedAnalyzer', about: 'subsets that select no pod' },
  { name: 'injection.Analyzer', about: 'namespaces that inject nothing, pods without their proxy' },
  { name: 'schema.ValidationAnalyzer', about: "what istiod's validation says of each object" },
  { name: 'service.PortNameAnalyzer', about: 'ports whose names say no protocol' },
  {
    name: 'sidecar.SelectorAnalyzer',
    about: 'workload selectors that select nothing, or the same',
  },
  {
    name: 'virtualservice.ConflictingMeshGatewayHostsAnalyzer',
    about: 'VirtualServices that claim one host',
  },
  { name: 'virtualservice.DestinationHostAnalyzer', about: 'hosts and ports that are not there' },
  {
    name: 'virtualservice.DestinationRuleAnalyzer',
    about: 'subsets that no DestinationRule defines',
  },
  { name: 'virtualservice.GatewayAnalyzer', about: 'gateways that are not there' },
];

/** Namespaces that `--all-namespaces` leaves out. */
const SYSTEM = [
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
  'istio-system',
];
const SUPPRESS = 'galley.istio.io/analyze-suppress';

export function analyze({ objects, namespace, filesOnly = false }: AnalysisRequest): Message[] {
  const subjects = new Subjects(objects);
  const ofCluster = filesOnly
    ? []
    : [
        ...destinationMessages(subjects),
        ...subsetMessages(subjects),
        ...selectorMessages(subjects),
      ];
  const messages = [
    ...objects.flatMap(schemaMessages),
    ...injectionMessages(subjects),
    ...serviceMessages(subjects),
    ...virtualServiceMessages(subjects),
    ...destinationRuleMessages(subjects),
    ...ofCluster,
  ];
  const suppressed = suppressions(objects);
  return inOrder(messages).filter(({ code, origin }) => {
    const within = origin.kind === 'Namespace' ? origin.name : (origin.namespace ?? '');
    if (namespace === undefined ? SYSTEM.includes(within) : within !== namespace) return false;
    const codes = suppressed.get(
      keyOf(origin.kind, `${origin.namespace ?? 'default'}/${origin.name}`),
    );
    return !codes?.some((each) => each === '*' || each === code);
  });
}

const keyOf = (kind: string, name: string) => `${kind} ${name}`;

/** Codes that objects ask not to be told of, by an annotation. */
function suppressions(objects: readonly KubeObject[]): Map<string, string[]> {
  return new Map(
    objects.flatMap((object): [string, string[]][] => {
      const codes = object.metadata.annotations?.[SUPPRESS];
      return codes === undefined
        ? []
        : [[keyOf(object.kind, fullName(object)), codes.split(',').map((each) => each.trim())]];
    }),
  );
}
