// By which labels a workload says which app and which version it is, in Istio's order.

type Labels = Readonly<Record<string, string>> | undefined;

export const APP_LABELS = ['service.istio.io/canonical-name', 'app.kubernetes.io/name', 'app'];
export const VERSION_LABELS = [
  'service.istio.io/canonical-revision',
  'app.kubernetes.io/version',
  'version',
];

export function appOf(labels: Labels): string | undefined {
  return firstOf(labels, APP_LABELS);
}

export function versionOf(labels: Labels): string | undefined {
  return firstOf(labels, VERSION_LABELS);
}

/** All but those two. */
export function otherLabels(labels: Labels): Record<string, string> {
  const used = [APP_LABELS, VERSION_LABELS].map((names) =>
    names.find((name) => labels?.[name] !== undefined),
  );
  return Object.fromEntries(Object.entries(labels ?? {}).filter(([name]) => !used.includes(name)));
}

function firstOf(labels: Labels, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = labels?.[name];
    if (value !== undefined) return value;
  }
  return undefined;
}
