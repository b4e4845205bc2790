// The words of `meshproof cluster …`: one JSON text a line over the workspace's Unix socket, one request a connection.
// Without a schema library, so that the command starts at once: both ends parse with what is here.

export const controlVerbs = ['up', 'down', 'reset', 'status', 'save', 'restore'] as const;
export type ControlVerb = (typeof controlVerbs)[number];

export interface ControlRequest {
  verb: ControlVerb;
  /** Of the saved state, for `save` and `restore`. */
  name?: string;
}

export type ControlReply =
  /** What is about to happen, before its stages. */
  | { kind: 'title'; text: string }
  /** A stage begins, and later is done. */
  | { kind: 'stage'; name: string; state: 'begun' | 'done' }
  /** The last line of a request that went well: what is true now. */
  | { kind: 'done'; text: string; running: boolean }
  /** The last line of one that did not: what happened, and the next move. */
  | { kind: 'failed'; code: EngineErrorCode; text: string };

/** What can go wrong with a cluster, and the next move. What happened in detail comes before it. */
export const engineErrors = {
  ENGINE_REQUEST:
    'Is this meshproof older or newer than the Meshproof that runs? Start both from one clone.',
  ENGINE_WORKSPACE: 'Make room or mend the rights of this directory, then try again.',
  ENGINE_START: 'Try again; if it stays so, `meshproof cluster reset` starts from nothing.',
  ENGINE_LOST: '`meshproof cluster reset` gives you a new one.',
  ENGINE_NO_STATE: 'Save it first: meshproof cluster save NAME',
  ENGINE_CANNOT_SAVE: 'Only the embedded engine keeps states.',
  ENGINE_NOT_RUNNING:
    'Start it first: make kind-up in labs/01-foundation, or meshproof cluster up.',
  ENGINE_DOCKER_MISSING:
    'Install Docker (https://docs.docker.com/get-docker/), or start Meshproof without MESHPROOF_ENGINE=kind.',
  ENGINE_DOCKER_DOWN: 'Start Docker and wait until `docker info` answers, then try again.',
  ENGINE_DOCKER_MEMORY:
    'Give Docker at least 4 GB, in its settings under Resources, then try again.',
  ENGINE_KIND_MISSING:
    'Install kind 0.32 or newer (https://kind.sigs.k8s.io/docs/user/quick-start/#installation), or start Meshproof without MESHPROOF_ENGINE=kind.',
  ENGINE_KIND_OLD:
    'Update kind to 0.32 or newer: https://kind.sigs.k8s.io/docs/user/quick-start/#installation',
  ENGINE_COMMAND:
    'Mend what it says, then try again; `meshproof cluster down` takes half a cluster away.',
  ENGINE_INTERNAL:
    'This is our mistake, not yours. The terminal in which you ran npm start says more.',
} as const satisfies Record<string, string>;

export type EngineErrorCode = keyof typeof engineErrors;

/** Bytes of one line. The longest carries the last lines of a failed command. */
export const CONTROL_LINE_BYTES = 16 * 1024;

/** What a saved state may be called: it becomes a file's name. */
export function isStateName(name: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name);
}

export function parseControlRequest(line: string): ControlRequest | undefined {
  const value = objectIn(line);
  const verb = controlVerbs.find((each) => each === value?.['verb']);
  if (!value || !verb) return undefined;
  const name = value['name'];
  if (verb === 'save' || verb === 'restore')
    return typeof name === 'string' && isStateName(name) ? { verb, name } : undefined;
  return { verb };
}

export function parseControlReply(line: string): ControlReply | undefined {
  const value = objectIn(line);
  const text = value?.['text'];
  const name = value?.['name'];
  const state = value?.['state'];
  switch (value?.['kind']) {
    case 'title':
      return typeof text === 'string' ? { kind: 'title', text } : undefined;
    case 'stage':
      return typeof name === 'string' && (state === 'begun' || state === 'done')
        ? { kind: 'stage', name, state }
        : undefined;
    case 'done': {
      const running = value['running'];
      return typeof text === 'string' && typeof running === 'boolean'
        ? { kind: 'done', text, running }
        : undefined;
    }
    case 'failed': {
      const code = value['code'];
      return typeof text === 'string' && typeof code === 'string' && isEngineErrorCode(code)
        ? { kind: 'failed', code, text }
        : undefined;
    }
    default:
      return undefined;
  }
}

function isEngineErrorCode(code: string): code is EngineErrorCode {
  return Object.hasOwn(engineErrors, code);
}

function objectIn(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : undefined;
  } catch {
    return undefined; // Not JSON: the reader says what it does about it.
  }
}
