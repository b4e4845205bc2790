// curl's -w: variables of a transfer that has ended, as text.

import { headerOf } from '../../../network/http.ts';
import type { HttpHeaders } from '../../../network/http.ts';
import type { CurlUrl } from './url.ts';
import { urlText } from './url.ts';

/** What became of one transfer: all that -w can ask for. Times are milliseconds since its start. */
export interface TransferReport {
  url: string;
  effective: CurlUrl | undefined;
  method: string;
  /** Of the last answer; 0 where none came. */
  status: number;
  httpVersion: string;
  headers: HttpHeaders;
  redirectUrl: string;
  redirects: number;
  connects: number;
  exitCode: number;
  error: string;
  remote: { ip: string; port: number } | undefined;
  local: { ip: string; port: number } | undefined;
  times: {
    lookup: number;
    connect: number;
    pretransfer: number;
    start: number;
    redirect: number;
    total: number;
  };
  downloaded: number;
  uploaded: number;
  headerBytes: number;
  requestBytes: number;
  fileName: string;
  number: number;
}

/** Seconds with six decimals, as all of curl's times. */
const time = (ms: number) => (ms / 1000).toFixed(6);

const variables: Readonly<Record<string, (report: TransferReport) => string>> = {
  content_type: (report) => headerOf(report.headers, 'content-type') ?? '',
  conn_id: () => '0',
  errormsg: (report) => report.error,
  exitcode: (report) => String(report.exitCode),
  filename_effective: (report) => report.fileName,
  ftp_entry_path: () => '',
  http_code: (report) => String(report.status).padStart(3, '0'),
  response_code: (report) => String(report.status).padStart(3, '0'),
  http_connect: () => '000',
  http_version: (report) => report.httpVersion,
  local_ip: (report) => report.local?.ip ?? '',
  local_port: (report) => String(report.local?.port ?? 0),
  method: (report) => report.method,
  num_certs: () => '0',
  num_connects: (report) => String(report.connects),
  num_headers: (report) => String(report.headers.length),
  num_redirects: (report) => String(report.redirects),
  num_retries: () => '0',
  proxy_ssl_verify_result: () => '0',
  proxy_used: () => '0',
  redirect_url: (report) => report.redirectUrl,
  referer: () => '',
  remote_ip: (report) => report.remote?.ip ?? '',
  remote_port: (report) => String(report.remote?.port ?? 0),
  scheme: (report) => report.effective?.scheme ?? '',
  size_download: (report) => String(report.downloaded),
  size_header: (report) => String(report.headerBytes),
  size_request: (report) => String(report.requestBytes),
  size_upload: (report) => String(report.uploaded),
  speed_download: (report) => String(speed(report.downloaded, report.times.total)),
  speed_upload: (report) => String(speed(report.uploaded, report.times.total)),
  ssl_verify_result: () => '0',
  time_appconnect: () => time(0),
  time_connect: (report) => time(report.times.connect),
  time_namelookup: (report) => time(report.times.lookup),
  time_posttransfer: (report) => time(report.times.pretransfer),
  time_pretransfer: (report) => time(report.times.pretransfer),
  time_queue: () => time(0),
  time_redirect: (report) => time(report.times.redirect),
  time_starttransfer: (report) => time(report.times.start),
  time_total: (report) => time(report.times.total),
  tls_earlydata: () => '0',
  url: (report) => report.url,
  url_effective: (report) => (report.effective ? urlText(report.effective) : report.url),
  'url.host': (report) => report.effective?.host ?? '',
  'url.path': (report) => report.effective?.path ?? '',
  'url.port': (report) => String(report.effective?.port ?? 0),
  'url.query': (report) => (report.effective?.query ?? '').slice(1),
  'url.scheme': (report) => report.effective?.scheme ?? '',
  'urle.host': (report) => report.effective?.host ?? '',
  'urle.path': (report) => report.effective?.path ?? '',
  'urle.port': (report) => String(report.effective?.port ?? 0),
  urlnum: (report) => String(report.number),
  xfer_id: (report) => String(report.number),
};

/** Bytes a second, whole. */
export function speed(bytes: number, ms: number): number {
  return ms > 0 ? Math.floor((bytes / ms) * 1000) : bytes;
}

export interface WrittenOut {
  stdout: string;
  stderr: string;
}

/** What -w prints, and where: `%{stderr}` and `%{stdout}` switch, `%{onerror}` asks whether it failed. */
export function writeOut(format: string, report: TransferReport): WrittenOut {
  const out: WrittenOut = { stdout: '', stderr: '' };
  let target: keyof WrittenOut = 'stdout';
  const parts = format.matchAll(
    /%header\{([^}]*)\}|%output\{([^}]*)\}|%\{([^}]*)\}|%%|\\([rnt])|\\|%|[^%\\]+/g,
  );
  for (const [whole, header, file, name, escape] of parts) {
    if (header !== undefined) out[target] += headerOf(report.headers, header) ?? '';
    else if (file !== undefined) continue;
    else if (escape !== undefined) out[target] += { r: '\r', n: '\n', t: '\t' }[escape] ?? '';
    else if (whole === '%%') out[target] += '%';
    else if (name === undefined) out[target] += whole;
    else if (name === 'stderr' || name === 'stdout') target = name;
    else if (name === 'onerror') {
      if (report.exitCode === 0) break;
    } else if (name === 'json') out[target] += json(report);
    else if (name === 'header_json') out[target] += headerJson(report);
    else {
      const variable = variables[name];
      if (variable) out[target] += variable(report);
      else out.stderr += `curl: unknown --write-out variable: '${name}'\n`;
    }
  }
  return out;
}

const numeric =
  /^(?:exitcode|http_code|http_connect|response_code|local_port|remote_port|num_|size_|speed_|time_|ssl_|proxy_|urlnum|xfer_id|conn_id)/;

function json(report: TransferReport): string {
  const fields = Object.entries(variables)
    .filter(([name]) => !name.includes('.'))
    .map(([name, value]) => {
      const text = value(report);
      return `${JSON.stringify(name)}:${numeric.test(name) ? Number(text) : text === '' ? 'null' : JSON.stringify(text)}`;
    });
  return `{${fields.join(',')},"curl_version":"libcurl"}`;
}

function headerJson(report: TransferReport): string {
  const byName = new Map<string, string[]>();
  for (const [name, value] of report.headers)
    byName.set(name.toLowerCase(), [...(byName.get(name.toLowerCase()) ?? []), value]);
  return `{${[...byName].map(([name, values]) => `${JSON.stringify(name)}:${JSON.stringify(values)}`).join(',\n')}\n}\n`;
}
