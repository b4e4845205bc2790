// What the runtime is told of a container: command line, environment, user, mounts. Worked out anew for each run.

import type { Container, Pod } from '../../controllers/kinds.ts';
import type { NetworkNamespace } from '../../network/network.ts';
import type { ResolvedImage } from '../image.ts';
import type { ContainerConfig } from '../runtime.ts';
import { ConfigError, commandLine, containerVariables, processEnvironment } from './environment.ts';
import type { NodeParts } from './parts.ts';

/** What its pod has ready for it. */
export interface Place {
  readonly pod: Pod;
  readonly net: NetworkNamespace;
  readonly hostname: string;
  /** Mounts of this container; throws ConfigError. */
  mounts(container: Container): ContainerConfig['mounts'];
}

/** Throws ConfigError when the pod's configuration does not allow a run. */
export function containerConfig(
  spec: Container,
  { image }: ResolvedImage,
  place: Place,
  parts: NodeParts,
  onOutput: ContainerConfig['onOutput'],
): ContainerConfig {
  const { pod, net, hostname } = place;
  const { hostIP, allocatable, lookup } = parts;
  const user = userOf(spec, image.user, pod);
  const own = containerVariables(pod, spec, { podIP: net.ip, hostIP, allocatable }, lookup);
  return {
    name: `${pod.metadata.namespace ?? ''}/${pod.metadata.name}/${spec.name}`,
    image,
    argv: commandLine(spec, image, own),
    env: processEnvironment(image, hostname, own),
    workingDir: spec.workingDir || image.workingDir || '/',
    user,
    mounts: place.mounts(spec),
    readOnlyRoot: spec.securityContext?.readOnlyRootFilesystem ?? false,
    net,
    hostname,
    tty: spec.tty ?? false,
    stdin: spec.stdin ?? false,
    stdinOnce: spec.stdinOnce ?? false,
    onOutput,
  };
}

function userOf(
  spec: Container,
  image: { uid: number; gid: number },
  { metadata, spec: { securityContext: shared } }: Pod,
): { uid: number; gid: number } {
  const own = spec.securityContext;
  const uid = own?.runAsUser ?? shared?.runAsUser ?? image.uid;
  const gid = own?.runAsGroup ?? shared?.runAsGroup ?? (uid === image.uid ? image.gid : 0);
  if ((own?.runAsNonRoot ?? shared?.runAsNonRoot) && uid === 0)
    throw new ConfigError(
      `container has runAsNonRoot and image will run as root (pod: "${metadata.name}_${metadata.namespace ?? ''}(${metadata.uid})", container: ${spec.name})`,
    );
  return { uid, gid };
}
