// host of BIND: one line a record.

import type { Process, Program } from '../../../node/process.ts';
import { hostAddress } from '../host-address.ts';
import { UsageFault, parseOptions, print, printError } from '../program.ts';
import type { AnswerRecord, Reply, Unanswered } from './asking.ts';
import { TYPES, ask, finalName, replyBytes, reverseName, searchNames } from './asking.ts';
import { messageText } from './message.ts';

const USAGE = `Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]
            [-R number] [-m flag] [-p port] hostname [server]
`;
const TRIES = 2;

/** What host calls a record. */
const PHRASES: Readonly<Record<string, string>> = {
  A: 'has address',
  AAAA: 'has IPv6 address',
  CNAME: 'is an alias for',
  PTR: 'domain name pointer',
  SRV: 'has SRV record',
  SOA: 'has SOA record',
};

const CODES: Readonly<Record<Reply['code'], number>> = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 };

export const host: Program = async (process) => {
  try {
    const options = parseOptions(process.argv, { letters: 'aAc:CdilN:p:rR:sTUvVwW:t:m:46' });
    const [name, server] = options.operands;
    if (name === undefined || options.operands.length > 2) throw new UsageFault('');
    const type = options.value('t')?.toUpperCase();
    if (type !== undefined && !TYPES.includes(type)) {
      await printError(process, `host: invalid type: ${options.value('t') ?? ''}\n\n`);
      return 2;
    }
    return await lookUp(process, {
      name,
      server,
      type: options.has('a') ? 'ANY' : type,
      verbose: options.has('v') || options.has('d') || options.has('a'),
      timeoutMs: Math.max(1, Number(options.value('W') ?? 5) || 1) * 1000,
    });
  } catch (error) {
    if (!(error instanceof UsageFault)) throw error;
    const said =
      error.message === '' ? '' : `host: ${error.message.replace('invalid', 'illegal')}\n`;
    await printError(process, said.replace(/'(.)'/, '$1') + USAGE);
    return 1;
  }
};

interface Question {
  name: string;
  server: string | undefined;
  type: string | undefined;
  verbose: boolean;
  timeoutMs: number;
}

async function lookUp(process: Process, question: Question): Promise<number> {
  const { name, server, type } = question;
  const address = await hostAddress(process, server ?? process.net.resolver.nameserver);
  if (address === undefined) {
    await printError(process, `host: couldn't get address for '${server ?? ''}': not found\n`);
    return 1;
  }
  const reverse = type === undefined || type === 'PTR' ? reverseName(name) : undefined;
  const types = type !== undefined ? [type] : reverse ? ['PTR'] : ['A', 'AAAA', 'MX'];
  let names = reverse ? [reverse] : searchNames(name, process.net.resolver);
  let head =
    server === undefined
      ? ''
      : `Using domain server:\nName: ${server}\nAddress: ${address}#53\nAliases: \n\n`;
  for (const asked of types) {
    const reply = await answerOf(process, question, { address, names, type: asked });
    if (typeof reply === 'string') {
      await print(process, ';; no servers could be reached\n');
      return 1;
    }
    await print(process, head);
    head = '';
    if (reply.code !== 'NOERROR') {
      const missing = reverse ? `${reverse}.` : name;
      await print(process, `Host ${missing} not found: ${CODES[reply.code]}(${reply.code})\n`);
      return 1;
    }
    if (!question.verbose) await print(process, linesOf(reply, type));
    names = [`${finalName(reply)}.`];
  }
  return 0;
}

async function answerOf(
  process: Process,
  { verbose, timeoutMs }: Question,
  { address, names, type }: { address: string; names: readonly string[]; type: string },
): Promise<Reply | Unanswered> {
  let reply: Reply | Unanswered = 'timed out';
  for (const name of names) {
    if (verbose) await print(process, `Trying "${name}"\n`);
    for (let left = TRIES; left > 0; left--) {
      reply = await ask(process, address, name, type, timeoutMs);
      if (typeof reply !== 'string') break;
      await print(process, `;; communications error to ${address}#53: ${reply}\n`);
    }
    if (typeof reply === 'string') return reply;
    if (reply.code === 'NXDOMAIN') continue;
    if (verbose) await print(process, verboseText(reply, address));
    return reply;
  }
  return reply;
}

function verboseText(reply: Reply, address: string): string {
  const all = { comments: true, question: true, answer: true, authority: true, additional: true };
  return `${messageText(reply, all, undefined)}Received ${replyBytes(reply, 0)} bytes from ${address}#53 in ${reply.ms} ms\n`;
}

function linesOf(reply: Reply, type: string | undefined): string {
  if (reply.answer.length === 0)
    return type === undefined ? '' : `${reply.name} has no ${reply.type} record\n`;
  return reply.answer.map((record) => `${phrase(record)}\n`).join('');
}

function phrase({ name, type, value }: AnswerRecord): string {
  return `${name} ${PHRASES[type] ?? `has ${type} record`} ${value}`;
}
