// What pilot-agent says of its proxy: whether it is ready, and the lines of its log around start and end.
// Source: istio/istio pilot/cmd/pilot-agent/status (server.go, ready/probe.go), pkg/istio-agent, pkg/envoy/agent.go.

import type { HttpResponse } from '../../network/http.ts';
import { textResponse } from '../../network/http-server.ts';
import type { Process } from '../../node/process.ts';
import { at, stringOf } from '../../schema/fields.ts';
import { bytesOf } from '../../streams.ts';
import { microTimestamp } from '../../time.ts';
import { parseJson } from '../proxy/peer.ts';
import { durationMs } from '../routing/durations.ts';

/** How long a proxy that was not told before goes on for what is under way. Istio: terminationDrainDuration. */
const DRAIN_MS = 5_000;

/** What it needs of the process it speaks for. */
export type AgentProcess = Pick<Process, 'clock' | 'env' | 'signal' | 'stdout'> & {
  net: Pick<Process['net'], 'ip'>;
};

export class AgentStatus {
  readonly #process: AgentProcess;
  readonly #since: number;
  #updates = 0;
  #drained = false;
  #probedWell = false;

  constructor(process: AgentProcess) {
    this.#process = process;
    this.#since = process.clock.now();
  }

  log(level: 'info' | 'warn' | 'error', text: string): void {
    this.write(`${microTimestamp(this.#process.clock.now())}\t${level}\t${text}\n`);
  }

  /** A line as it is. */
  write(line: string): void {
    // Nobody waits for a log line, and a closed log is no reason to stop.
    this.#process.stdout.write(bytesOf(line)).catch(() => {});
  }

  started(version: string, id: string, namespace: string, discovery: string): void {
    const { ip } = this.#process.net;
    this.log('info', `Version ${version} (simulated)`);
    this.log(
      'info',
      `Proxy role\tips=[${ip}] type=sidecar id=${id} domain=${namespace}.svc.cluster.local`,
    );
    this.log('info', 'JWT policy is third-party-jwt');
    this.log('info', `CA Endpoint ${discovery}, provider Citadel`);
    this.log(
      'info',
      `xdsproxy\tInitializing with upstream address "${discovery}" and cluster "Kubernetes"`,
    );
    this.log('info', 'Starting proxy agent');
  }

  /** istiod has sent something. */
  received(discovery: string): void {
    if (this.#updates++ > 0) return;
    this.log('info', `xdsproxy\tconnected to delta upstream XDS server[1]: ${discovery}`);
    const seconds = (this.#process.clock.now() - this.#since) / 1000;
    this.log('info', `Readiness succeeded in ${seconds.toFixed(6)}s`);
  }

  /** The answer to a probe: ready from the first configuration on. */
  probed(): HttpResponse {
    if (this.#updates > 0) {
      if (!this.#probedWell) this.log('info', 'Envoy proxy is ready');
      this.#probedWell = true;
      return textResponse(200, '');
    }
    const why =
      'config not received from XDS server (is Istiod running?): cds updates: 0 successful, 0 rejected; lds updates: 0 successful, 0 rejected';
    this.log('warn', `Envoy proxy is NOT ready: ${why}`);
    this.#probedWell = false;
    return textResponse(503, why);
  }

  /** Asked for before the end, by the hook of a native sidecar: then nothing is left to wait for at the end. */
  drained(): void {
    this.log('info', 'Agent draining proxy');
    this.#drained = true;
  }

  /** Resolves when the proxy may end. `drain` tells it that its end is near. */
  async terminate(drain: () => void): Promise<void> {
    this.log('info', 'Agent draining Proxy for termination');
    if (this.#drained) this.log('info', 'Agent already drained, exiting immediately');
    else {
      drain();
      const ms = drainMs(this.#process);
      this.log('info', `Graceful termination period is ${ms / 1000}s, starting...`);
      await this.#process.clock.sleep(ms, this.#process.signal);
      this.log('info', 'Graceful termination period complete, terminating remaining proxies.');
    }
    this.log('info', 'Agent has successfully terminated');
  }
}

function drainMs(process: AgentProcess): number {
  const config = parseJson(process.env.get('PROXY_CONFIG') ?? '{}');
  return durationMs(stringOf(at(config, 'terminationDrainDuration'))) ?? DRAIN_MS;
}
