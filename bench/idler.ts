// A process that does nothing. Asked for a number of milliseconds it tells its share of a core over them: beside it a cost of
// the machine's own (it wakes, it counts) is not taken for ours. Forked by many-clusters.ts, and ends with it.

import { shareOfCore } from './share.ts';

process.on('message', (ms) => {
  void shareOfCore(Number(ms)).then((share) => process.send?.(share));
});
process.on('disconnect', () => process.exit());
