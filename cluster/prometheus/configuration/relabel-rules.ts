// relabel_configs of a file: their defaults and what makes one wrong. Source: Prometheus docs, relabel_config.

import { RegexError, anchored } from '../matcher.ts';
import { RELABEL_ACTIONS, type RelabelRule, defaultRelabelRule } from '../scrape/relabel.ts';
import { ConfigurationError, type Section } from './section.ts';

const FIELDS = [
  'source_labels',
  'separator',
  'regex',
  'modulus',
  'target_label',
  'replacement',
  'action',
];

export function relabelRules(section: Section, name: string): RelabelRule[] {
  return section.list(name, 'relabel.Config').map(ruleOf);
}

function ruleOf(section: Section): RelabelRule {
  section.allow(FIELDS);
  const asked = (section.text('action') ?? 'replace').toLowerCase();
  const action = RELABEL_ACTIONS.find((each) => each === asked);
  if (!action) throw new ConfigurationError(`unknown relabel action ${JSON.stringify(asked)}`);
  const rule: RelabelRule = {
    sourceLabels: section.words('source_labels'),
    separator: section.text('separator') ?? defaultRelabelRule.separator,
    regex: section.text('regex') ?? defaultRelabelRule.regex,
    modulus: section.number('modulus') ?? 0,
    targetLabel: section.text('target_label') ?? '',
    replacement: section.text('replacement') ?? defaultRelabelRule.replacement,
    action,
  };
  try {
    anchored(rule.regex);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    throw new ConfigurationError(error.message);
  }
  if (NEEDS_TARGET.has(action) && rule.targetLabel === '')
    throw new ConfigurationError(
      `relabel configuration for ${action} action requires 'target_label' value`,
    );
  if (action === 'hashmod' && rule.modulus === 0)
    throw new ConfigurationError('relabel configuration for hashmod requires non-zero modulus');
  return rule;
}

const NEEDS_TARGET: ReadonlySet<string> = new Set([
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]);
