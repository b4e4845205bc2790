// Relabelling: what a configuration makes of the labels of targets and samples.
// Source: Prometheus docs, configuration, relabel_config.

import { type Labels, Labels as LabelSet } from '../labels.ts';
import { anchored } from '../matcher.ts';

export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

export interface RelabelRule {
  sourceLabels: readonly string[];
  separator: string;
  regex: string;
  modulus: number;
  targetLabel: string;
  replacement: string;
  action: RelabelAction;
}

export const defaultRelabelRule: RelabelRule = {
  sourceLabels: [],
  separator: ';',
  regex: '(.*)',
  modulus: 0,
  targetLabel: '',
  replacement: '$1',
  action: 'replace',
};

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The labels after all rules, or undefined when a rule drops them. */
export function relabelled(labels: Labels, rules: readonly RelabelRule[]): Labels | undefined {
  const values = new Map(labels);
  for (const rule of rules) if (!apply(rule, values)) return undefined;
  return LabelSet.of(values);
}

function apply(rule: RelabelRule, values: Map<string, string>): boolean {
  const { action, targetLabel } = rule;
  const source = rule.sourceLabels.map((name) => values.get(name) ?? '').join(rule.separator);
  switch (action) {
    case 'keep':
      return anchored(rule.regex).test(source);
    case 'drop':
      return !anchored(rule.regex).test(source);
    case 'keepequal':
      return (values.get(targetLabel) ?? '') === source;
    case 'dropequal':
      return (values.get(targetLabel) ?? '') !== source;
    case 'replace': {
      const match = anchored(rule.regex).exec(source);
      if (!match) return true;
      const target = expanded(targetLabel, match);
      if (!LABEL_NAME.test(target)) return true;
      set(values, target, expanded(rule.replacement, match));
      return true;
    }
    case 'lowercase':
      set(values, targetLabel, source.toLowerCase());
      return true;
    case 'uppercase':
      set(values, targetLabel, source.toUpperCase());
      return true;
    case 'hashmod':
      set(values, targetLabel, String(hashOf(source) % Math.max(1, rule.modulus)));
      return true;
    case 'labelmap':
      for (const [name, value] of Array.from(values)) {
        const match = anchored(rule.regex).exec(name);
        if (match) set(values, expanded(rule.replacement, match), value);
      }
      return true;
    case 'labeldrop':
      for (const name of Array.from(values.keys()))
        if (anchored(rule.regex).test(name)) values.delete(name);
      return true;
    case 'labelkeep':
      for (const name of Array.from(values.keys()))
        if (!anchored(rule.regex).test(name)) values.delete(name);
      return true;
  }
}

function set(values: Map<string, string>, name: string, value: string): void {
  if (value === '') values.delete(name);
  else values.set(name, value);
}

/** `$1`, `${1}`, `$name` and `$$`, as Go's Regexp.Expand. */
export function expanded(template: string, match: RegExpExecArray): string {
  return template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (text, braced?: string, plain?: string) => {
    if (text === '$$') return '$';
    const name = braced ?? plain ?? '';
    return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? '';
  });
}

/** Spreads sources evenly; Prometheus takes the last bytes of an MD5, so the numbers differ. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}
