// Brings images to the node: once each, with the events and errors of a real kubelet.
// Nothing is fetched from anywhere: an image is a program of this cluster, and a pull is only the time it would take.

import type { Clock } from '../../clock.ts';
import { duration } from '../../controllers/times.ts';
import type { ImageRegistry, ResolvedImage } from '../image.ts';
import { Backoff } from './backoff.ts';
import type { Timing } from './timing.ts';

export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never';

export type PullEvent = {
  type: 'Normal' | 'Warning';
  reason: 'Pulling' | 'Pulled' | 'Failed' | 'BackOff' | 'InspectFailed' | 'ErrImageNeverPull';
  message: string;
};

/** Why a container has no image yet: the reason and message of its waiting state, and when to look again. */
export interface PullFailure {
  reason: 'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull' | 'InvalidImageName';
  message: string;
  retryMs: number;
}

export class ImagePuller {
  readonly #clock: Clock;
  readonly #images: ImageRegistry;
  readonly #timing: Timing;
  readonly #present = new Set<string>();
  /** Pulls under way, by reference: a second pod waits for the first one's. */
  readonly #pulling = new Map<string, Promise<void>>();
  /** Failed pulls, by pod and image, as the kubelet keys them. */
  readonly #failures = new Map<string, { backoff: Backoff; at: number; message: string }>();

  constructor(clock: Clock, images: ImageRegistry, timing: Timing) {
    this.#clock = clock;
    this.#images = images;
    this.#timing = timing;
  }

  /** References of what is on the node, for the node's status and for snapshots. */
  get present(): string[] {
    return [...this.#present].sort();
  }

  /** Notes images as already there: those of a restored node. */
  restore(references: readonly string[]): void {
    for (const reference of references) this.#present.add(reference);
  }

  resolve(reference: string): ResolvedImage | undefined {
    const resolved = this.#images.resolve(reference);
    return 'error' in resolved ? undefined : resolved;
  }

  /** @param owner whose back-off counts: the pod's uid. */
  async ensure(
    owner: string,
    reference: string,
    policy: PullPolicy,
    tell: (event: PullEvent) => void,
    signal: AbortSignal,
  ): Promise<ResolvedImage | PullFailure> {
    const resolved = this.#images.resolve(reference);
    if ('error' in resolved && resolved.invalidName)
      return invalidName(reference, resolved, tell, this.#timing.retryMs);
    const present = !('error' in resolved) && this.#present.has(resolved.reference);
    if (policy === 'Never' && !present) {
      const message = `Container image "${reference}" is not present with pull policy of Never`;
      tell({ type: 'Warning', reason: 'ErrImageNeverPull', message });
      return { reason: 'ErrImageNeverPull', message, retryMs: this.#timing.retryMs };
    }
    if (present && policy !== 'Always') {
      const message = `Container image "${reference}" already present on machine and can be accessed by the pod`;
      tell({ type: 'Normal', reason: 'Pulled', message });
      return resolved;
    }
    const key = `${owner} ${reference}`;
    const waiting = this.#backingOff(key, reference, tell);
    if (waiting) return waiting;
    tell({ type: 'Normal', reason: 'Pulling', message: `Pulling image "${reference}"` });
    if ('error' in resolved) {
      await this.#clock.sleep(this.#timing.registryMs, signal);
      return this.#failed(key, reference, resolved.error, tell);
    }
    const began = this.#clock.now();
    await this.#pull(resolved, signal);
    this.#failures.delete(key);
    const took = duration(Math.round(this.#clock.now() - began));
    tell({
      type: 'Normal',
      reason: 'Pulled',
      message: `Successfully pulled image "${reference}" in ${took} (${took} including waiting). Image size: ${resolved.image.size} bytes.`,
    });
    return resolved;
  }

  /** Forgets the back-offs of a pod that is gone. */
  forget(owner: string): void {
    for (const key of this.#failures.keys())
      if (key.startsWith(`${owner} `)) this.#failures.delete(key);
  }

  async #pull({ reference, image }: ResolvedImage, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(this.#timing.registryMs, signal);
    if (this.#present.has(reference)) return;
    let pull = this.#pulling.get(reference);
    if (!pull) {
      // Not ended by the signal: another pod may wait for the same image.
      pull = this.#clock.sleep(image.size / this.#timing.pullBytesPerMs).then(() => {
        this.#present.add(reference);
        this.#pulling.delete(reference);
      });
      this.#pulling.set(reference, pull);
    }
    await pull;
    signal.throwIfAborted();
  }

  #backingOff(
    key: string,
    reference: string,
    tell: (event: PullEvent) => void,
  ): PullFailure | undefined {
    const failure = this.#failures.get(key);
    if (!failure) return undefined;
    const now = this.#clock.now();
    const left = failure.backoff.remaining(failure.at, now);
    if (left <= 0) return undefined;
    const backOff = `Back-off pulling image "${reference}"`;
    tell({ type: 'Normal', reason: 'BackOff', message: backOff });
    tell({ type: 'Warning', reason: 'Failed', message: 'Error: ImagePullBackOff' });
    return {
      reason: 'ImagePullBackOff',
      message: `${backOff}: ErrImagePull: ${failure.message}`,
      retryMs: Math.min(left, this.#timing.backoffEventMs),
    };
  }

  #failed(
    key: string,
    reference: string,
    message: string,
    tell: (event: PullEvent) => void,
  ): PullFailure {
    const now = this.#clock.now();
    const backoff = this.#failures.get(key)?.backoff ?? new Backoff();
    backoff.next(now, now);
    this.#failures.set(key, { backoff, at: now, message });
    tell({
      type: 'Warning',
      reason: 'Failed',
      message: `Failed to pull image "${reference}": ${message}`,
    });
    tell({ type: 'Warning', reason: 'Failed', message: 'Error: ErrImagePull' });
    return { reason: 'ErrImagePull', message, retryMs: this.#timing.relistMs };
  }
}

function invalidName(
  reference: string,
  { error }: { error: string },
  tell: (event: PullEvent) => void,
  retryMs: number,
): PullFailure {
  const message = `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": ${error}`;
  tell({ type: 'Warning', reason: 'InspectFailed', message });
  tell({ type: 'Warning', reason: 'Failed', message: 'Error: InvalidImageName' });
  return { reason: 'InvalidImageName', message, retryMs };
}
