// Parameters of subresources that are no objects: logs, streams into containers, proxies. Knows names and types only.
// Source: PodLogOptions, PodExecOptions, PodAttachOptions, PodPortForwardOptions and the proxy options of the Kubernetes API
// reference 1.36.

import type { Method, Parameter } from './operations.ts';

type Options = Readonly<Record<string, Parameter['type']>>;

const streams: Options = { stderr: 'boolean', stdin: 'boolean', stdout: 'boolean', tty: 'boolean' };

const OPTIONS: Readonly<Record<string, Options>> = {
  attach: { container: 'string', ...streams },
  exec: { command: 'string', container: 'string', ...streams },
  log: {
    container: 'string',
    follow: 'boolean',
    insecureSkipTLSVerifyBackend: 'boolean',
    limitBytes: 'integer',
    previous: 'boolean',
    sinceSeconds: 'integer',
    stream: 'string',
    tailLines: 'integer',
    timestamps: 'boolean',
  },
  portforward: { ports: 'integer' },
  proxy: { path: 'string' },
};

/** Parameters of a subresource, or undefined where it takes an object. */
export function connectionParameters(subresource: string): Parameter[] | undefined {
  const options = OPTIONS[subresource];
  return (
    options && Object.entries(options).map(([name, type]) => ({ name, in: 'query' as const, type }))
  );
}

const STREAM_METHODS: readonly Method[] = ['get', 'post'];
const PROXY_METHODS: readonly Method[] = [
  'get',
  'put',
  'post',
  'delete',
  'options',
  'head',
  'patch',
];

/** Proxies pass on every method. */
export function connectionMethods(subresource: string): readonly Method[] {
  return subresource === 'proxy' ? PROXY_METHODS : STREAM_METHODS;
}
