// Runs pods until a Job has as many successes as it asks for, or has failed too often or too long.
// Source: the public documentation of Jobs; conditions and events word for word as a real cluster's.

import { objectKey } from '../object.ts';
import type { Cancel } from '../platform.ts';
import { timestamp } from '../time.ts';
import { sameStatus } from './equal.ts';
import { EventRecorder } from './events.ts';
import {
  INDEX,
  type JobCondition,
  type JobStatus,
  TRACKING,
  type Tally,
  conditionOf,
  failureStreak,
  formatIndexes,
  isFinished,
  isIndexed,
  isTracked,
  missingIndexes,
  tally,
} from './job/tracking.ts';
import { type Job, type KindsClient, type Pod, type PodTemplate, ofKinds } from './kinds.ts';
import { selects } from './labels.ts';
import { claimed, controllerOf, controllerReference } from './owners.ts';
import { createPod, slowStart } from './pod-control.ts';
import { isReady } from './pods.ts';
import { isNamespaceTerminating, isNotFound, messageOf } from './refusals.ts';
import { timeOf } from './times.ts';
import { watchKinds } from './watch.ts';
import { WorkQueue } from './work-queue.ts';
import { CONTROLLER_MANAGER, type World } from './world.ts';

const JOBS = 'jobs.batch';

/** Wait before a failed pod is replaced; doubles with each further failure … */
const FAILURE_BACKOFF_MS = 10_000;
/** … up to this. */
const MAX_FAILURE_BACKOFF_MS = 600_000;
const DEFAULT_BACKOFF_LIMIT = 6;
/** Pods made in one pass, at most. */
const BURST = 500;

export function startJobController(world: World): Cancel {
  const { clock, log, random, store } = world;
  const client = ofKinds(world.client(CONTROLLER_MANAGER));
  const events = new EventRecorder({ client, clock, random, log, component: 'job-controller' });
  const queue: WorkQueue = new WorkQueue({
    name: 'job',
    clock,
    log,
    sync: async (key) => {
      const [namespace, name] = key.split('/') as [string, string];
      const job = client.get(JOBS, namespace, name);
      if (job) await new Pass(world, client, events, job).run((ms) => queue.addAfter(key, ms));
      else await freeOrphans(client, namespace, name);
    },
  });
  const unwatch = watchKinds(store, {
    [JOBS]: ({ object }) => queue.add(objectKey(object.metadata.namespace, object.metadata.name)),
    pods: ({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === 'Job') queue.add(objectKey(object.metadata.namespace, owner.name));
    },
  });
  return () => {
    unwatch();
    queue.close();
  };
}

/** Pods of a Job that is gone are not held for counting any more. */
async function freeOrphans(client: KindsClient, namespace: string, name: string): Promise<void> {
  for (const pod of client.list('pods', namespace)) {
    const owner = controllerOf(pod);
    if (owner?.kind === 'Job' && owner.name === name) await untrack(client, pod);
  }
}

async function untrack(client: KindsClient, pod: Pod): Promise<void> {
  if (!isTracked(pod)) return;
  await client.modify('pods', pod.metadata.namespace, pod.metadata.name, ({ metadata }) => {
    if (metadata.uid !== pod.metadata.uid) return false;
    const others = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKING);
    if (others.length > 0) metadata.finalizers = others;
    else delete metadata.finalizers;
    return undefined;
  });
}

/** One look at one Job. */
class Pass {
  readonly #client: KindsClient;
  readonly #events: EventRecorder;
  readonly #world: World;
  #job: Job;

  constructor(world: World, client: KindsClient, events: EventRecorder, job: Job) {
    this.#world = world;
    this.#client = client;
    this.#events = events;
    this.#job = job;
  }

  get #now(): number {
    return this.#world.clock.now();
  }

  async run(again: (ms: number) => void): Promise<void> {
    const pods = await this.#claim();
    if (this.#job.metadata.deletionTimestamp || isFinished(this.#job)) {
      for (const pod of pods) await untrack(this.#client, pod);
      return;
    }
    await this.#count(pods);
    const counts = tally(this.#job, pods);
    const status = this.#begun();
    const verdict = this.#verdictOn(status, counts, pods);
    let failure: unknown;
    if (verdict) {
      await this.#remove(counts.active);
    } else if (this.#job.spec.suspend) {
      await this.#remove(counts.active);
    } else {
      failure = await this.#fill(counts, pods, again);
    }
    await this.#write(status, counts, verdict);
    if (failure !== undefined) throw failure;
    this.#waitForDeadline(status, again);
  }

  async #claim(): Promise<Pod[]> {
    const job = this.#job;
    const { namespace } = job.metadata;
    return claimed(this.#client.list('pods', namespace), {
      owner: job,
      reference: controllerReference('batch/v1', 'Job', job),
      matches: (pod) => selects(job.spec.selector, pod.metadata.labels),
      modify: (pod, change) => this.#client.modify('pods', namespace, pod.metadata.name, change),
    });
  }

  /**
   * Moves ended pods into the counts. Uids are noted in the status first, then the pods are let go, then counted: whatever
   * interrupts this, no pod is counted twice or forgotten.
   */
  async #count(pods: readonly Pod[]): Promise<void> {
    const { newlySucceeded, newlyFailed, completedIndexes } = tally(this.#job, pods);
    const noted = this.#job.status?.uncountedTerminatedPods;
    const succeeded = [...(noted?.succeeded ?? []), ...newlySucceeded.map(uidOf)];
    const failed = [...(noted?.failed ?? []), ...newlyFailed.map(uidOf)];
    if (succeeded.length + failed.length === 0) return;
    if (newlySucceeded.length + newlyFailed.length > 0)
      await this.#put({
        ...this.#job.status,
        uncountedTerminatedPods: {
          ...(succeeded.length > 0 ? { succeeded } : {}),
          ...(failed.length > 0 ? { failed } : {}),
        },
      });
    const ended = new Set([...succeeded, ...failed]);
    for (const pod of pods) if (ended.has(pod.metadata.uid)) await untrack(this.#client, pod);
    const before = this.#job.status ?? {};
    const total = isIndexed(this.#job)
      ? completedIndexes.size
      : (before.succeeded ?? 0) + succeeded.length;
    // Kept for the one write at the end of the pass, with all that follows from it.
    this.#job = {
      ...this.#job,
      status: {
        ...before,
        ...(total > 0 ? { succeeded: total } : {}),
        ...((before.failed ?? 0) + failed.length > 0
          ? { failed: (before.failed ?? 0) + failed.length }
          : {}),
        ...(isIndexed(this.#job) ? { completedIndexes: formatIndexes(completedIndexes) } : {}),
        uncountedTerminatedPods: {},
      },
    };
  }

  /** The status, with the beginning or the suspension of the Job in it. */
  #begun(): JobStatus {
    const status: JobStatus = { ...this.#job.status };
    const suspended = this.#job.spec.suspend ?? false;
    const noted = status.conditions?.find(({ type }) => type === 'Suspended');
    if (suspended && noted?.status !== 'True') {
      status.conditions = this.#with(status, 'Suspended', 'True', 'JobSuspended', 'Job suspended');
      delete status.startTime;
      this.#events.event(this.#job, 'Normal', 'Suspended', 'Job suspended');
    } else if (!suspended && noted?.status === 'True') {
      status.conditions = this.#with(status, 'Suspended', 'False', 'JobResumed', 'Job resumed');
      status.startTime = timestamp(this.#now);
      this.#events.event(this.#job, 'Normal', 'Resumed', 'Job resumed');
    } else if (!suspended) {
      status.startTime ??= timestamp(this.#now);
    }
    return status;
  }

  /** Why the Job is over, or is about to be when its last pods have ended. */
  #verdictOn(
    status: JobStatus,
    counts: Tally,
    pods: readonly Pod[],
  ): { success: boolean; reason: string; message: string } | undefined {
    const failing = conditionOf(this.#job, 'FailureTarget');
    if (failing)
      return { success: false, reason: failing.reason ?? '', message: failing.message ?? '' };
    const { completions, backoffLimit = DEFAULT_BACKOFF_LIMIT, template } = this.#job.spec;
    const done = status.succeeded ?? 0;
    const complete =
      completions === undefined ? done > 0 && counts.active.length === 0 : done >= completions;
    if (complete || conditionOf(this.#job, 'SuccessCriteriaMet'))
      return {
        success: true,
        reason: 'CompletionsReached',
        message: 'Reached expected number of succeeded pods',
      };
    const restarts = template.spec?.restartPolicy === 'OnFailure' ? restartsOf(pods) : 0;
    const exhausted =
      (status.failed ?? 0) > backoffLimit ||
      (restarts > 0 && restarts >= Math.max(1, backoffLimit));
    if (exhausted)
      return {
        success: false,
        reason: 'BackoffLimitExceeded',
        message: 'Job has reached the specified backoff limit',
      };
    if (this.#untilDeadline(status) <= 0)
      return {
        success: false,
        reason: 'DeadlineExceeded',
        message: 'Job was active longer than specified deadline',
      };
    return undefined;
  }

  /** Milliseconds until activeDeadlineSeconds are over; Infinity without a deadline. */
  #untilDeadline({ startTime }: JobStatus): number {
    const seconds = this.#job.spec.activeDeadlineSeconds;
    const began = timeOf(startTime);
    if (seconds === undefined || began === undefined || this.#job.spec.suspend) return Infinity;
    return began + seconds * 1000 - this.#now;
  }

  #waitForDeadline(status: JobStatus, again: (ms: number) => void): void {
    const wait = this.#untilDeadline(status);
    if (wait !== Infinity && wait > 0) again(wait);
  }

  /** Makes or removes pods until as many are at work as should be. Returns what went wrong. */
  async #fill(counts: Tally, pods: readonly Pod[], again: (ms: number) => void): Promise<unknown> {
    const { parallelism = 1, completions } = this.#job.spec;
    const done = this.#job.status?.succeeded ?? 0;
    const active = counts.active.length;
    const wanted =
      completions === undefined
        ? done > 0
          ? active
          : parallelism
        : Math.min(parallelism, completions - done);
    if (active > wanted) {
      await this.#remove(counts.active.toSorted(byReadiness).slice(0, active - wanted));
      return undefined;
    }
    const replaced = this.#job.spec.podReplacementPolicy === 'Failed' ? counts.terminating : 0;
    const missing = Math.min(wanted - active - replaced, BURST);
    if (missing <= 0) return undefined;
    const { count, lastEndedAt } = failureStreak(pods);
    if (count > 0) {
      const backoff = Math.min(FAILURE_BACKOFF_MS * 2 ** (count - 1), MAX_FAILURE_BACKOFF_MS);
      const wait = lastEndedAt + backoff - this.#now;
      if (wait > 0) {
        again(wait);
        return undefined;
      }
    }
    return this.#create(missing, counts);
  }

  async #create(count: number, counts: Tally): Promise<unknown> {
    const job = this.#job;
    const indexes = isIndexed(job) ? missingIndexes(job, counts, count) : undefined;
    const reference = controllerReference('batch/v1', 'Job', job);
    try {
      await slowStart(indexes?.length ?? count, async (at) => {
        const index = indexes?.[at];
        const pod = await createPod(
          this.#client,
          job,
          podTemplate(job, index),
          reference,
          index === undefined ? undefined : `${job.metadata.name}-${index}-`,
        );
        counts.active.push(pod);
        this.#events.event(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
      });
      return undefined;
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      this.#events.event(job, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      return error;
    }
  }

  async #remove(pods: readonly Pod[]): Promise<void> {
    for (const pod of pods) {
      try {
        await this.#client.delete('pods', pod.metadata.namespace, pod.metadata.name, {
          preconditions: { uid: pod.metadata.uid },
        });
        this.#events.event(
          this.#job,
          'Normal',
          'SuccessfulDelete',
          `Deleted pod: ${pod.metadata.name}`,
        );
      } catch (error) {
        if (!isNotFound(error)) throw error; // it went by itself
      }
    }
  }

  async #write(
    begun: JobStatus,
    counts: Tally,
    verdict: { success: boolean; reason: string; message: string } | undefined,
  ): Promise<void> {
    const { active: _active, ...rest } = begun;
    const active = verdict || this.#job.spec.suspend ? 0 : counts.active.length;
    const leaving = verdict ? counts.terminating + counts.active.length : counts.terminating;
    const status: JobStatus = {
      ...rest,
      ...(active > 0 ? { active } : {}),
      ready: active > 0 ? counts.ready : 0,
      terminating: leaving,
      uncountedTerminatedPods: begun.uncountedTerminatedPods ?? {},
    };
    if (verdict) this.#conclude(status, leaving, verdict);
    await this.#put(status);
  }

  /** The decision is a condition at once; the end is one when the last pod has ended. */
  #conclude(
    status: JobStatus,
    leaving: number,
    { success, reason, message }: { success: boolean; reason: string; message: string },
  ): void {
    const decision = success ? 'SuccessCriteriaMet' : 'FailureTarget';
    if (!conditionOf(this.#job, decision))
      status.conditions = this.#with(status, decision, 'True', reason, message);
    if (leaving > 0) return;
    const end = success ? 'Complete' : 'Failed';
    status.conditions = this.#with(status, end, 'True', reason, message);
    if (success) {
      status.completionTime = timestamp(this.#now);
      this.#events.event(this.#job, 'Normal', 'Completed', 'Job completed');
    } else {
      this.#events.event(this.#job, 'Warning', reason, message);
    }
  }

  #with(
    status: JobStatus,
    type: string,
    value: string,
    reason: string,
    message: string,
  ): JobCondition[] {
    const now = timestamp(this.#now);
    const others = (status.conditions ?? []).filter((condition) => condition.type !== type);
    return [
      ...others,
      { type, status: value, lastProbeTime: now, lastTransitionTime: now, reason, message },
    ];
  }

  async #put(status: JobStatus): Promise<void> {
    const stored = this.#client.get(JOBS, this.#job.metadata.namespace, this.#job.metadata.name);
    if (!stored || sameStatus(stored.status, status)) return;
    this.#job = await this.#client.updateStatus(JOBS, { ...this.#job, status });
  }
}

function uidOf(pod: Pod): string {
  return pod.metadata.uid;
}

function byReadiness(a: Pod, b: Pod): number {
  return Number(isReady(a)) - Number(isReady(b));
}

function restartsOf(pods: readonly Pod[]): number {
  let restarts = 0;
  for (const { status } of pods)
    for (const { restartCount } of [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ])
      restarts += restartCount;
  return restarts;
}

/** The Job's template, tracked, and with its index if it has one. */
function podTemplate(job: Job, index: number | undefined): PodTemplate {
  const template = structuredClone(job.spec.template);
  const metadata = template.metadata ?? {};
  const finalizers = [...(metadata.finalizers ?? []), TRACKING];
  if (index === undefined) return { ...template, metadata: { ...metadata, finalizers } };
  const env = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` } },
  };
  const spec = template.spec;
  return {
    ...template,
    metadata: {
      ...metadata,
      finalizers,
      labels: { ...metadata.labels, [INDEX]: String(index) },
      annotations: { ...metadata.annotations, [INDEX]: String(index) },
    },
    ...(spec
      ? {
          spec: {
            ...spec,
            hostname: spec.hostname ?? `${job.metadata.name}-${index}`,
            containers: spec.containers.map((container) => ({
              ...container,
              env: [...(container.env ?? []), env],
            })),
          },
        }
      : {}),
  };
}
