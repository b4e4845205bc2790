// What stands above a lesson: its fields, and where they stand. Starlight reads the rest of them.

import { all, guess, type Place, type Problems } from './problem.ts';
import { YamlText } from './yaml.ts';

export interface Frontmatter {
  title: string;
  module: number;
  lesson: number;
  minutes: number;
  goal: string;
  lead: string;
  optional?: true;
}

/** A lesson's own fields, in the order an author writes them, with what each has to be. */
const OWN: Record<
  Exclude<keyof Frontmatter, 'optional'>,
  (value: unknown) => string | undefined
> = {
  title: text,
  module: (value) => whole(value, 1),
  lesson: (value) => whole(value, 0),
  minutes: (value) => whole(value, 1),
  goal: text,
  lead: text,
};

/** Stands only where it is so. */
const OPTIONAL = 'optional';

/** Fields that Starlight reads. Source: its docsSchema, 0.42. */
const STARLIGHT =
  'description slug editUrl head tableOfContents template hero banner lastUpdated prev next sidebar pagefind draft'.split(
    ' ',
  );

export interface FrontmatterText {
  /** The YAML between the two lines of hyphens. */
  text: string;
  /** One-based line of its first line. */
  line: number;
}

export function frontmatterOf(source: string): FrontmatterText | undefined {
  const match = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)^---[ \t]*(?:\r?\n|$)/m.exec(source);
  return match?.index === 0 ? { text: match[1] ?? '', line: 2 } : undefined;
}

/** True when the page calls itself a lesson. Pages without a number are prose and nobody's business here. */
export function isLesson(frontmatter: FrontmatterText | undefined): boolean {
  return frontmatter !== undefined && /^lesson[ \t]*:/m.test(frontmatter.text);
}

export function readFrontmatter(
  frontmatter: FrontmatterText,
  problems: Problems,
): Frontmatter | undefined {
  const yaml = new YamlText(frontmatter.text, { line: frontmatter.line, indent: 0 }, problems);
  if (!yaml.isValid) return undefined;
  const value = yaml.value();
  const fields: Record<string, unknown> =
    typeof value === 'object' && value !== null ? { ...value } : {};
  const top: Place = { line: 1, column: 1 };
  const before = problems.found.length;
  for (const [name, fits] of Object.entries(OWN)) {
    const field = fields[name];
    if (field === undefined) {
      problems.add(top, `\`${name}\` is missing. A lesson begins with ${all(names())}.`);
      continue;
    }
    const wanted = fits(field);
    if (wanted) problems.add(yaml.place([name]), `\`${name}\` has to be ${wanted}.`);
  }
  for (const name of Object.keys(fields)) {
    if (name in OWN || name === OPTIONAL || STARLIGHT.includes(name)) continue;
    const message = `unknown field \`${name}\`: a lesson has ${all([...names(), `\`${OPTIONAL}\``])}, and Starlight’s own.${guess(name, [...Object.keys(OWN), OPTIONAL, ...STARLIGHT])}`;
    problems.add(yaml.placeOfKey([], name), message);
  }
  const optional = fields[OPTIONAL];
  if (optional !== undefined && optional !== true) {
    const message = `\`${OPTIONAL}\` can only be \`true\`: leave it out where the lesson belongs to the path.`;
    problems.add(yaml.place([OPTIONAL]), message);
  }
  if (problems.found.length > before) return undefined;
  return {
    title: String(fields['title']),
    module: Number(fields['module']),
    lesson: Number(fields['lesson']),
    minutes: Number(fields['minutes']),
    goal: String(fields['goal']),
    lead: String(fields['lead']),
    ...(optional === true && { optional }),
  };
}

const names = () => Object.keys(OWN).map((name) => `\`${name}\``);

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() ? undefined : 'a text';
}

function whole(value: unknown, least: number): string | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= least
    ? undefined
    : `a whole number from ${least} on`;
}
