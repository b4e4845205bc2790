// The order of API versions: stable before beta before alpha, newer before older, others last by name.
// Source: "Version priority" of the CustomResourceDefinition documentation.

const STAGES = ['', 'beta', 'alpha'];

interface Parsed {
  major: number;
  stage: number;
  minor: number;
}

function parsed(version: string): Parsed | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (!match) return undefined;
  return {
    major: Number(match[1]),
    stage: STAGES.indexOf(match[2] ?? ''),
    minor: Number(match[3] ?? 0),
  };
}

/** Below zero if `a` comes first. */
export function compareVersions(a: string, b: string): number {
  const left = parsed(a);
  const right = parsed(b);
  if (!left || !right) {
    if (left) return -1;
    if (right) return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return left.stage - right.stage || right.major - left.major || right.minor - left.minor;
}
