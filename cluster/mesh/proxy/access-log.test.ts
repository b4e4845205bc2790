import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessLogLine } from './access-log.ts';
import { newExchange } from './exchange.ts';

function exchange() {
  const made = newExchange('outbound', 1_795_343_525_123, {
    local: { ip: '10.96.0.14', port: 80 },
    remote: { ip: '10.244.0.5', port: 40_000 },
  });
  made.method = 'GET';
  made.target = '/';
  made.protocol = 'HTTP/1.1';
  made.status = 404;
  made.flags.add('NR');
  made.details = 'route_not_found';
  made.endedAt = made.startedAt + 3;
  made.request = [['user-agent', 'curl/8']];
  return made;
}

test('without a format of its own it is Istio’s line, with a dash for what there is not', () => {
  assert.equal(
    accessLogLine(exchange(), { json: false, format: '' }),
    '[2026-11-22T10:32:05.123Z] "GET / HTTP/1.1" 404 NR route_not_found - "-" 0 0 3 - "-" "curl/8" "-" "-" "-" - - 10.96.0.14:80 10.244.0.5:40000 - -\n',
  );
});

test('a format of command operators is followed; unknown ones stay as they are', () => {
  const format = '%PROTOCOL% %RESPONSE_CODE% %REQ(USER-AGENT):4% %NOVELTY(x)%';
  assert.equal(
    accessLogLine(exchange(), { json: false, format }),
    'HTTP/1.1 404 curl %NOVELTY(x)%\n',
  );
});

test('as JSON numbers are numbers and what there is not is null', () => {
  const line = accessLogLine(exchange(), { json: true, format: '' });
  const parsed = JSON.parse(line) as Record<string, unknown>;
  assert.deepEqual(
    [
      parsed['response_code'],
      parsed['duration'],
      parsed['upstream_host'],
      parsed['response_flags'],
    ],
    [404, 3, null, 'NR'],
  );
});
