// Says whether two outputs of one command are the same, but for what golden's README allows to differ between any two
// runs on any two clusters: names that chance made, times, addresses, revisions. Knows nothing of kubectl or processes.

/** The node of the recordings, and ours. */
const NODE = ['lab-control-plane', 'mesh-lab-control-plane'] as const;

/** What belongs to the machine the recordings were made on, and what stands in its place here. */
const RECORDING: [RegExp, string][] = [
  [/\bkind-lab\b/g, 'mesh-lab'],
  [new RegExp(`(?<![\\w-])${NODE[0]}`, 'g'), NODE[1]],
  // The recorder stood between kubectl and the API server as plain HTTP.
  [/https?:\/\/127\.0\.0\.1:\d+/g, '<server>'],
  // The recording's node called itself by the loopback address.
  [/(?<=\s)127\.0\.0\.1(?=\s)/g, '172.18.0.2'],
  // kind's API server listens on 6443; the recording's did on 26443.
  [/\b26443\b/g, '6443'],
  // The recorder, not the kubeconfig, held the certificates.
  [/^ *certificate-authority-data: DATA\+OMITTED\n/gm, ''],
  [/(user:)\n *client-certificate-data: DATA\+OMITTED\n *client-key-data: DATA\+OMITTED/g, '$1 {}'],
  // Where and when a program was built, and where it ran.
  [/"(gitCommit|buildDate|goVersion)": "[^"]*"/g, '"$1": "<build>"'],
  [/(?<=directory ')(?:\$PWD|\/[^']*)(?=')/g, '<pwd>'],
  [/\$TMPDIR\b|\/tmp(?=\/)/g, '<tmp>'],
  // Any patch of a minor prints the same words.
  [/\b(v1\.\d+)\.\d+\b/g, '$1.x'],
];

/** The letters Kubernetes makes names from: no vowels, no digits that look like letters. */
const RANDOM = '[bcdfghjklmnpqrstvwxz2456789]';

const CHANCE: [RegExp, string][] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\b/g, '<time>'],
  [/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, '<time>'],
  [/((?:resourceVersion"?|Resource Version|resourceVersion=)[":\s]*)\d+/g, '$1<revision>'],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [+-]\d{4}\b/g, '<time>'],
  [/^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ /gm, '$1<time> <process> '],
  [/\b(X509SHA256=)[0-9a-f]{64}\b/g, '$1<digest>'],
  [/\b((?:LIVE|MERGED)-)\d+/g, '$1<random>'],
  [/(?<=\d:)3[0-2]\d{3}(?=\/(?:TCP|UDP))/g, '<node port>'],
  [/((?:nodePort|NodePort)"?:[^\d\n]*)3[0-2]\d{3}\b/g, '$1<node port>'],
  [/\b10\.244\.\d+\.\d+\b/g, '<pod ip>'],
  [/\b10\.96\.(?!0\.1\b|0\.10\b)\d+\.\d+\b/g, '<cluster ip>'],
  [new RegExp(`(pod-template-hash[=:]\\s*"?)${RANDOM}{5,10}`, 'g'), '$1<hash>'],
  [new RegExp(`-${RANDOM}{6,10}-${RANDOM}{5}(?![\\w-])`, 'g'), '-<hash>-<random>'],
  [new RegExp(`-${RANDOM}{6,10}(?![\\w-])`, 'g'), '-<hash>'],
  [new RegExp(`-${RANDOM}{5}(?![\\w-])`, 'g'), '-<random>'],
  [/(?<=\s|^|\()(?:\d+y)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?(?=\s|$|\))/gm, '<age>'],
];

/** The text with all that may differ replaced by what kind of thing it is. */
export function mask(text: string): string {
  let masked = text;
  for (const [pattern, replacement] of [...RECORDING, ...CHANCE]) {
    masked = masked.replace(pattern, (match, ...groups) =>
      match === '' ? '' : replacement.replace('$1', String(groups[0])),
    );
  }
  // Columns are as wide as their widest cell: a longer name moves all the others.
  return masked
    .split('\n')
    .map((line) => line.replace(/(?<=\S) {2,}/g, '  ').trimEnd())
    .join('\n');
}

/** The first line in which two outputs differ, or undefined when they are the same after masking. */
export function firstDifference(
  recorded: string,
  ours: string,
): { line: number; recorded: string; ours: string } | undefined {
  const wanted = mask(recorded).split('\n');
  const got = mask(ours).split('\n');
  for (let line = 0; line < Math.max(wanted.length, got.length); line++) {
    if (wanted[line] !== got[line])
      return {
        line: line + 1,
        recorded: wanted[line] ?? '<nothing>',
        ours: got[line] ?? '<nothing>',
      };
  }
  return undefined;
}

/**
 * Whether two watches of one rollout tell the same. A command joins it while it runs, and a line comes again with each
 * change of a count: how much had passed before and how often a line repeats is the pace of two machines.
 */
export function sameRollout(recorded: string, ours: string): boolean {
  const steps = (text: string) =>
    mask(text)
      .split('\n')
      .filter((line, at, lines) => line !== lines[at - 1]);
  const [wanted, got] = [steps(recorded), steps(ours)];
  const [longer, shorter] = wanted.length < got.length ? [got, wanted] : [wanted, got];
  return shorter.every((line, at) => line === longer[longer.length - shorter.length + at]);
}

const MADE_NAME = new RegExp(
  `[a-z][a-z0-9-]*?-(?:${RANDOM}{6,10}-)?${RANDOM}{5,10}(?![\\w-])`,
  'g',
);

/** Names that a recording has, by chance or from its machine, and the ones that stand for them in this run. */
export class MadeNames {
  readonly #ours = new Map<string, string>([NODE]);

  /** Pairs the names of one step's two outputs, in order of appearance, shape by shape. */
  learn(recorded: string, ours: string): void {
    const mine = byShape(ours);
    for (const [shape, names] of byShape(recorded)) {
      const taken = new Set(this.#ours.values());
      const free = (mine.get(shape) ?? []).filter((name) => !taken.has(name));
      for (const name of names) {
        if (this.#ours.has(name)) continue;
        const partner = free.shift();
        if (partner) this.#ours.set(name, partner);
      }
    }
  }

  /** A recorded command with this run's names. */
  translate(text: string): string {
    let translated = text;
    for (const [recorded, ours] of this.#ours) translated = translated.replaceAll(recorded, ours);
    return translated;
  }
}

function byShape(text: string): Map<string, string[]> {
  const shapes = new Map<string, string[]>();
  for (const name of new Set(text.match(MADE_NAME) ?? [])) {
    const shape = mask(name);
    shapes.set(shape, [...(shapes.get(shape) ?? []), name]);
  }
  return shapes;
}
