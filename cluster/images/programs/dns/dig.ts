// dig of BIND: asks the cluster's DNS and prints the whole message.

import type { Process, Program } from '../../../node/process.ts';
import { hostAddress } from '../host-address.ts';
import { print, printError } from '../program.ts';
import { strftime } from '../calendar.ts';
import type { Reply, Unanswered } from './asking.ts';
import { ask, replyBytes, searchNames } from './asking.ts';
import type { DigLookup } from './dig-arguments.ts';
import { BadDigOption, parseDig } from './dig-arguments.ts';
import { messageText } from './message.ts';

const VERSION = '9.20.9';
/** Octets of the OPT record and of the cookie in it. */
const EDNS_BYTES = 23;

const USAGE = `Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]
`;

export const dig: Program = async (process) => {
  const words = process.argv.slice(1);
  if (words[0] === '-h') {
    await print(process, USAGE);
    return 0;
  }
  if (words[0] === '-v') {
    await printError(process, `DiG ${VERSION}\n`);
    return 0;
  }
  try {
    const { lookups, warnings } = parseDig(words);
    for (const warning of warnings) await printError(process, `${warning}\n`);
    let status = 0;
    for (const [index, lookup] of lookups.entries()) {
      const banner = index === 0 ? bannerText(words, lookup) : '';
      status = Math.max(status, await lookUp(process, lookup, banner));
    }
    return status;
  } catch (error) {
    if (!(error instanceof BadDigOption)) throw error;
    await printError(
      process,
      `Invalid option: ${error.message}\n${USAGE}\nUse "dig -h" (or "dig -h | more") for complete list of options\n`,
    );
    return 1;
  }
};

function bannerText(words: readonly string[], { command, server }: DigLookup): string {
  if (!command) return '';
  const called = words.map((word) => ` ${word}`).join('');
  const found = server === undefined ? '' : '; (1 server found)\n';
  return `\n; <<>> DiG ${VERSION} <<>>${called}\n${found};; global options: +cmd\n`;
}

async function lookUp(process: Process, lookup: DigLookup, banner: string): Promise<number> {
  const name = lookup.server ?? process.net.resolver.nameserver;
  const server = await hostAddress(process, name);
  if (server === undefined) {
    await printError(process, `dig: couldn't get address for '${name}': not found\n`);
    return 1;
  }
  const reply = await answerOf(process, lookup, server);
  if (typeof reply === 'string') {
    await print(process, `${banner};; no servers could be reached\n`);
    return 9;
  }
  if (lookup.short) {
    await print(process, reply.answer.map(({ value }) => `${value}\n`).join(''));
    return 0;
  }
  await print(process, banner + replyText(process, lookup, reply, server));
  return 0;
}

/** The first name of the search list that is there, or the last answer. */
async function answerOf(
  process: Process,
  lookup: DigLookup,
  server: string,
): Promise<Reply | Unanswered> {
  const names = lookup.search ? searchNames(lookup.name, process.net.resolver) : [lookup.name];
  let reply: Reply | Unanswered = 'timed out';
  for (const name of names) {
    for (let left = lookup.tries; left > 0; left--) {
      reply =
        lookup.port === 53
          ? await ask(process, server, name, lookup.type, lookup.timeoutMs)
          : 'connection refused';
      if (typeof reply !== 'string') break;
      await print(process, `;; communications error to ${server}#${lookup.port}: ${reply}\n`);
    }
    if (typeof reply === 'string' || reply.code !== 'NXDOMAIN') break;
  }
  return reply;
}

function replyText(process: Process, lookup: DigLookup, reply: Reply, server: string): string {
  const cookie = lookup.edns
    ? Array.from({ length: 16 }, () => Math.floor(process.random() * 16).toString(16)).join('')
    : undefined;
  let text = '';
  if (lookup.comments) {
    text += ';; Got answer:\n';
    if (/(^|\.)local$/i.test(reply.name))
      text +=
        ';; WARNING: .local is reserved for Multicast DNS\n;; You are currently testing what happens when an mDNS query is leaked to DNS\n';
  }
  text += messageText(reply, lookup, cookie);
  if (!lookup.stats) return text;
  const when = strftime('%a %b %d %H:%M:%S UTC %Y', process.clock.now());
  return (
    `${text};; Query time: ${reply.ms} msec\n;; SERVER: ${server}#53(${server}) (UDP)\n` +
    `;; WHEN: ${when}\n;; MSG SIZE  rcvd: ${replyBytes(reply, lookup.edns ? EDNS_BYTES : 0)}\n\n`
  );
}
