// The rewrite module: return, rewrite, set, if and break, step by step.

import type { Place, ServeContext } from './context.ts';
import { tokenOf } from './finish.ts';
import type { Condition, RewriteStep } from './levels.ts';
import { remember } from './model.ts';
import { type Reply, ownReply, textReply } from './reply.ts';
import type { NginxRequest } from './request.ts';
import type { Settings } from './settings.ts';

export type RewriteOutcome = { kind: 'on' } | { kind: 'again' } | { kind: 'reply'; reply: Reply };

/** Runs the steps of one level. They may change the request, and where it stands. */
export function rewrite(
  request: NginxRequest,
  steps: readonly RewriteStep[],
  place: Place,
  context: ServeContext,
): RewriteOutcome {
  let changed = false;
  for (const step of steps) {
    switch (step.kind) {
      case 'break':
        return { kind: 'on' };
      case 'set':
        request.variables.set(step.name, step.value(request));
        break;
      case 'return':
        return { kind: 'reply', reply: returned(request, step, place.settings, context) };
      case 'rewrite': {
        const outcome = rewriteOnce(request, step, place.settings, context);
        if (outcome === 'unchanged') break;
        if (outcome === 'break') return { kind: 'on' };
        if (typeof outcome === 'object') return { kind: 'reply', reply: outcome };
        changed = true;
        if (outcome === 'last') return { kind: 'again' };
        break;
      }
      case 'if': {
        if (!holds(request, step.holds, context)) break;
        place.settings = step.settings;
        place.proxy = step.proxy ?? place.proxy;
        const outcome = rewrite(request, step.steps, place, context);
        if (outcome.kind !== 'on') return outcome;
        if (step.steps.some(({ kind }) => kind === 'break')) return outcome;
        break;
      }
    }
  }
  return changed ? { kind: 'again' } : { kind: 'on' };
}

function returned(
  request: NginxRequest,
  { status, text }: Extract<RewriteStep, { kind: 'return' }>,
  settings: Settings,
  context: ServeContext,
): Reply {
  const token = tokenOf(settings, context);
  if (text === undefined) return ownReply(status, token);
  const words = text(request);
  if ([301, 302, 303, 307, 308].includes(status))
    return ownReply(status, token, { location: words });
  return textReply(status, words, settings.defaultType);
}

function rewriteOnce(
  request: NginxRequest,
  step: Extract<RewriteStep, { kind: 'rewrite' }>,
  settings: Settings,
  context: ServeContext,
): 'unchanged' | 'changed' | 'last' | 'break' | Reply {
  const match = step.regex.exec(request.uri);
  if (!match) return 'unchanged';
  remember(request, match);
  const to = step.to(request);
  const [path = '', own] = to.split(/\?(.*)/s);
  const args = [own, step.dropArgs ? '' : request.args].filter(Boolean).join('&');
  if (step.flag === 'redirect' || step.flag === 'permanent')
    return ownReply(step.flag === 'permanent' ? 301 : 302, tokenOf(settings, context), {
      location: path + (args ? `?${args}` : ''),
    });
  request.uri = path;
  request.rawUri = undefined;
  request.args = args;
  return step.flag ?? 'changed';
}

function holds(
  request: NginxRequest,
  condition: Condition,
  { files }: Pick<ServeContext, 'files'>,
): boolean {
  switch (condition.kind) {
    case 'value': {
      const value = condition.value(request);
      return value !== '' && value !== '0';
    }
    case 'equals':
      return (condition.value(request) === condition.other(request)) !== condition.negated;
    case 'matches': {
      const match = condition.regex.exec(condition.value(request));
      if (match) remember(request, match);
      return (match !== null) !== condition.negated;
    }
    case 'exists': {
      const info = files.stat(condition.path(request));
      const there =
        condition.type === 'f'
          ? info?.type === 'file'
          : condition.type === 'd'
            ? info?.type === 'directory'
            : condition.type === 'x'
              ? ((info?.mode ?? 0) & 0o111) !== 0
              : info !== undefined;
      return there !== condition.negated;
    }
  }
}
