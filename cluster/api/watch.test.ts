// What a watch leaves behind when it is over: nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaBundle } from '../../server/apiserver/schema-bundle.ts';
import { Clock } from '../clock.ts';
import { podDraft } from '../controllers/testing/objects.ts';
import { defaultLimits } from '../limits.ts';
import { builtInDefinitions } from '../schema/built-in.ts';
import { Store } from '../store/store.ts';
import { textOf } from '../streams.ts';
import { listOptions } from './listing.ts';
import { Watches } from './watch.ts';

test('a watch that is too old from its beginning on ends with 410 and keeps no timer', async () => {
  const definition = builtInDefinitions(schemaBundle()).find(({ storedAs }) => storedAs === 'pods');
  const version = definition?.versions[0];
  assert.ok(definition && version);
  const clock = new Clock({ now: () => 0, after: () => () => {} }, { manual: true });
  const store = new Store(defaultLimits, 100);
  const watches = new Watches(store, clock, () => 0, defaultLimits);
  const metadata = {
    name: 'a',
    namespace: 'default',
    uid: 'a',
    resourceVersion: '',
    creationTimestamp: '2026-11-22T10:00:00Z',
  };
  store.create('pods', { ...podDraft('a'), metadata });
  const query = new URLSearchParams('watch=1&resourceVersion=5&allowWatchBookmarks=true');
  const chunks = watches.open({
    kind: { definition, version },
    options: listOptions(query, 'default', definition, true),
    view: { representation: { view: 'object' } as never, includeObject: 'Metadata' },
    signal: new AbortController().signal,
  });
  let text = '';
  for await (const chunk of chunks) text += textOf(chunk);
  assert.match(text, /^\{"type":"ERROR".*"code":410/);
  assert.equal(watches.count, 0);
  assert.equal(clock.untilNext(), Infinity);
});
