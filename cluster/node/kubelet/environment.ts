// The environment a container starts with, its command line, and why either cannot be made. Pure but for what it looks up.
// Source: the public documentation of environment variables, their `$(VAR)` references, and of service variables.

import type { ConfigMap, Container, Pod, Secret, Service } from '../../controllers/kinds.ts';
import { decodeBase64 } from '../../schema/base64.ts';
import { textOf } from '../../streams.ts';
import type { Image } from '../image.ts';
import { type PodPlace, fieldValue, resourceValue } from './fields.ts';

/** What the pod's configuration lacks: the message of CreateContainerConfigError. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

export interface Lookup {
  configMap(namespace: string, name: string): ConfigMap | undefined;
  secret(namespace: string, name: string): Secret | undefined;
  services(namespace: string): readonly Service[];
}

type Variables = Map<string, string>;

/** What the container's own spec says, without the image's variables: the scope of `$(VAR)`. */
export function containerVariables(
  pod: Pod,
  container: Container,
  place: PodPlace,
  lookup: Lookup,
): Variables {
  const variables: Variables = new Map();
  const links = serviceLinks(pod, lookup);
  const namespace = pod.metadata.namespace ?? '';
  for (const source of container.envFrom ?? []) {
    const prefix = source.prefix ?? '';
    for (const [name, value] of Object.entries(allOf(source, namespace, lookup)))
      variables.set(prefix + name, value);
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const found = valueFrom
      ? referredValue(pod, container, place, lookup, valueFrom)
      : expand(value ?? '', (other) => variables.get(other) ?? links.get(other));
    if (found !== undefined) variables.set(name, found);
  }
  for (const [name, value] of links) if (!variables.has(name)) variables.set(name, value);
  return variables;
}

/** The process's whole environment: the image's, the host name, and the container's own on top. */
export function processEnvironment(image: Image, hostname: string, own: Variables): Variables {
  return new Map([
    ...Object.entries(image.env),
    ['HOSTNAME', hostname],
    ...own,
    // The runtime sets it when nobody else has.
    ...(own.has('HOME') || 'HOME' in image.env ? [] : [['HOME', image.user.home] as const]),
  ]);
}

/** `command` replaces ENTRYPOINT and with it CMD; `args` replaces CMD. */
export function commandLine(container: Container, image: Image, variables: Variables): string[] {
  const { command, args } = container;
  const expanded = (words: readonly string[]) =>
    words.map((word) => expand(word, (name) => variables.get(name)));
  if (command && command.length > 0) return [...expanded(command), ...expanded(args ?? [])];
  return [...image.entrypoint, ...(args && args.length > 0 ? expanded(args) : image.cmd)];
}

/** Replaces `$(NAME)` where the name is known; `$$` is a dollar sign. */
export function expand(text: string, valueOf: (name: string) => string | undefined): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (match, name: string | undefined) =>
    name === undefined ? '$' : (valueOf(name) ?? match),
  );
}

type ValueSource = NonNullable<NonNullable<Container['env']>[number]['valueFrom']>;

function referredValue(
  pod: Pod,
  container: Container,
  place: PodPlace,
  lookup: Lookup,
  source: ValueSource,
): string | undefined {
  const namespace = pod.metadata.namespace ?? '';
  if (source.fieldRef) {
    const { fieldPath } = source.fieldRef;
    const value = fieldValue(pod, place, fieldPath);
    if (value === undefined) throw new ConfigError(`unsupported fieldPath: ${fieldPath}`);
    return value;
  }
  if (source.resourceFieldRef) {
    const { containerName } = source.resourceFieldRef;
    const value = resourceValue(pod, container, place, source.resourceFieldRef);
    if (value === undefined) throw new ConfigError(`container ${containerName ?? ''} not found`);
    return value;
  }
  if (source.configMapKeyRef) {
    const { name = '', key, optional } = source.configMapKeyRef;
    const map = lookup.configMap(namespace, name);
    if (!map && !optional) throw new ConfigError(`configmap "${name}" not found`);
    const value = map?.data?.[key];
    if (value === undefined && !optional)
      throw new ConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    return value;
  }
  if (source.secretKeyRef) {
    const { name = '', key, optional } = source.secretKeyRef;
    const secret = lookup.secret(namespace, name);
    if (!secret && !optional) throw new ConfigError(`secret "${name}" not found`);
    const value = secret?.data?.[key];
    if (value === undefined && !optional)
      throw new ConfigError(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    return value === undefined ? undefined : decoded(value);
  }
  throw new ConfigError('this source of a variable is not simulated');
}

type BulkSource = NonNullable<Container['envFrom']>[number];

function allOf(
  source: BulkSource,
  namespace: string,
  lookup: Lookup,
): Readonly<Record<string, string>> {
  if (source.configMapRef) {
    const { name = '', optional } = source.configMapRef;
    const map = lookup.configMap(namespace, name);
    if (!map && !optional) throw new ConfigError(`configmap "${name}" not found`);
    return map?.data ?? {};
  }
  if (source.secretRef) {
    const { name = '', optional } = source.secretRef;
    const secret = lookup.secret(namespace, name);
    if (!secret && !optional) throw new ConfigError(`secret "${name}" not found`);
    const entries = Object.entries(secret?.data ?? {});
    return Object.fromEntries(entries.map(([key, value]) => [key, decoded(value)]));
  }
  return {};
}

function decoded(base64: string): string {
  const bytes = decodeBase64(base64);
  return 'wrongAt' in bytes ? '' : textOf(bytes);
}

/** Docker's link variables of every Service with an address, and those of the API server in any case. */
function serviceLinks(pod: Pod, lookup: Lookup): Variables {
  const links: Variables = new Map();
  const own =
    pod.spec.enableServiceLinks === false ? [] : lookup.services(pod.metadata.namespace ?? '');
  const master = lookup
    .services('default')
    .filter((service) => service.metadata.name === 'kubernetes');
  for (const service of [...master, ...own]) {
    const ip = service.spec.clusterIP;
    const first = service.spec.ports?.[0];
    if (!ip || ip === 'None' || !first) continue;
    const name = service.metadata.name.toUpperCase().replaceAll('-', '_');
    links.set(`${name}_SERVICE_HOST`, ip);
    links.set(`${name}_SERVICE_PORT`, String(first.port));
    for (const port of service.spec.ports ?? [])
      if (port.name)
        links.set(
          `${name}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`,
          String(port.port),
        );
    links.set(`${name}_PORT`, `${(first.protocol ?? 'TCP').toLowerCase()}://${ip}:${first.port}`);
    for (const { port, protocol = 'TCP' } of service.spec.ports ?? []) {
      const prefix = `${name}_PORT_${port}_${protocol}`;
      links.set(prefix, `${protocol.toLowerCase()}://${ip}:${port}`);
      links.set(`${prefix}_PROTO`, protocol.toLowerCase());
      links.set(`${prefix}_PORT`, String(port));
      links.set(`${prefix}_ADDR`, ip);
    }
  }
  return links;
}
