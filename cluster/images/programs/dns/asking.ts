// Questions to the cluster's DNS as tools see them: whole answers with their sections, search lists, servers that are none.

import type { DnsAnswer, DnsType, NetworkNamespace } from '../../../network/network.ts';
import type { Process } from '../../../node/process.ts';

/** A line of an answer, its names without their final dot. */
export interface AnswerRecord {
  name: string;
  ttl: number;
  type: string;
  /** As in a zone file, with final dots. */
  value: string;
}

export interface Reply {
  /** The name asked for, without its final dot. */
  name: string;
  type: string;
  code: DnsAnswer['code'];
  /** CoreDNS answers for itself, not for others. */
  authoritative: boolean;
  answer: readonly AnswerRecord[];
  authority: readonly AnswerRecord[];
  additional: readonly AnswerRecord[];
  id: number;
  ms: number;
}

export type Unanswered = 'timed out' | 'connection refused';

/** Types the tools know by name; the cluster has records of the first five. */
export const TYPES: readonly string[] =
  'A AAAA CNAME PTR SRV ANY NS SOA MX TXT HINFO CAA DS DNSKEY NAPTR SPF HTTPS SVCB TLSA LOC RP AXFR'.split(
    ' ',
  );

const ANSWERED: readonly string[] = ['A', 'AAAA', 'CNAME', 'PTR', 'SRV'];

const ZONE = 'cluster.local';
const TTL_SECONDS = 30;

/** Asks one server for exactly one name. A server that is not the cluster's is not there. */
export async function ask(
  process: Process,
  server: string,
  name: string,
  type: string,
  timeoutMs: number,
): Promise<Reply | Unanswered> {
  const own = process.net.resolver.nameserver;
  if (server !== own) {
    if (server.startsWith('127.') || server === process.net.ip) return 'connection refused';
    await process.sleep(timeoutMs);
    return 'timed out';
  }
  const startedAt = process.clock.now();
  const bare = name.replace(/\.$/, '');
  const known = isDnsType(type);
  const { code, records } = await process.net.query(bare, known ? type : 'A');
  const lower = bare.toLowerCase();
  const isZone = lower === ZONE || lower.endsWith(`.${ZONE}`);
  const asked = known ? records : type === 'ANY' ? records : [];
  const shown = asked.map(asRecord);
  const answer = shown.filter(
    (record) => record.type === type || record.type === 'CNAME' || type === 'ANY',
  );
  const soa = startOfAuthority(process);
  if (type === 'SOA' && lower === ZONE) answer.push(soa);
  return {
    name: bare,
    type,
    code,
    authoritative: isZone || (lower.endsWith('.in-addr.arpa') && answer.length > 0),
    answer,
    authority: answer.length === 0 && isZone && code !== 'SERVFAIL' ? [soa] : [],
    additional: shown.filter((record) => !answer.includes(record)),
    id: Math.floor(process.random() * 65_536),
    ms: Math.round(process.clock.now() - startedAt),
  };
}

function isDnsType(type: string): type is DnsType {
  return ANSWERED.includes(type);
}

function asRecord({ name, ttl, type, value }: DnsAnswer['records'][number]): AnswerRecord {
  return { name, ttl, type, value: type === 'A' || type === 'AAAA' ? value : dotted(value) };
}

export function dotted(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}

function startOfAuthority(process: Process): AnswerRecord {
  const serial = Math.floor(process.clock.now() / 1000);
  return {
    name: ZONE,
    ttl: TTL_SECONDS,
    type: 'SOA',
    value: `ns.dns.${ZONE}. hostmaster.${ZONE}. ${serial} 7200 1800 86400 ${TTL_SECONDS}`,
  };
}

/** The names tried for a name, in order. */
export function searchNames(
  name: string,
  { search, ndots }: NetworkNamespace['resolver'],
): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = search.map((domain) => `${name}.${domain}`);
  return name.split('.').length - 1 >= ndots ? [name, ...searched] : [...searched, name];
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** `80.0.96.10.in-addr.arpa`; undefined for what is no IPv4 address. */
export function reverseName(ip: string): string | undefined {
  return IPV4.test(ip) ? `${ip.split('.').toReversed().join('.')}.in-addr.arpa` : undefined;
}

/** Where the aliases of an answer lead, without a final dot. */
export function finalName({ name, answer }: Reply): string {
  let last = name;
  for (const record of answer)
    if (record.type === 'CNAME' && record.name.toLowerCase() === last.toLowerCase())
      last = record.value.replace(/\.$/, '');
  return last;
}

/** Octets of a reply without name compression, as CoreDNS sends it: for `MSG SIZE`. */
export function replyBytes(reply: Reply, ednsBytes: number): number {
  const records = [...reply.answer, ...reply.authority, ...reply.additional];
  return (
    12 +
    nameBytes(reply.name) +
    4 +
    records.reduce((sum, record) => sum + nameBytes(record.name) + 10 + dataBytes(record), 0) +
    ednsBytes
  );
}

function nameBytes(name: string): number {
  const bare = name.replace(/\.$/, '');
  return bare === '' ? 1 : bare.length + 2;
}

function dataBytes({ type, value }: AnswerRecord): number {
  const words = value.split(' ');
  switch (type) {
    case 'A':
      return 4;
    case 'AAAA':
      return 16;
    case 'SRV':
      return 6 + nameBytes(words[3] ?? '');
    case 'SOA':
      return nameBytes(words[0] ?? '') + nameBytes(words[1] ?? '') + 20;
    default:
      return nameBytes(value);
  }
}
