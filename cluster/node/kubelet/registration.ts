// The node as the API knows it: registered once, its status written now and then, its lease renewed.
// Values are those of a kind node; the machine they describe is not simulated beyond them.

import type { DraftOf, KindsClient, Node } from '../../controllers/kinds.ts';
import { equal, sameStatus } from '../../controllers/equal.ts';
import type { Change } from '../../store/store.ts';
import { microTimestamp, timestamp } from '../../time.ts';
import { MACHINE_ID } from '../machine.ts';

export const NODE_IP = '172.18.0.2';
const POD_CIDR = '10.244.0.0/24';
const LEASES = 'leases.coordination.k8s.io';
const LEASE_NAMESPACE = 'kube-node-lease';
/** Default: the node counts as gone when its lease is older. */
const LEASE_SECONDS = 40;

export interface NodeFacts {
  name: string;
  pods: number;
  /** Images on the node: references and their sizes. */
  images: () => { names: string[]; sizeBytes: number }[];
}

/** What pods may ask for in all. */
export function capacityOf(pods: number): Record<string, string> {
  return {
    cpu: '4',
    'ephemeral-storage': '61202244Ki',
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: '8388608Ki',
    pods: String(pods),
  };
}

/** A node that says "I am here" and nothing else: the next life of the cluster says so itself. */
export function isRenewal({ resource, type, object, previous }: Change): boolean {
  if (resource !== LEASES || type !== 'MODIFIED') return false;
  if (object.metadata.namespace !== LEASE_NAMESPACE) return false;
  return equal(withoutRenewal(object), withoutRenewal(previous));
}

function withoutRenewal(lease: Change['previous']): unknown {
  const { managedFields: _fields, resourceVersion: _version, ...metadata } = lease?.metadata ?? {};
  const { renewTime: _time, ...spec } = (lease?.['spec'] ?? {}) as Record<string, unknown>;
  return { metadata, spec };
}

export class Registration {
  readonly #client: KindsClient;
  readonly #facts: NodeFacts;

  constructor(client: KindsClient, facts: NodeFacts) {
    this.#client = client;
    this.#facts = facts;
  }

  /** Makes the node known, or itself known again to a node object that is there. */
  async register(now: number): Promise<{ node: Node; isNew: boolean }> {
    const present = this.#client.get('nodes', undefined, this.#facts.name);
    const node = present ?? (await this.#client.create('nodes', this.#draft()));
    await this.writeStatus(now);
    await this.renewLease(now, node);
    return { node, isNew: present === undefined };
  }

  /** Writes the status if it differs, heartbeats included. */
  async writeStatus(now: number): Promise<void> {
    await this.#client.modify(
      'nodes',
      undefined,
      this.#facts.name,
      (node) => {
        const status = this.#statusOf(node, now);
        if (sameStatus(status, node.status)) return false;
        node.status = status;
        return undefined;
      },
      'status',
    );
  }

  async renewLease(now: number, node: Node): Promise<void> {
    const { name } = this.#facts;
    const renewTime = microTimestamp(now);
    const renewed = await this.#client.modify(LEASES, LEASE_NAMESPACE, name, (lease) => {
      lease.spec = { ...lease.spec, renewTime };
    });
    if (renewed) return;
    await this.#client.create(LEASES, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name,
        namespace: LEASE_NAMESPACE,
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid }],
      },
      spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
    });
  }

  #draft(): DraftOf<Node> {
    const { name } = this.#facts;
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          'beta.kubernetes.io/arch': 'amd64',
          'beta.kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          'node-role.kubernetes.io/control-plane': '',
        },
        annotations: {
          'node.alpha.kubernetes.io/ttl': '0',
          'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
        },
      },
      spec: {
        podCIDR: POD_CIDR,
        podCIDRs: [POD_CIDR],
        providerID: `kind://docker/${name.replace(/-control-plane$/, '')}/${name}`,
      },
    };
  }

  #statusOf(node: Node, now: number): NonNullable<Node['status']> {
    const heartbeat = timestamp(now);
    const condition = (type: string, status: string, reason: string, message: string) => {
      const present = node.status?.conditions?.find((each) => each.type === type);
      return {
        type,
        status,
        lastHeartbeatTime: heartbeat,
        lastTransitionTime:
          present?.status === status ? (present.lastTransitionTime ?? heartbeat) : heartbeat,
        reason,
        message,
      };
    };
    const resources = capacityOf(this.#facts.pods);
    const { name, images } = this.#facts;
    return {
      ...node.status,
      capacity: resources,
      allocatable: resources,
      conditions: [
        condition(
          'MemoryPressure',
          'False',
          'KubeletHasSufficientMemory',
          'kubelet has sufficient memory available',
        ),
        condition(
          'DiskPressure',
          'False',
          'KubeletHasNoDiskPressure',
          'kubelet has no disk pressure',
        ),
        condition(
          'PIDPressure',
          'False',
          'KubeletHasSufficientPID',
          'kubelet has sufficient PID available',
        ),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      addresses: [
        { type: 'InternalIP', address: NODE_IP },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: MACHINE_ID,
        systemUUID: '7b1f7b0c-5a1e-4c57-8d0c-3c6f2f0a9e42',
        bootID: 'c2f8e0a4-6f0e-4b43-9a9d-7d5b1c8e2f31',
        kernelVersion: '6.10.14-linuxkit',
        osImage: 'Debian GNU/Linux 12 (bookworm)',
        containerRuntimeVersion: 'containerd://2.1.3',
        kubeletVersion: 'v1.36.2',
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
      images: images(),
    };
  }
}
