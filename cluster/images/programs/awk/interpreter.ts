// Runs awk programs: records, fields, variables, statements. Input and output are in streams.ts of this folder.

import type { Process } from '../../../node/process.ts';
import { AwkStreams } from './streams.ts';
import { callBuiltin } from './functions.ts';
import type { Expression, Rule, Script, Statement, Target } from './syntax.ts';
import { AwkFault } from './syntax.ts';
import { Strnum, compare, fromInput, isTrue, toNumber, toText } from './values.ts';
import type { Value } from './values.ts';
import { patternToRegExp } from '../regex.ts';
import { formatAwk } from './format.ts';

type Flow = 'next' | 'nextfile' | 'break' | 'continue' | 'exit' | 'return' | undefined;
type Table = Map<string, Value>;

/** A parameter: a value, or an array that may turn out to be the caller's. */
interface Cell {
  value: Value | undefined;
  table: Table | undefined;
  /** The variable that was handed over. */
  origin: { frame: Frame | undefined; name: string } | undefined;
}

type Frame = Map<string, Cell>;

/** Calls inside one another. */
const MAX_DEPTH = 500;
/** Elements all arrays may hold together: an awk that counts for days must not fill the worker. */
const MAX_ELEMENTS = 1_000_000;

export class Interpreter {
  readonly process: Process;
  readonly streams: AwkStreams;
  readonly #script: Script;
  readonly #globals = new Map<string, Value>();
  readonly #arrays = new Map<string, Table>();
  /** Parameters of the functions being run, innermost last. */
  readonly #frames: Frame[] = [];
  #fields: Value[] = [];
  #record = '';
  #recordStale = false;
  #fieldsStale = false;
  #exitStatus = 0;
  #returned: Value = '';
  readonly #ranges = new Map<Rule, boolean>();
  #elements = 0;
  randomSeed = 0;

  constructor(process: Process, script: Script, operands: readonly string[]) {
    this.process = process;
    this.#script = script;
    for (const [name, value] of Object.entries({
      FS: ' ',
      OFS: ' ',
      ORS: '\n',
      RS: '\n',
      SUBSEP: '\x1c',
      CONVFMT: '%.6g',
      OFMT: '%.6g',
      NR: 0,
      FNR: 0,
      NF: 0,
      RSTART: 0,
      RLENGTH: -1,
      FILENAME: '',
    }))
      this.#globals.set(name, value);
    const environment: Table = new Map();
    for (const [name, value] of process.env) environment.set(name, fromInput(value));
    this.#arrays.set('ENVIRON', environment);
    const argv: Table = new Map([['0', 'awk']]);
    for (const [index, operand] of operands.entries())
      argv.set(String(index + 1), fromInput(operand));
    this.#arrays.set('ARGV', argv);
    this.#globals.set('ARGC', operands.length + 1);
    this.streams = new AwkStreams(process, {
      get: (name) => this.text(this.#globals.get(name)),
      assign: (name, text) => this.assignText(name, text),
      argument: (index) => {
        const value = argv.get(String(index));
        return value === undefined ? undefined : this.text(value);
      },
      argumentCount: () => toNumber(this.#globals.get('ARGC')),
      set: (name, value) => void this.#globals.set(name, value),
    });
  }

  /** `-v name=text`. */
  assignText(name: string, text: string): void {
    this.#setVariable(name, fromInput(text));
  }

  async run(): Promise<number> {
    const reads = this.#script.rules.some(({ pattern }) => pattern.type !== 'begin');
    const leaves = await this.#untilExit(() => this.#rules('begin'));
    if (!leaves && reads) await this.#untilExit(() => this.#main());
    await this.#untilExit(() => this.#rules('end'));
    await this.streams.closeAll();
    return this.#exitStatus;
  }

  /** True when `exit` was met, in a rule or in a function called from it. */
  async #untilExit(run: () => Promise<Flow>): Promise<boolean> {
    try {
      return (await run()) === 'exit';
    } catch (error) {
      if (error instanceof AwkExit) return true;
      throw error;
    }
  }

  async #rules(type: 'begin' | 'end'): Promise<Flow> {
    for (const { pattern, body } of this.#script.rules) {
      if (pattern.type !== type || !body) continue;
      const flow = await this.#statement(body);
      if (flow === 'exit') return flow;
    }
    return undefined;
  }

  async #main(): Promise<Flow> {
    for (;;) {
      const record = await this.streams.nextRecord();
      if (record === undefined) return undefined;
      this.setRecord(record);
      this.#count('NR');
      this.#count('FNR');
      for (const rule of this.#script.rules) {
        if (!(await this.#selects(rule))) continue;
        const flow = rule.body ? await this.#statement(rule.body) : await this.#printRecord();
        if (flow === 'exit') return flow;
        if (flow === 'nextfile') this.streams.skipFile();
        if (flow === 'next' || flow === 'nextfile') break;
      }
    }
  }

  #count(name: 'NR' | 'FNR'): void {
    this.#globals.set(name, toNumber(this.#globals.get(name)) + 1);
  }

  async #selects(rule: Rule): Promise<boolean> {
    const { pattern } = rule;
    switch (pattern.type) {
      case 'always':
        return true;
      case 'begin':
      case 'end':
        return false;
      case 'when':
        return this.#truth(pattern.condition);
      case 'range': {
        if (!this.#ranges.get(rule)) {
          if (!(await this.#truth(pattern.from))) return false;
          this.#ranges.set(rule, true);
        }
        if (await this.#truth(pattern.to)) this.#ranges.set(rule, false);
        return true;
      }
    }
  }

  async #printRecord(): Promise<Flow> {
    await this.streams.print(`${this.record()}${this.#special('ORS')}`, undefined);
    return undefined;
  }

  // Statements

  async #statement(statement: Statement): Promise<Flow> {
    switch (statement.type) {
      case 'block':
        for (const one of statement.body) {
          const flow = await this.#statement(one);
          if (flow) return flow;
        }
        return undefined;
      case 'expression':
        await this.evaluate(statement.expression);
        return undefined;
      case 'print':
        await this.#print(statement);
        return undefined;
      case 'printf': {
        const [format, ...values] = await this.#all(statement.values);
        const text = formatAwk(this.text(format), values, this.#special('CONVFMT'));
        await this.streams.print(
          text,
          statement.to && {
            operator: statement.to.operator,
            target: this.text(await this.evaluate(statement.to.target)),
          },
        );
        return undefined;
      }
      case 'if':
        if (await this.#truth(statement.condition)) return this.#statement(statement.body);
        return statement.otherwise && this.#statement(statement.otherwise);
      case 'while':
      case 'do':
      case 'for':
        return this.#loop(statement);
      case 'for-in':
        return this.#forIn(statement);
      case 'exit':
        if (statement.value)
          this.#exitStatus = toNumber(await this.evaluate(statement.value)) & 255;
        return 'exit';
      case 'return':
        this.#returned = statement.value ? await this.evaluate(statement.value) : '';
        return 'return';
      case 'delete': {
        const table = this.#table(statement.name);
        if (statement.subscripts) table.delete(await this.#key(statement.subscripts));
        else table.clear();
        return undefined;
      }
      case 'next':
      case 'nextfile':
      case 'break':
      case 'continue':
        return statement.type;
    }
  }

  async #print(statement: Statement & { type: 'print' }): Promise<void> {
    const values = await this.#all(statement.values);
    const ofmt = this.#special('OFMT');
    const text =
      values.length === 0
        ? this.record()
        : values.map((value) => toText(value, ofmt)).join(this.#special('OFS'));
    const to = statement.to && {
      operator: statement.to.operator,
      target: this.text(await this.evaluate(statement.to.target)),
    };
    await this.streams.print(text + this.#special('ORS'), to);
  }

  async #loop(statement: Statement & { type: 'while' | 'do' | 'for' }): Promise<Flow> {
    if (statement.type === 'for' && statement.start) await this.#statement(statement.start);
    for (let round = 0; ; round++) {
      await this.process.yield();
      const checks = statement.type !== 'do' || round > 0;
      if (checks && statement.condition && !(await this.#truth(statement.condition)))
        return undefined;
      const flow = await this.#statement(statement.body);
      if (flow === 'break') return undefined;
      if (flow && flow !== 'continue') return flow;
      if (statement.type === 'for' && statement.step) await this.#statement(statement.step);
    }
  }

  async #forIn(statement: Statement & { type: 'for-in' }): Promise<Flow> {
    for (const key of Array.from(this.#table(statement.name).keys())) {
      await this.process.yield();
      this.#setVariable(statement.variable, fromInput(key));
      const flow = await this.#statement(statement.body);
      if (flow === 'break') return undefined;
      if (flow && flow !== 'continue') return flow;
    }
    return undefined;
  }

  // Expressions

  async #all(expressions: readonly Expression[]): Promise<Value[]> {
    const values: Value[] = [];
    for (const one of expressions) values.push(await this.evaluate(one));
    return values;
  }

  async #truth(expression: Expression): Promise<boolean> {
    return isTrue(await this.evaluate(expression));
  }

  async evaluate(expression: Expression): Promise<Value> {
    switch (expression.type) {
      case 'number':
      case 'string':
        return expression.value;
      case 'regex':
        return this.matches(this.record(), expression.source) ? 1 : 0;
      case 'group':
        return this.evaluate(expression.inner);
      case 'variable':
        return this.#variable(expression.name);
      case 'field':
        return this.#field(toNumber(await this.evaluate(expression.index)));
      case 'element': {
        const table = this.#table(expression.name);
        const key = await this.#key(expression.subscripts);
        const value = table.get(key);
        if (value === undefined) this.#store(table, key, new Strnum('', 0));
        return value ?? new Strnum('', 0);
      }
      case 'assign':
        return this.#assign(expression);
      case 'conditional':
        return this.evaluate(
          (await this.#truth(expression.condition)) ? expression.chosen : expression.otherwise,
        );
      case 'binary':
        return this.#binary(expression);
      case 'unary': {
        const value = await this.evaluate(expression.operand);
        if (expression.operator === '!') return isTrue(value) ? 0 : 1;
        return expression.operator === '-' ? -toNumber(value) : toNumber(value);
      }
      case 'increment': {
        const before = toNumber(await this.evaluate(expression.target));
        await this.assign(expression.target, before + expression.by);
        return expression.prefix ? before + expression.by : before;
      }
      case 'match': {
        const text = this.text(await this.evaluate(expression.text));
        return this.matches(text, await this.pattern(expression.pattern)) === expression.negated
          ? 0
          : 1;
      }
      case 'in':
        return this.#table(expression.name).has(await this.#key(expression.subscripts)) ? 1 : 0;
      case 'getline':
        return this.#getline(expression);
      case 'call':
        return this.#call(expression);
    }
  }

  async #binary(expression: Expression & { type: 'binary' }): Promise<Value> {
    const { operator } = expression;
    if (operator === '&&')
      return (await this.#truth(expression.left)) && (await this.#truth(expression.right)) ? 1 : 0;
    if (operator === '||')
      return (await this.#truth(expression.left)) || (await this.#truth(expression.right)) ? 1 : 0;
    const left = await this.evaluate(expression.left);
    const right = await this.evaluate(expression.right);
    switch (operator) {
      case ' ':
        return this.text(left) + this.text(right);
      case '<':
      case '<=':
      case '==':
      case '!=':
      case '>':
      case '>=':
        return orderHolds(operator, compare(left, right, this.#special('CONVFMT'))) ? 1 : 0;
      default:
        return calculate(operator, toNumber(left), toNumber(right));
    }
  }

  async #assign(expression: Expression & { type: 'assign' }): Promise<Value> {
    const { operator, target } = expression;
    if (operator === '=') {
      const value = await this.evaluate(expression.value);
      await this.assign(target, value);
      return value;
    }
    const before = toNumber(await this.evaluate(target));
    const value = calculate(
      operator.slice(0, -1),
      before,
      toNumber(await this.evaluate(expression.value)),
    );
    await this.assign(target, value);
    return value;
  }

  async assign(target: Target, value: Value): Promise<void> {
    if (target.type === 'variable') this.#setVariable(target.name, value);
    else if (target.type === 'field')
      this.#setField(toNumber(await this.evaluate(target.index)), value);
    else this.#store(this.#table(target.name), await this.#key(target.subscripts), value);
  }

  #store(table: Table, key: string, value: Value): void {
    if (!table.has(key) && ++this.#elements > MAX_ELEMENTS) throw new AwkFault('out of memory');
    table.set(key, value);
  }

  async #key(subscripts: readonly Expression[]): Promise<string> {
    const [only] = subscripts;
    if (subscripts.length === 1 && only) return this.text(await this.evaluate(only));
    return (await this.#all(subscripts))
      .map((value) => this.text(value))
      .join(this.#special('SUBSEP'));
  }

  /** What stands on the right of `~`, as an expression's source. */
  async pattern(expression: Expression): Promise<string> {
    return expression.type === 'regex'
      ? expression.source
      : this.text(await this.evaluate(expression));
  }

  matches(text: string, source: string): boolean {
    return this.regex(source).test(text);
  }

  regex(source: string, flags = ''): RegExp {
    const regex = patternToRegExp(source, { extended: true, flags });
    if (!regex) throw new AwkFault(`bad regex '${source}'`);
    return regex;
  }

  async #getline(expression: Expression & { type: 'getline' }): Promise<Value> {
    const from = expression.file
      ? { type: 'file' as const, name: this.text(await this.evaluate(expression.file)) }
      : expression.command
        ? { type: 'command' as const, name: this.text(await this.evaluate(expression.command)) }
        : undefined;
    const record = from ? await this.streams.getline(from) : await this.streams.nextRecord();
    if (record === undefined) return 0;
    if (record === 'failed') return -1;
    const text = typeof record === 'string' ? record : record.text;
    if (!from || from.type === 'command') this.#count('NR');
    if (!from) this.#count('FNR');
    if (expression.target) await this.assign(expression.target, fromInput(text));
    else this.setRecord(text);
    return 1;
  }

  async #call(expression: Expression & { type: 'call' }): Promise<Value> {
    const definition = this.#script.functions.get(expression.name);
    if (!definition) return callBuiltin(this, expression.name, expression.arguments);
    if (this.#frames.length >= MAX_DEPTH) throw new AwkFault('function call nesting too deep');
    const caller = this.#frames.at(-1);
    const frame: Frame = new Map();
    for (const [index, parameter] of definition.parameters.entries()) {
      const argument = expression.arguments[index];
      const cell: Cell = { value: undefined, table: undefined, origin: undefined };
      if (argument?.type === 'variable') {
        cell.origin = { frame: caller, name: argument.name };
        cell.value = this.#variable(argument.name);
      } else if (argument) cell.value = await this.evaluate(argument);
      frame.set(parameter, cell);
    }
    this.#frames.push(frame);
    this.#returned = '';
    try {
      if ((await this.#statement(definition.body)) === 'exit') throw new AwkExit();
    } finally {
      this.#frames.pop();
    }
    return this.#returned;
  }

  // Variables, arrays, fields

  text(value: Value | undefined): string {
    return toText(value, this.#special('CONVFMT'));
  }

  #special(name: 'CONVFMT' | 'OFMT' | 'OFS' | 'ORS' | 'SUBSEP' | 'FS'): string {
    const value = this.#globals.get(name);
    return typeof value === 'string' ? value : value === undefined ? '' : toText(value, '%.6g');
  }

  variable(name: string): Value {
    return this.#variable(name);
  }

  setVariable(name: string, value: Value): void {
    this.#setVariable(name, value);
  }

  table(name: string): Table {
    return this.#table(name);
  }

  hasTable(name: string): boolean {
    const cell = this.#frames.at(-1)?.get(name);
    if (!cell) return this.#arrays.has(name);
    return (
      cell.table !== undefined ||
      (cell.origin !== undefined &&
        cell.origin.frame === undefined &&
        this.#arrays.has(cell.origin.name))
    );
  }

  #variable(name: string): Value {
    const cell = this.#frames.at(-1)?.get(name);
    if (cell) return cell.value ?? new Strnum('', 0);
    if (name === 'NF') this.#split();
    return this.#globals.get(name) ?? new Strnum('', 0);
  }

  #setVariable(name: string, value: Value): void {
    const cell = this.#frames.at(-1)?.get(name);
    if (cell) {
      cell.value = value;
      return;
    }
    this.#globals.set(name, value);
    if (name === 'NF') this.#setFieldCount(toNumber(value));
  }

  #table(name: string): Table {
    return this.#tableOf(this.#frames.at(-1), name);
  }

  #tableOf(frame: Frame | undefined, name: string): Table {
    const cell = frame?.get(name);
    if (cell) {
      cell.table ??= cell.origin ? this.#tableOf(cell.origin.frame, cell.origin.name) : new Map();
      return cell.table;
    }
    let table = this.#arrays.get(name);
    if (!table) this.#arrays.set(name, (table = new Map()));
    return table;
  }

  record(): string {
    if (this.#recordStale) {
      this.#record = this.#fields.map((field) => this.text(field)).join(this.#special('OFS'));
      this.#recordStale = false;
    }
    return this.#record;
  }

  setRecord(text: string): void {
    this.#record = text;
    this.#recordStale = false;
    this.#fieldsStale = true;
  }

  #split(): void {
    if (!this.#fieldsStale) return;
    this.#fieldsStale = false;
    const paragraphs = this.text(this.#globals.get('RS')) === '';
    this.#fields = this.splitText(this.#record, this.#special('FS'), paragraphs).map(fromInput);
    this.#globals.set('NF', this.#fields.length);
  }

  /** Pieces of a text between separators, by awk's rules for FS. */
  splitText(text: string, separator: string, newlineToo = false): string[] {
    if (text === '') return [];
    if (separator === ' ') return text.split(/[ \t\n]+/).filter((piece) => piece !== '');
    if (separator === '') return Array.from(text);
    if (separator === '\t' && !newlineToo) return text.split('\t');
    const source =
      separator.length === 1 && separator !== '\\'
        ? separator.replace(/[\\^$.*+?()[\]{}|]/, '\\$&')
        : separator;
    const regex = this.regex(newlineToo ? `${source}|\n` : source, 'g');
    const pieces: string[] = [];
    let at = 0;
    for (let found = regex.exec(text); found; found = regex.exec(text)) {
      if (found[0] === '') {
        regex.lastIndex++;
        if (regex.lastIndex > text.length) break;
        continue;
      }
      pieces.push(text.slice(at, found.index));
      at = found.index + found[0].length;
    }
    pieces.push(text.slice(at));
    return pieces;
  }

  #field(index: number): Value {
    if (index < 0) throw new AwkFault('Access to negative field');
    if (index === 0) return fromInput(this.record());
    this.#split();
    return this.#fields[index - 1] ?? new Strnum('', 0);
  }

  /** Fields one record may have. */
  static readonly #MAX_FIELDS = 100_000;

  #setField(index: number, value: Value): void {
    if (index < 0 || index > Interpreter.#MAX_FIELDS)
      throw new AwkFault('Access to negative field');
    if (index === 0) return this.setRecord(this.text(value));
    this.#split();
    while (this.#fields.length < index) this.#fields.push('');
    this.#fields[index - 1] = value;
    this.#recordStale = true;
    this.#globals.set('NF', this.#fields.length);
  }

  #setFieldCount(count: number): void {
    this.#split();
    const wanted = Math.min(Math.max(0, count), Interpreter.#MAX_FIELDS);
    while (this.#fields.length < wanted) this.#fields.push('');
    this.#fields.length = wanted;
    this.#recordStale = true;
    this.#globals.set('NF', wanted);
  }
}

/** `exit` inside a function. */
export class AwkExit extends Error {}

function orderHolds(operator: string, order: number): boolean {
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>':
      return order > 0;
    default:
      return order >= 0;
  }
}

function calculate(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
    case '%':
      if (right === 0) throw new AwkFault('Division by zero');
      return operator === '/' ? left / right : left % right;
    default:
      return left ** right;
  }
}
