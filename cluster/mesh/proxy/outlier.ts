// Outlier detection: a host that fails too often in a row is left out for a while.
// Source: Envoy docs, outlier detection, ejection algorithm; source/common/upstream/outlier_detection_impl.cc.

import type { Outlier } from '../routing/proxy-config.ts';

/** Envoy's default cap of an ejection, unless the base is longer. */
const MAX_EJECTION_MS = 300_000;

/** What is counted of one host. */
export class HostHealth {
  serverErrors = 0;
  gatewayErrors = 0;
  localFailures = 0;
  /** Undefined while it is in. */
  ejectedAt: number | undefined;
  /** When it last came back, and how often in a row it had been ejected. */
  returnedAt = 0;
  times = 0;
}

export class OutlierDetector {
  readonly #settings: Outlier;
  /** Ticks are counted from here. */
  readonly #start: number;

  constructor(settings: Outlier, now: number) {
    this.#settings = settings;
    this.#start = now;
  }

  /**
   * A host answered with a status, or 5xx stands for no answer. True when that ejects it.
   * @param unreached the status is this proxy's own word for a failure to reach the host.
   */
  note(
    host: HostHealth,
    status: number,
    all: readonly HostHealth[],
    now: number,
    unreached = false,
  ): boolean {
    const { consecutive5xx, consecutiveGateway, consecutiveLocal } = this.#settings;
    if (consecutiveLocal !== undefined) {
      host.localFailures = unreached ? host.localFailures + 1 : 0;
      if (unreached) {
        if (consecutiveLocal === 0 || host.localFailures < consecutiveLocal) return false;
        if (this.isEjected(host, now)) return false;
        host.localFailures = 0;
        return this.#eject(host, all, now);
      }
    }
    host.serverErrors = status >= 500 ? host.serverErrors + 1 : 0;
    host.gatewayErrors = status >= 502 && status <= 504 ? host.gatewayErrors + 1 : 0;
    const server = consecutive5xx > 0 && host.serverErrors >= consecutive5xx;
    const gateway = consecutiveGateway > 0 && host.gatewayErrors >= consecutiveGateway;
    if ((!server && !gateway) || this.isEjected(host, now)) return false;
    host.serverErrors = 0;
    host.gatewayErrors = 0;
    return this.#eject(host, all, now);
  }

  /** Hosts come back at a tick, once their time is over. */
  isEjected(host: HostHealth, now: number): boolean {
    if (host.ejectedAt === undefined) return false;
    const back = this.#tickAfter(host.ejectedAt + this.#ejectionMs(host));
    if (now < back) return true;
    host.ejectedAt = undefined;
    host.returnedAt = back;
    host.localFailures = 0;
    host.serverErrors = 0;
    host.gatewayErrors = 0;
    return false;
  }

  /** Those that may be used; all of them when fewer are healthy than `minHealthPercent` demands. */
  usable<Host extends { health: HostHealth }>(
    hosts: readonly Host[],
    now: number,
  ): readonly Host[] {
    const healthy = hosts.filter(({ health }) => !this.isEjected(health, now));
    const percent = (100 * healthy.length) / hosts.length;
    return percent < this.#settings.minHealthPercent ? hosts : healthy;
  }

  /** The cap is looked at before every ejection, the first too: ten percent of three hosts is nobody. */
  #eject(host: HostHealth, all: readonly HostHealth[], now: number): boolean {
    const ejected = all.filter((each) => this.isEjected(each, now)).length;
    if ((100 * (ejected + 1)) / all.length > this.#settings.maxEjectionPercent) return false;
    // Each interval in good health forgives one ejection.
    const forgiven =
      host.times === 0 ? 0 : Math.floor((now - host.returnedAt) / this.#settings.intervalMs);
    host.times = Math.max(0, host.times - forgiven) + 1;
    host.ejectedAt = now;
    return true;
  }

  #ejectionMs({ times }: HostHealth): number {
    const { baseEjectionMs } = this.#settings;
    return Math.min(baseEjectionMs * times, Math.max(MAX_EJECTION_MS, baseEjectionMs));
  }

  #tickAfter(moment: number): number {
    const { intervalMs } = this.#settings;
    return this.#start + Math.ceil((moment - this.#start) / intervalMs) * intervalMs;
  }
}
