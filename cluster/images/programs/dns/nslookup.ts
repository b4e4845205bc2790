// nslookup of BIND, with and without a command line.

import type { Process, Program } from '../../../node/process.ts';
import { hostAddress } from '../host-address.ts';
import { print, printError } from '../program.ts';
import { lineBlocks } from '../text.ts';
import type { AnswerRecord, Reply, Unanswered } from './asking.ts';
import { TYPES, ask, finalName, reverseName, searchNames } from './asking.ts';

const USAGE = `Usage:
   nslookup [-opt ...]             # interactive mode using default server
   nslookup [-opt ...] - server    # interactive mode using 'server'
   nslookup [-opt ...] host        # just look up 'host' using default server
   nslookup [-opt ...] host server # just look up 'host' using 'server'
`;

export const nslookup: Program = async (process) => {
  const session = new Session(process);
  const operands: string[] = [];
  for (const word of process.argv.slice(1)) {
    if (word.startsWith('-') && word !== '-') await session.set(word.slice(1));
    else operands.push(word);
  }
  const [name, server] = operands;
  if (operands.length > 2) {
    await printError(process, USAGE);
    return 1;
  }
  if (server !== undefined && !(await session.useServer(server))) return 1;
  if (name === undefined || name === '-') await session.converse();
  else await session.lookUp(name);
  await print(process, '\n');
  return session.status;
};

class Session {
  readonly #process: Process;
  #server: { name: string; address: string };
  /** Undefined asks for addresses, or the name of an address. */
  #type: string | undefined;
  #timeoutMs = 5_000;
  #tries = 3;
  status = 0;

  constructor(process: Process) {
    this.#process = process;
    const { nameserver } = process.net.resolver;
    this.#server = { name: nameserver, address: nameserver };
  }

  /** False, and told, when there is no such server. */
  async useServer(name: string): Promise<boolean> {
    const address = await hostAddress(this.#process, name);
    if (address === undefined) {
      await printError(this.#process, `nslookup: couldn't get address for '${name}': not found\n`);
      return false;
    }
    this.#server = { name, address };
    return true;
  }

  /** `type=srv`, `timeout=2`, `debug`. */
  async set(text: string): Promise<void> {
    const [name = '', value = ''] = text.split('=');
    if (/^(type|ty|query|querytype|qu|q)$/.test(name)) {
      const type = value.toUpperCase();
      if (TYPES.includes(type)) this.#type = type;
      else await this.#say(`unknown query type: ${value}\n`);
    } else if (/^(timeout|ti)$/.test(name)) this.#timeoutMs = (Number(value) || 5) * 1000;
    else if (/^(retry|ret)$/.test(name)) this.#tries = Number(value) || 3;
    else if (
      !/^(no)?(debug|d2|search|sea|recurse|rec|vc|fail|deb|def|defname|all)$|^(class|cl|port|po|domain|do|ndots)$/.test(
        name,
      )
    )
      await this.#say(`*** Invalid option: ${text}\n`);
  }

  /** Reads commands until `exit` or the end. */
  async converse(): Promise<void> {
    const prompt = this.#process.isTerminal(0) ? '> ' : '';
    await this.#say(prompt);
    for await (const block of lineBlocks(this.#process.stdin))
      for (const { text } of block) {
        if (/^\s*(exit|quit)\s*$/.test(text)) return;
        await this.#command(text);
        await this.#say(prompt);
      }
  }

  async #command(text: string): Promise<void> {
    const [command = '', ...words] = text.trim().split(/\s+/);
    const [server] = words;
    if (command === 'set') for (const word of words) await this.set(word);
    else if (command === 'server' || command === 'lserver') {
      if (server === undefined || (await this.useServer(server)))
        await this.#say(
          `Default server: ${this.#server.name}\nAddress: ${this.#server.address}#53\n`,
        );
    } else if (command !== '') await this.lookUp(command);
  }

  async lookUp(name: string): Promise<void> {
    const reverse = this.#type === undefined ? reverseName(name) : undefined;
    if (reverse !== undefined) return this.#lookUpReverse(reverse);
    const names = searchNames(name, this.#process.net.resolver);
    const reply = await this.#answer(names, this.#type ?? 'A');
    if (reply === undefined) return;
    if (reply.code === 'SERVFAIL')
      await this.#say(`;; Got SERVFAIL reply from ${this.#server.address}\n`);
    await this.#say(`Server:\t\t${this.#server.name}\nAddress:\t${this.#server.address}#53\n\n`);
    if (reply.code !== 'NOERROR') return this.#fail(name, reply);
    if (!reply.authoritative && reply.answer.length > 0)
      await this.#say('Non-authoritative answer:\n');
    await this.#say(reply.answer.map(recordText).join(''));
    let { length } = reply.answer;
    if (this.#type === undefined) {
      const last = finalName(reply);
      const more = await this.#answer([last], 'AAAA');
      if (more === undefined) return;
      if (more.code === 'SERVFAIL')
        await this.#say(`;; Got SERVFAIL reply from ${this.#server.address}\n`);
      if (more.code !== 'NOERROR') return this.#fail(last, more);
      await this.#say(more.answer.map(recordText).join(''));
      length += more.answer.length;
    }
    if (length === 0) await this.#say(`*** Can't find ${name}: No answer\n`);
  }

  async #lookUpReverse(name: string): Promise<void> {
    const reply = await this.#answer([name], 'PTR');
    if (reply === undefined) return;
    if (reply.code !== 'NOERROR') return this.#fail(name, reply);
    await this.#say(reply.answer.map(recordText).join(''));
    if (reply.answer.length === 0) await this.#say(`*** Can't find ${name}: No answer\n`);
  }

  /** The first of some names that is there, or the last answer; undefined and told when no server answers. */
  async #answer(names: readonly string[], type: string): Promise<Reply | undefined> {
    const { address } = this.#server;
    let reply: Reply | Unanswered = 'timed out';
    for (const name of names) {
      for (let left = this.#tries; left > 0; left--) {
        reply = await ask(this.#process, address, name, type, this.#timeoutMs);
        if (typeof reply !== 'string') break;
        await this.#say(`;; communications error to ${address}#53: ${reply}\n`);
      }
      if (typeof reply === 'string') {
        await this.#say(';; no servers could be reached\n');
        this.status = 1;
        return undefined;
      }
      if (reply.code !== 'NXDOMAIN') return reply;
    }
    return typeof reply === 'string' ? undefined : reply;
  }

  async #fail(name: string, { code }: Reply): Promise<void> {
    this.status = 1;
    await this.#say(`** server can't find ${name.replace(/\.$/, '')}: ${code}\n`);
  }

  #say(text: string): Promise<void> {
    return print(this.#process, text);
  }
}

function recordText({ name, type, value }: AnswerRecord): string {
  switch (type) {
    case 'A':
    case 'AAAA':
      return `Name:\t${name}\nAddress: ${value}\n`;
    case 'CNAME':
      return `${name}\tcanonical name = ${value}\n`;
    case 'PTR':
      return `${name}\tname = ${value}\n`;
    case 'SRV':
      return `${name}\tservice = ${value}\n`;
    case 'SOA':
      return soaText(name, value);
    default:
      return `${name}\t${type.toLowerCase()} = ${value}\n`;
  }
}

function soaText(name: string, value: string): string {
  const [origin = '', mail = '', ...numbers] = value.split(' ');
  const labels = ['serial', 'refresh', 'retry', 'expire', 'minimum'];
  const rest = labels.map((label, index) => `\t${label} = ${numbers[index] ?? ''}\n`).join('');
  return `${name}\n\torigin = ${origin.replace(/\.$/, '')}\n\tmail addr = ${mail.replace(/\.$/, '')}\n${rest}`;
}
