// Names of images as people write them, and the full names behind them.
// Source: the reference grammar of container registries (distribution/reference) and Docker's defaults.

export interface Reference {
  /** `docker.io`, `quay.io`, `localhost:5000`. */
  registry: string;
  /** Within the registry: `library/nginx`, `nicolaka/netshoot`. */
  path: string;
  tag: string | undefined;
  /** `sha256:…` */
  digest: string | undefined;
}

const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/;
const REGISTRY = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d+)?$/;

/** Bytes of a name with its registry: the grammar's own limit. */
const MAX_NAME = 255;

/** The parts of a reference, defaults filled in. A sentence of the registry's own when it is no reference. */
export function parseReference(text: string): Reference | { error: string } {
  const invalid = { error: 'invalid reference format' };
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return invalid;
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const name = hasTag ? named.slice(0, colon) : named;
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !TAG.test(tag)) return invalid;
  const { registry, path } = splitRegistry(name);
  if (!REGISTRY.test(registry)) return invalid;
  const isPath = (candidate: string) => candidate.split('/').every((part) => PATH_PART.test(part));
  if (!isPath(path))
    return isPath(path.toLowerCase())
      ? { error: `invalid reference format: repository name (${path}) must be lowercase` }
      : invalid;
  if (`${registry}/${path}`.length > MAX_NAME)
    return {
      error: `invalid reference format: repository name must not be more than ${MAX_NAME} characters`,
    };
  return { registry, path, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}

/** The first part names a registry when it looks like a host; else it is Docker Hub, and a bare name one of its library. */
function splitRegistry(name: string): { registry: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost';
  const registry = isHost ? first : 'docker.io';
  const rest = isHost ? name.slice(slash + 1) : name;
  const hub = registry === 'docker.io' || registry === 'index.docker.io';
  return {
    registry: hub ? 'docker.io' : registry,
    path: hub && !rest.includes('/') ? `library/${rest}` : rest,
  };
}
