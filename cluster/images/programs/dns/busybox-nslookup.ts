// nslookup of busybox. It asks under every domain of the search list and tells each answer, found or not, and a name with a
// dot in it is not searched for.

import type { Process } from '../../../node/process.ts';
import { applet } from '../applet.ts';
import { hostAddress } from '../host-address.ts';
import { UsageFault, complain, print } from '../program.ts';
import type { AnswerRecord, Reply } from './asking.ts';
import { ask, reverseName } from './asking.ts';

const KNOWN = ['SOA', 'NS', 'A', 'AAAA', 'CNAME', 'MX', 'TXT', 'PTR', 'SRV', 'ANY'];
/** Milliseconds it waits for all answers. */
const PATIENCE_MS = 10_000;

export const busyboxNslookup = applet(
  {
    // Its options are words behind one dash, which getopt cannot read.
    letters: '',
    usage:
      '[-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n\nQuery DNS about HOST\n\nQUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,ptr,srv,any',
    rewrite: (argv) => argv.slice(0, 1),
  },
  lookUp,
);

async function lookUp(process: Process): Promise<number> {
  const types: string[] = [];
  const operands: string[] = [];
  for (const word of process.argv.slice(1)) {
    const [, given] = /^-(?:type|query|querytype|ty|q)=(.*)$/.exec(word) ?? [];
    if (given !== undefined) {
      if (!KNOWN.includes(given.toUpperCase())) {
        await complain(process, `invalid query type "${given}"`);
        return 1;
      }
      types.push(given.toUpperCase());
    } else if (/^-(debug|port=\d+|retry=\d+|timeout=\d+)$/.test(word)) continue;
    else if (word.startsWith('-') && word !== '-')
      throw new UsageFault(`unrecognized option '${word}'`);
    else operands.push(word);
  }
  const [name, server] = operands;
  if (name === undefined || operands.length > 2) throw new UsageFault('');
  const { resolver } = process.net;
  const address = await hostAddress(process, server ?? resolver.nameserver);
  if (address === undefined) {
    await complain(process, `bad address '${server ?? ''}'`);
    return 1;
  }
  const reverse = types.length === 0 ? reverseName(name) : undefined;
  const bare = name.replace(/\.$/, '');
  const searched = server === undefined && !name.includes('.');
  const names = reverse
    ? [reverse]
    : searched
      ? resolver.search.map((domain) => `${bare}.${domain}`)
      : [bare];
  await print(process, `Server:\t\t${address}\nAddress:\t${address}:53\n\n`);
  let status = 0;
  for (const type of reverse ? ['PTR'] : types.length > 0 ? types : ['A', 'AAAA'])
    for (const asked of names) {
      const reply = await ask(process, address, asked, type, PATIENCE_MS);
      if (typeof reply === 'string') {
        if (reply === 'connection refused')
          await complain(process, `write to '${address}': Connection refused`);
        await print(process, ';; connection timed out; no servers could be reached\n\n');
        return 1;
      }
      if (reply.code !== 'NOERROR') status = 1;
      await print(process, `${replyText(reply)}\n`);
    }
  return status;
}

function replyText({ name, code, answer, authoritative }: Reply): string {
  if (code !== 'NOERROR') return `** server can't find ${name}: ${code}\n`;
  const head = authoritative || answer.length === 0 ? '' : 'Non-authoritative answer:\n';
  return head + answer.map(recordText).join('');
}

function recordText({ name, type, value }: AnswerRecord): string {
  const bare = value.replace(/\.$/, '');
  switch (type) {
    case 'A':
    case 'AAAA':
      return `Name:\t${name}\nAddress: ${value}\n`;
    case 'CNAME':
      return `${name}\tcanonical name = ${bare}\n`;
    case 'PTR':
      return `${name}\tname = ${bare}\n`;
    case 'SRV':
      return `${name}\tservice = ${bare}\n`;
    default:
      return `${name}\t${type.toLowerCase()} = ${bare}\n`;
  }
}
