// istioctl dashboard: a port-forward to what has pages of its own, and its address. Lasts until it is interrupted.
// Source: istio/istio istioctl/pkg/dashboard (names, labels, ports, what is printed).

import { spawn } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import type { Command, CommandEntry, Invocation } from '../command.ts';
import { CommandError } from '../command.ts';
import type { Flag } from '../flags.ts';
import { istiodPods } from '../istiod.ts';
import { podMeant, podsWith } from '../pods.ts';
import { type ForwardTarget, openForward, requireRunning } from '../port-forward.ts';

export const command: Command = {
  long: 'Opens a way to what has pages of its own, until it is interrupted',
  persistentFlags: [
    {
      name: 'address',
      type: 'string',
      default: 'localhost',
      usage: 'The address to listen on: localhost or an IP',
    },
    {
      name: 'browser',
      type: 'bool',
      default: true,
      usage: 'Open the page too',
    },
    {
      name: 'port',
      short: 'p',
      type: 'int',
      usage: 'The port to listen on. Default: that of the pod, if it is free',
    },
  ],
  commands: [
    ui('kiali', 'Open Kiali web UI', {
      title: 'Kiali',
      label: 'app=kiali',
      port: 20_001,
      path: '/kiali',
    }),
    ui('prometheus', 'Open Prometheus web UI', {
      title: 'Prometheus',
      label: 'app.kubernetes.io/name=prometheus',
      port: 9_090,
    }),
    ui('grafana', 'Open Grafana web UI', {
      title: 'Grafana',
      label: 'app.kubernetes.io/name=grafana',
      port: 3_000,
    }),
    ui('jaeger', 'Open Jaeger web UI', { title: 'Jaeger', label: 'app=jaeger', port: 16_686 }),
    ui('zipkin', 'Open Zipkin web UI', { title: 'Zipkin', label: 'app=zipkin', port: 9_411 }),
    ui('skywalking', 'Open SkyWalking UI', {
      title: 'SkyWalking',
      label: 'app=skywalking-ui',
      port: 8_080,
    }),
    envoy('envoy', 'Open Envoy admin web UI'),
    envoy('proxy', 'Open admin web UI for a proxy'),
    {
      use: 'istiod-debug [<type>/]<name>[.<namespace>]',
      short: 'Open Istio debug web UI',
      load: async () => ({ command: { run: istiodDebug } }),
    },
  ],
};

interface Ui {
  title: string;
  label: string;
  port: number;
  path?: string;
}

const uiPort = (port: number): Flag => ({
  name: 'ui-port',
  type: 'int',
  default: port,
  usage: 'The port of the pod',
});

function ui(name: string, short: string, { label, port, path = '' }: Ui): CommandEntry {
  return {
    use: name,
    short,
    load: async () => ({
      command: {
        flags: [uiPort(port)],
        run: async (invocation: Invocation) => {
          const target = await labelled(invocation, label);
          await show(invocation, { ...target, port: invocation.flags.int('ui-port') }, path);
        },
      },
    }),
  };
}

/** In Istio's namespace, else in the current one. */
async function labelled(
  invocation: Invocation,
  label: string,
): Promise<Omit<ForwardTarget, 'port'>> {
  for (const namespace of new Set([invocation.istioNamespace, invocation.namespace()])) {
    const [pod] = await podsWith(invocation.cluster(), namespace, label);
    if (pod) return { namespace, pod: pod.metadata.name };
  }
  throw new CommandError(`no pods found with selector ${label}`);
}

const ADMIN_PORT = 15_000;
const MONITORING_PORT = 15_014;

function envoy(name: string, short: string): CommandEntry {
  return {
    use: `${name} [<type>/]<name>[.<namespace>]`,
    short,
    load: async () => ({
      command: {
        flags: [
          { name: 'selector', short: 'l', type: 'string', usage: 'The pods with these labels' },
          uiPort(ADMIN_PORT),
        ],
        run: openEnvoy,
      },
    }),
  };
}

async function openEnvoy(invocation: Invocation): Promise<void> {
  const { flags, args } = invocation;
  const selector = flags.string('selector');
  const [text] = args;
  const port = flags.int('ui-port');
  if (selector === '' && text === undefined) throw new CommandError('specify a pod or --selector');
  if (selector !== '' && text !== undefined)
    throw new CommandError('name cannot be provided when a selector is specified');
  if (text !== undefined) {
    const { name, namespace } = await podMeant(invocation, text);
    return show(invocation, { namespace, pod: name, port });
  }
  const namespace = invocation.namespace();
  const [pod] = await podsWith(invocation.cluster(), namespace, selector);
  if (!pod) throw new CommandError('no pods found');
  return show(invocation, { namespace, pod: pod.metadata.name, port });
}

async function istiodDebug(invocation: Invocation): Promise<void> {
  const { istioNamespace: namespace, args } = invocation;
  const [text] = args;
  if (text !== undefined) {
    const meant = await podMeant(invocation, text.includes('.') ? text : `${text}.${namespace}`);
    return show(
      invocation,
      { namespace: meant.namespace, pod: meant.name, port: MONITORING_PORT },
      '/debug',
    );
  }
  const [istiod] = await istiodPods(invocation.cluster(), namespace);
  if (!istiod) throw new CommandError('no pods found');
  return show(
    invocation,
    { namespace, pod: istiod.metadata.name, port: MONITORING_PORT },
    '/debug',
  );
}

/** Forwards until the process is interrupted. The pod's own port is taken if it is free here too. */
async function show(invocation: Invocation, target: ForwardTarget, path = ''): Promise<void> {
  const { flags, io } = invocation;
  const cluster = invocation.cluster();
  await requireRunning(cluster, target);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    void relay(socket, () => openForward(cluster, target));
  });
  const address = flags.string('address');
  const wanted = flags.int('port');
  const port = await listening(server, address, wanted === 0 ? [target.port, 0] : [wanted]);
  const url = `http://${address}:${port}${path}`;
  io.out(`${url}\n`);
  if (!flags.bool('browser')) io.out('skipping opening a browser\n');
  else openBrowser(url, io);
  await interrupted();
  server.close();
  for (const socket of open) socket.destroy();
}

/** Resolves with the port. Rejects with a CommandError when none of them can be had. */
async function listening(server: Server, host: string, ports: readonly number[]): Promise<number> {
  let failure = '';
  for (const port of ports)
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          resolve();
        });
      });
      const bound = server.address();
      if (typeof bound === 'object' && bound) return bound.port;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
  throw new CommandError(`failure running port forward process: ${failure}`);
}

/** A connection that cannot be forwarded is closed: its page says so in its own way. */
async function relay(socket: Socket, open: () => ReturnType<typeof openForward>): Promise<void> {
  socket.on('error', () => socket.destroy());
  try {
    const forward = await open();
    forward.on('error', () => socket.destroy());
    socket.on('close', () => forward.destroy());
    socket.pipe(forward).pipe(socket);
  } catch {
    socket.destroy(); // The pod has gone, or does not listen.
  }
}

function openBrowser(url: string, io: Invocation['io']): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(program, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => io.out(`Failed to open browser; open ${url} in your browser.\n`));
  child.unref();
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
