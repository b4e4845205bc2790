// Which cluster is meant, and as whom: the kubeconfig files, --context, and what a context says of its namespace.
// Knows certificates, keys and tokens; a login by another program (exec, auth-provider) belongs to real clusters, for which
// the real istioctl is used.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { type Fields, fieldsOf, isFields, listOf, stringOf } from '../cluster/schema/fields.ts';
import { parseYaml } from '../cluster/schema/yaml.ts';
import { CommandError } from './command.ts';

export interface ClusterAccess {
  server: URL;
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
  token?: string;
  insecure: boolean;
  /** The context's namespace, or `default`. */
  namespace: string;
  impersonate: Record<string, string | string[]>;
}

export interface AccessOptions {
  /** -c: this file alone. */
  file?: string;
  context?: string;
  env: Readonly<Record<string, string | undefined>>;
  as?: string;
  asGroups?: readonly string[];
  asUid?: string;
}

/** Where there is no kubeconfig at all, as clients of Kubernetes assume. */
const NOWHERE = 'http://localhost:8080';

export function clusterAccess(options: AccessOptions): ClusterAccess {
  const files = kubeconfigFiles(options);
  const documents = files.flatMap((file) => read(file, Boolean(options.file)));
  const named = (list: string, name: string) => {
    for (const { document, file } of documents) {
      const found = listOf(document[list]).find((each) => each['name'] === name);
      if (found) return { value: fieldsOf(found[list.slice(0, -1)]), file };
    }
    return undefined;
  };
  const current =
    options.context ||
    documents
      .map(({ document }) => stringOf(document['current-context']))
      .find((name) => name !== '') ||
    '';
  const context = named('contexts', current)?.value;
  if (!context && options.context)
    throw new CommandError(
      `failed to create k8s client: context ${JSON.stringify(options.context)} does not exist`,
    );
  const cluster = named('clusters', stringOf(context?.['cluster']));
  const user = named('users', stringOf(context?.['user']));
  const impersonate = {
    ...(options.as && { 'impersonate-user': options.as }),
    ...(options.asUid && { 'impersonate-uid': options.asUid }),
    ...(options.asGroups &&
      options.asGroups.length > 0 && { 'impersonate-group': [...options.asGroups] }),
  };
  const common = { namespace: stringOf(context?.['namespace']) || 'default', impersonate };
  if (!cluster) return { server: new URL(NOWHERE), insecure: false, ...common };
  return {
    server: new URL(stringOf(cluster.value['server']) || NOWHERE),
    insecure: cluster.value['insecure-skip-tls-verify'] === true,
    ...held(cluster, 'certificate-authority', 'ca'),
    ...(user && held(user, 'client-certificate', 'cert')),
    ...(user && held(user, 'client-key', 'key')),
    ...(user && stringOf(user.value['token']) && { token: stringOf(user.value['token']) }),
    ...common,
  };
}

function kubeconfigFiles({ file, env }: AccessOptions): string[] {
  if (file) return [file];
  const listed = env['KUBECONFIG'];
  if (listed) return listed.split(delimiter).filter(Boolean);
  return [join(env['HOME'] ?? homedir(), '.kube/config')];
}

/** A file that is not there is empty, unless it was named by a flag. */
function read(file: string, mustExist: boolean): { document: Fields; file: string }[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (!mustExist && error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return [];
    throw new CommandError(`failed to create k8s client: stat ${file}: no such file or directory`);
  }
  const parsed = parseYaml(text);
  if ('error' in parsed)
    throw new CommandError(
      `failed to create k8s client: error loading config file "${file}": ${parsed.error}`,
    );
  return isFields(parsed.value) ? [{ document: parsed.value, file }] : [];
}

/** A certificate or key that stands in the file (`…-data`), or in one beside it. */
function held<Name extends string>(
  { value, file }: { value: Fields; file: string },
  field: string,
  name: Name,
): { [name in Name]?: Buffer } {
  const data = stringOf(value[`${field}-data`]);
  const path = stringOf(value[field]);
  if (data) return entry(name, Buffer.from(data, 'base64'));
  return path ? entry(name, readFileSync(resolve(dirname(file), path))) : {};
}

function entry<Name extends string>(name: Name, value: Buffer): { [name in Name]?: Buffer } {
  return { [name]: value } as { [name in Name]: Buffer };
}
