// An expression as text again, in the form Prometheus prints: for format_query and for messages.

import { METRIC_NAME } from '../labels.ts';
import { matcherText } from '../matcher.ts';
import { formatDuration, formatValue } from '../numbers.ts';
import type { Aggregate, Binary, Expr, Timing, VectorSelector } from './ast.ts';

export function printed(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return expr.duration ? formatDuration(expr.value * 1000) : formatValue(expr.value);
    case 'string':
      return JSON.stringify(expr.value);
    case 'vector':
      return selector(expr) + timing(expr);
    case 'matrix':
      return `${selector(expr.vector)}[${formatDuration(expr.rangeMs)}]${timing(expr.vector)}`;
    case 'subquery': {
      const step = expr.stepMs === undefined ? '' : formatDuration(expr.stepMs);
      return `${printed(expr.expr)}[${formatDuration(expr.rangeMs)}:${step}]${timing(expr)}`;
    }
    case 'paren':
      return `(${printed(expr.expr)})`;
    case 'unary':
      return `${expr.op}${printed(expr.expr)}`;
    case 'binary':
      return binary(expr);
    case 'aggregate':
      return aggregate(expr);
    case 'call':
      return `${expr.name}(${expr.args.map(printed).join(', ')})`;
  }
}

const CLASSIC = /^[a-zA-Z_:][\w:]*$/;

function selector({ name, matchers }: VectorSelector): string {
  const shown = matchers.filter(
    (each) => !(each.name === METRIC_NAME && each.op === '=' && each.value === name),
  );
  // A name that is none of the classic ones stands within the braces.
  const classic = name === '' || CLASSIC.test(name);
  const within = [...(classic ? [] : [JSON.stringify(name)]), ...shown.map(matcherText)];
  if (classic && name !== '' && within.length === 0) return name;
  return `${classic ? name : ''}{${within.join(',')}}`;
}

function timing({ offsetMs, at }: Timing): string {
  const when =
    at?.kind === 'time' ? ` @ ${(at.ms / 1000).toFixed(3)}` : at ? ` @ ${at.kind}()` : '';
  return when + (offsetMs === 0 ? '' : ` offset ${formatDuration(offsetMs)}`);
}

function binary({ op, left, right, bool, matching, explicitMatching }: Binary): string {
  let modifiers = bool ? ' bool' : '';
  if (explicitMatching)
    modifiers += ` ${matching.on ? 'on' : 'ignoring'} (${matching.labels.join(', ')})`;
  if (matching.card === 'many-to-one') modifiers += ` group_left (${matching.include.join(', ')})`;
  if (matching.card === 'one-to-many') modifiers += ` group_right (${matching.include.join(', ')})`;
  return `${printed(left)} ${op}${modifiers} ${printed(right)}`;
}

function aggregate({ op, expr, param, without, grouping, explicitGrouping }: Aggregate): string {
  const by = explicitGrouping ? ` ${without ? 'without' : 'by'} (${grouping.join(', ')}) ` : '';
  const args = param ? `${printed(param)}, ${printed(expr)}` : printed(expr);
  return `${op}${by}(${args})`;
}
