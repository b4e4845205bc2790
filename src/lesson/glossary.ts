// The course's words: what each means, and in which forms prose writes it. Knows nothing of pages: terms.ts finds the words there.

import { guess, type Place, type Problem, Problems } from './problem.ts';
import { YamlText } from './yaml.ts';

export interface Term {
  /** Small letters and hyphens: its place on the page of all terms, and what `<Term name="…">` says. */
  name: string;
  /** Letter for letter, the first as the word's title. */
  forms: readonly [string, ...string[]];
  /** One or two sentences, without Markdown. */
  says: string;
}

export type Glossary = readonly Term[];

/** An author's `<Term name="…">`. */
export interface TermMention {
  name: string;
  file: string;
  place: Place;
}

export interface WrittenGlossary {
  glossary: Glossary;
  problems: Problem[];
}

export function readGlossary(source: string, file: string): WrittenGlossary {
  const problems = new Problems(file);
  const yaml = new YamlText(source, { line: 1, indent: 0 }, problems);
  if (!yaml.isValid) return { glossary: [], problems: problems.found };
  const whole = yaml.value();
  const glossary: Term[] = [];
  const taken = new Map<string, string>();
  for (const [name, value] of Object.entries(fieldsOf(whole))) {
    const { forms, says, ...rest } = fieldsOf(value);
    for (const field of Object.keys(rest)) {
      const message = `unknown field \`${field}\`: a term has \`forms\` and \`says\`.${guess(field, ['forms', 'says'])}`;
      problems.add(yaml.placeOfKey([name], field), message);
    }
    const written = Array.isArray(forms) ? forms.filter((form) => typeof form === 'string') : [];
    const [first, ...others] = written;
    if (first === undefined || written.length !== (Array.isArray(forms) ? forms.length : 0)) {
      problems.add(
        yaml.place([name, 'forms']),
        `term \`${name}\` needs \`forms\`, a list of texts.`,
      );
      continue;
    }
    if (typeof says !== 'string' || !says.trim()) {
      problems.add(yaml.place([name, 'says']), `term \`${name}\` needs \`says\`, a sentence.`);
      continue;
    }
    for (const form of written) {
      const other = taken.get(form);
      if (other !== undefined) {
        const message = `\`${form}\` is a form of \`${other}\` already: give it to one of them.`;
        problems.add(yaml.place([name, 'forms']), message);
      }
      taken.set(form, name);
    }
    glossary.push({ name, forms: [first, ...others], says: says.trim() });
  }
  return { glossary, problems: problems.found };
}

/** `<Term name="…">` has to name a term there is. */
export function strangers(mentions: readonly TermMention[], glossary: Glossary): Problem[] {
  const names = glossary.map(({ name }) => name);
  return mentions.flatMap(({ name, file, place }) =>
    names.includes(name)
      ? []
      : [{ file, ...place, message: `the glossary has no \`${name}\`.${guess(name, names)}` }],
  );
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
