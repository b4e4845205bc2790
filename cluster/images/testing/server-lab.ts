// Server images for tests: pods on one network, their configuration from volumes, and a client that asks them.

import { type NetworkLab, networkLab, seeded } from '../../network/testing/network-lab.ts';
import { sendRequest } from '../../network/http-client.ts';
import { type HttpHeaders, headerOf } from '../../network/http.ts';
import type { NetworkNamespace } from '../../network/network.ts';
import { defaultLimits } from '../../limits.ts';
import type { Image } from '../../node/image.ts';
import type { ContainerConfig, RunningContainer } from '../../node/runtime.ts';
import { MemoryFiles } from '../../node/runtime/memory-files.ts';
import { createContainerRuntime } from '../../node/runtime/runtime.ts';
import { settled } from '../../node/runtime/testing/container-lab.ts';
import { bytesOf, concatBytes, nothing, readAll, readerOf, textOf } from '../../streams.ts';

export interface Answer {
  status: number;
  reason: string;
  headers: HttpHeaders;
  body: string;
  header(name: string): string | undefined;
}

export interface ServerPod {
  container: RunningContainer;
  net: NetworkNamespace;
  log(): string;
  /** A command in the container, as `kubectl exec` runs it. */
  run(...command: string[]): Promise<{ exitCode: number; output: string }>;
}

export interface ServerLab extends NetworkLab {
  /** Starts an image and waits until it has come to rest. `volumes`: texts by path, by mount path. */
  start(
    image: Image,
    ip: string,
    options?: {
      volumes?: Record<string, Record<string, string>>;
      env?: Record<string, string>;
      argv?: readonly string[];
      config?: Partial<ContainerConfig>;
    },
  ): Promise<ServerPod>;
  ask(
    url: string,
    options?: { method?: string; headers?: HttpHeaders; body?: string; version?: '1.0' | '1.1' },
  ): Promise<Answer>;
}

/** A network without delays, a still clock, and a runtime. */
export function serverLab(): ServerLab {
  const lab = networkLab();
  const runtime = createContainerRuntime({
    clock: lab.clock,
    random: seeded(3),
    limits: defaultLimits,
  });
  const client = lab.pod('10.244.0.99', { hostname: 'client' });
  return {
    ...lab,
    async start(image, ip, { volumes = {}, env = {}, argv, config = {} } = {}) {
      const output: Uint8Array[] = [];
      const net = lab.pod(ip, {
        hostname: `${image.repository.replace('/', '-')}-${ip.split('.')[3]}`,
      });
      const container = runtime.start({
        name: `default/${net.hostname}/main`,
        image,
        argv: argv ?? [...image.entrypoint, ...image.cmd],
        env: new Map(Object.entries({ ...image.env, ...env })),
        workingDir: image.workingDir,
        user: image.user,
        mounts: Object.entries(volumes).map(([path, files]) => ({
          path,
          source: { files: volumeOf(files), readOnly: true },
          readOnly: true,
        })),
        net,
        hostname: net.hostname,
        tty: false,
        stdin: false,
        stdinOnce: false,
        onOutput: (_stream, bytes) => output.push(bytes.slice()),
        ...config,
      });
      await lab.clock.step(10);
      return {
        container,
        net,
        log: () => textOf(concatBytes(output)),
        async run(...command) {
          const running = container.run(command, new AbortController().signal);
          await settled();
          await lab.clock.step(10);
          return running;
        },
      };
    },
    async ask(url, { method = 'GET', headers = [], body, version = '1.1' } = {}) {
      const [, host = '', port = '80', target = '/'] =
        /^http:\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(url) ?? [];
      const [ip] = await client.lookup(host);
      if (ip === undefined) throw new Error(`could not resolve ${host}`);
      const connection = await client.connect(ip, Number(port));
      const own: HttpHeaders = headers.some(([name]) => name === 'Host')
        ? []
        : [['Host', port === '80' ? host : `${host}:${port}`]];
      const length: HttpHeaders =
        body === undefined ? [] : [['Content-Length', String(bytesOf(body).length)]];
      const response = await sendRequest(connection, {
        method,
        target: target || '/',
        version,
        headers: [...own, ['User-Agent', 'curl/8.11.1'], ...headers, ...length],
        body: body === undefined ? nothing : readerOf(body),
      });
      const text = textOf(await readAll(response.body));
      connection.close();
      await settled();
      return { ...response, body: text, header: (name) => headerOf(response.headers, name) };
    },
  };
}

function volumeOf(files: Record<string, string>): MemoryFiles {
  const memory = new MemoryFiles({ now: () => 0, maxBytes: 1e6 });
  for (const [name, text] of Object.entries(files)) {
    const path = `/${name}`;
    memory.makeDirectory(path.slice(0, path.lastIndexOf('/')) || '/', true);
    memory.writeFile(path, bytesOf(text));
  }
  return memory;
}
