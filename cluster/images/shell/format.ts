// Commands written out again as bash does it: `declare -f`, `type`.

import type {
  Assignment,
  Command,
  CompoundCommand,
  Condition,
  FunctionDefinition,
  List,
  Pipeline,
  Redirection,
  Statement,
} from './syntax.ts';

const INDENT = '    ';

/** A function as `declare -f` prints it. */
export function formatFunction(definition: FunctionDefinition): string {
  const { body } = definition;
  const inner = body.type === 'group' ? body : undefined;
  const text = inner ? `{ \n${list(inner.body, 1)}\n}` : `{ \n${INDENT}${compound(body, 1)}\n}`;
  return `${definition.name} () \n${text}${redirections(inner?.redirections ?? [])}`;
}

function list(body: List, depth: number): string {
  const pad = INDENT.repeat(depth);
  return body.statements
    .map((one, index) => {
      const last = index === body.statements.length - 1;
      return pad + statement(one, depth) + (one.background ? ' &' : last ? '' : ';');
    })
    .join('\n');
}

function statement({ first, rest }: Statement, depth: number): string {
  return [
    pipeline(first, depth),
    ...rest.map((next) => `${next.operator} ${pipeline(next.pipeline, depth)}`),
  ].join(' ');
}

function pipeline({ commands, negated, timed, pipesErrors }: Pipeline, depth: number): string {
  let text = `${timed === 'no' ? '' : timed === 'posix' ? 'time -p ' : 'time '}${negated ? '! ' : ''}`;
  for (const [index, one] of commands.entries()) {
    if (index > 0) text += pipesErrors[index - 1] ? ' 2>&1 | ' : ' | ';
    text += command(one, depth);
  }
  return text;
}

function command(one: Command, depth: number): string {
  if (one.type === 'function')
    return formatFunction(one).replaceAll('\n', `\n${INDENT.repeat(depth)}`);
  if (one.type !== 'simple') return compound(one, depth) + redirections(one.redirections);
  const words = [...one.assignments.map(assignment), ...one.words.map((word) => word.source)];
  return (words.join(' ') + redirections(one.redirections)).trimStart();
}

function compound(one: CompoundCommand, depth: number): string {
  const pad = INDENT.repeat(depth);
  const inner = (body: List) => list(body, depth + 1);
  switch (one.type) {
    case 'group':
      return `{ \n${inner(one.body)}\n${pad}}`;
    case 'subshell':
      return `( ${list(one.body, 0)} )`;
    case 'if': {
      const clauses = one.clauses.map(
        ({ condition, body }, index) =>
          `${index === 0 ? 'if' : `${pad}elif`} ${list(condition, 0)}; then\n${terminated(inner(body))}`,
      );
      const otherwise = one.otherwise ? `${pad}else\n${terminated(inner(one.otherwise))}` : '';
      return `${clauses.join('')}${otherwise}${pad}fi`;
    }
    case 'while':
    case 'until':
      return `${one.type} ${list(one.condition, 0)}; do\n${terminated(inner(one.body))}${pad}done`;
    case 'for':
    case 'select': {
      const words = one.words ? ` in ${one.words.map((word) => word.source).join(' ')}` : '';
      return `${one.type} ${one.name}${words};\n${pad}do\n${terminated(inner(one.body))}${pad}done`;
    }
    case 'arithmetic-for':
      return `for ((${one.start?.source ?? ''}; ${one.condition?.source ?? ''}; ${one.step?.source ?? ''}))\n${pad}do\n${terminated(inner(one.body))}${pad}done`;
    case 'case': {
      const items = one.items.map(
        ({ patterns, body, ending }) =>
          `${pad}${INDENT}${patterns.map((word) => word.source).join(' | ')})\n${list(body, depth + 2)}\n${pad}${INDENT}${ending}\n`,
      );
      return `case ${one.word.source} in \n${items.join('')}${pad}esac`;
    }
    case 'arithmetic':
      return `((${one.expression.source}))`;
    case 'condition':
      return `[[ ${condition(one.expression)} ]]`;
  }
}

function terminated(text: string): string {
  return text.endsWith('&') ? `${text}\n` : `${text};\n`;
}

function condition(one: Condition): string {
  switch (one.type) {
    case 'word':
      return `-n ${one.word.source}`;
    case 'unary':
      return `${one.operator} ${one.operand.source}`;
    case 'binary':
      return `${one.left.source} ${one.operator} ${one.right.source}`;
    case 'not':
      return `! ${condition(one.operand)}`;
    case 'and':
    case 'or':
      return `${condition(one.left)} ${one.type === 'and' ? '&&' : '||'} ${condition(one.right)}`;
  }
}

function assignment({ name, subscript, append, value }: Assignment): string {
  const target = `${name}${subscript ? `[${subscript.source}]` : ''}${append ? '+=' : '='}`;
  if (!('elements' in value)) return target + value.source;
  return `${target}(${value.elements.map((one) => `${one.subscript ? `[${one.subscript.source}]=` : ''}${one.value.source}`).join(' ')})`;
}

function redirections(all: readonly Redirection[]): string {
  return all
    .map((one) => {
      const fd = one.fd === undefined ? '' : String(one.fd);
      if (one.type === 'heredoc') return ` ${fd}<<EOF\n${one.body.source}EOF\n`;
      if (one.type === 'herestring') return ` ${fd}<<< ${one.target.source}`;
      const tight = one.operator === '>&' || one.operator === '<&';
      return ` ${fd}${one.operator}${tight ? '' : ' '}${one.target.source}`;
    })
    .join('');
}
