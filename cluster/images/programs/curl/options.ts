// curl's command line: every option of curl 8 by name, those that mean something here with their value.

/** Wrong use: printed with a hint, exit code 2 unless it says otherwise. */
export class CurlUsage extends Error {
  readonly code: number;
  readonly hint: boolean;

  constructor(text: string, options: { code?: number; hint?: boolean } = {}) {
    super(text);
    this.name = 'CurlUsage';
    this.code = options.code ?? 2;
    this.hint = options.hint ?? true;
  }
}

/** Options and arguments of one command line, in order; `--next` is not simulated. */
export interface CurlArguments {
  /** The last value (or `true`) by long name. */
  flags: ReadonlyMap<string, string | boolean>;
  /** All values by long name. */
  lists: ReadonlyMap<string, readonly string[]>;
  urls: readonly string[];
}

/** Long name → letter, for options with a value. */
const withValue: Readonly<Record<string, string>> = {
  'user-agent': 'A',
  cookie: 'b',
  'continue-at': 'C',
  'cookie-jar': 'c',
  data: 'd',
  'dump-header': 'D',
  referer: 'e',
  cert: 'E',
  form: 'F',
  header: 'H',
  config: 'K',
  'max-time': 'm',
  output: 'o',
  'ftp-port': 'P',
  quote: 'Q',
  range: 'r',
  telnet: '',
  'upload-file': 'T',
  user: 'u',
  'proxy-user': 'U',
  'write-out': 'w',
  proxy: 'x',
  request: 'X',
  'speed-time': 'y',
  'speed-limit': 'Y',
  'time-cond': 'z',
  'telnet-option': 't',
};
const withValueLongOnly = new Set(
  'abstract-unix-socket alt-svc aws-sigv4 cacert capath cert-type ciphers connect-timeout connect-to crlfile curves data-ascii data-binary data-raw data-urlencode delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url ech engine etag-compare etag-save expect100-timeout form-string happy-eyeballs-timeout-ms haproxy-clientip hostpubmd5 hsts interface ip-tos ipfs-gateway json keepalive-cnt keepalive-time key key-type krb libcurl limit-rate local-port login-options max-filesize max-redirs noproxy oauth2-bearer output-dir parallel-max pass pinnedpubkey preproxy proto proto-default proto-redir proxy-header proxy1.0 pubkey random-file rate referer request-target resolve retry retry-delay retry-max-time sasl-authzid service-name socks4 socks4a socks5 socks5-hostname stderr tls-max tls13-ciphers trace trace-ascii trace-config unix-socket url url-query variable vlan-priority'.split(
    ' ',
  ),
);
/** Long name → letter, for options without a value. */
const withoutValue: Readonly<Record<string, string>> = {
  'http1.0': '0',
  tlsv1: '1',
  sslv2: '2',
  sslv3: '3',
  ipv4: '4',
  ipv6: '6',
  append: 'a',
  'use-ascii': 'B',
  fail: 'f',
  globoff: 'g',
  get: 'G',
  help: 'h',
  include: 'i',
  'show-headers': 'i',
  head: 'I',
  'junk-session-cookies': 'j',
  'remote-header-name': 'J',
  insecure: 'k',
  'list-only': 'l',
  location: 'L',
  netrc: 'n',
  manual: 'M',
  'no-buffer': 'N',
  'remote-name': 'O',
  proxytunnel: 'p',
  disable: 'q',
  'remote-time': 'R',
  silent: 's',
  'show-error': 'S',
  verbose: 'v',
  version: 'V',
  parallel: 'Z',
  'progress-bar': '#',
  next: ':',
};
const withoutValueLongOnly = new Set(
  'anyauth basic ca-native cert-status compressed compressed-ssh create-dirs crlf digest disable-eprt disable-epsv disallow-username-in-url false-start fail-early fail-with-body form-escape http0.9 http1.1 http2 http2-prior-knowledge http3 http3-only ignore-content-length keepalive location-trusted mptcp negotiate netrc-optional no-alpn no-clobber no-keepalive no-npn no-progress-meter no-sessionid no-styled-output ntlm out-null parallel-immediate path-as-is post301 post302 post303 progress-meter raw remote-name-all remove-on-error retry-all-errors retry-connrefused skip-existing ssl ssl-reqd styled-output suppress-connect-headers tcp-fastopen tcp-nodelay tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-ids trace-time xattr'.split(
    ' ',
  ),
);

const letterToName = new Map<string, { name: string; takesValue: boolean }>();
for (const [name, letter] of Object.entries(withValue))
  if (letter !== '') letterToName.set(letter, { name, takesValue: true });
for (const [name, letter] of Object.entries(withoutValue))
  if (!letterToName.has(letter)) letterToName.set(letter, { name, takesValue: false });

function byLongName(
  text: string,
): { name: string; takesValue: boolean; negated: boolean } | 'ambiguous' | undefined {
  const takes = (name: string) => Object.hasOwn(withValue, name) || withValueLongOnly.has(name);
  const plain = (name: string) =>
    Object.hasOwn(withoutValue, name) || withoutValueLongOnly.has(name);
  if (takes(text)) return { name: text, takesValue: true, negated: false };
  if (plain(text)) return { name: text, takesValue: false, negated: false };
  const positive = text.replace(/^no-/, '');
  if (text.startsWith('no-') && plain(positive))
    return { name: positive, takesValue: false, negated: true };
  // An unambiguous beginning will do.
  const all = [
    ...Object.keys(withValue),
    ...withValueLongOnly,
    ...Object.keys(withoutValue),
    ...withoutValueLongOnly,
  ];
  const begun = all.filter((name) => name.startsWith(text));
  const [only] = begun;
  if (begun.length > 1) return 'ambiguous';
  return only === undefined ? undefined : { name: only, takesValue: takes(only), negated: false };
}

/** Throws CurlUsage. */
export function parseCurl(argv: readonly string[]): CurlArguments {
  const flags = new Map<string, string | boolean>();
  const lists = new Map<string, string[]>();
  const urls: string[] = [];
  const set = (name: string, value: string | boolean) => {
    flags.set(name, value);
    if (typeof value === 'string') lists.set(name, [...(lists.get(name) ?? []), value]);
    if (name === 'url' && typeof value === 'string') urls.push(value);
    // -d and its kin are one list, in order.
    if (typeof value === 'string' && (name.startsWith('data') || name === 'json'))
      lists.set('(data)', [...(lists.get('(data)') ?? []), `${name} ${value}`]);
    if (name === 'output' || name === 'remote-name')
      lists.set('(outputs)', [
        ...(lists.get('(outputs)') ?? []),
        typeof value === 'string' ? `o${value}` : 'O',
      ]);
  };
  let onlyUrls = false;
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (onlyUrls || !/^-./.test(word)) {
      urls.push(word);
      continue;
    }
    if (word === '--') {
      onlyUrls = true;
      continue;
    }
    if (word.startsWith('--')) {
      const known = byLongName(word.slice(2));
      if (known === undefined) throw new CurlUsage(`option ${word}: is unknown`);
      if (known === 'ambiguous') throw new CurlUsage(`option ${word}: is ambiguous`);
      if (!known.takesValue) set(known.name, !known.negated);
      else {
        const value = argv[++at];
        if (value === undefined) throw new CurlUsage(`option ${word}: requires parameter`);
        set(known.name, value);
      }
      continue;
    }
    for (let index = 1; index < word.length; index++) {
      const letter = word[index] ?? '';
      const known = letterToName.get(letter);
      if (!known) throw new CurlUsage(`option ${word}: is unknown`);
      if (!known.takesValue) {
        set(known.name, true);
        continue;
      }
      const value = word.slice(index + 1) || argv[++at];
      if (value === undefined) throw new CurlUsage(`option ${word}: requires parameter`);
      set(known.name, value);
      break;
    }
  }
  return { flags, lists, urls };
}
