// How long things take on this node, in cluster milliseconds. Together they make a pod with one small image ready about a
// second after its creation, as on a laptop with kind. What Kubernetes documents as a default is marked so.

export const defaultTiming = {
  /** From a pod's assignment to the kubelet's first act: its watch. */
  noticeMs: 5,
  /** Cgroup, sandbox, network namespace and volumes of a pod. */
  sandboxMs: 600,
  /** containerd's part from a pulled image to a created container. */
  createMs: 200,
  /** … and to its running first process. */
  startMs: 150,
  /** A registry's answer to "which image is this tag". */
  registryMs: 180,
  /** Bytes a pull brings in a millisecond: 250 MB/s, a fast mirror. Real pulls would make a lesson wait. */
  pullBytesPerMs: 250_000,
  /** From the end of a container to the kubelet's next act: its relist period is a second. */
  relistMs: 500,
  /** From the last container's end to the pod's. Less than a start, as on a real node: rollouts show old pods leave first. */
  teardownMs: 700,
  /** What is done for one pod takes up to this share longer or shorter: pods that begin together are not ready in one instant. */
  jitter: 0.1,
  /** Default: between attempts at what a pod's configuration forbids (missing secret, unknown image …). */
  retryMs: 10_000,
  /** Between the events of one back-off: a pod worker's own period. */
  backoffEventMs: 12_000,
  /** Default: how often the kubelet renews its lease, which lasts four times as long. */
  leaseRenewMs: 10_000,
  /** Default: how often the kubelet writes an unchanged node status. */
  nodeStatusMs: 300_000,
  /** From a change of a ConfigMap or Secret to the files of a running pod. Real kubelets take up to a minute more. */
  volumeRefreshMs: 10_000,
  /** How often tokens in volumes are looked at; each is replaced when four fifths of its life are over. */
  tokenRefreshMs: 600_000,
  /** From the termination of a pod without a grace period to SIGKILL. */
  minimumGraceMs: 1_000,
};

export type Timing = Readonly<typeof defaultTiming>;

/** A duration as it turns out this time. */
export function about(
  ms: number,
  { timing, random }: { timing: Timing; random: () => number },
): number {
  return ms * (1 + (2 * random() - 1) * timing.jitter);
}
