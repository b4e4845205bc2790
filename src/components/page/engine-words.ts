// How the bar names the lab and its engine. Pure.

import type { EngineFacts } from '../../../protocol/lab.ts';
import type { LabState } from '../../lab-client/lab.ts';

export interface EngineWords {
  name: string;
  detail: string;
  /** A full dot: commands reach a cluster that answers. */
  full: boolean;
  /** The whole story, for those who point at it. */
  hint: string;
}

export function engineWords(state: LabState, engine: EngineFacts | undefined): EngineWords {
  const nothing = { detail: '', full: false };
  switch (state) {
    case 'absent':
      return {
        ...nothing,
        name: 'No lab',
        hint: 'You can read here. To run the commands, start Meshproof: npm start',
      };
    case 'locked':
      return { ...nothing, name: 'Lab locked', hint: 'Open the link that npm start printed' };
    case 'connecting':
      return { ...nothing, name: 'Lab', detail: 'connecting', hint: 'Connecting to the lab' };
    case 'offline':
      return {
        ...nothing,
        name: 'Lab offline',
        detail: 'trying again',
        hint: 'Your shells go on; the page comes back by itself',
      };
    case 'open':
      return engine ? wordsOf(engine) : { ...nothing, name: 'Lab', hint: 'The lab is here' };
  }
}

function wordsOf({ name, state, detail = '', simulated, versions }: EngineFacts): EngineWords {
  const kind = simulated ? 'a simulated cluster' : 'a real cluster';
  const list = Object.entries(versions).map(([part, version]) => `${part} ${version}`);
  switch (state) {
    case 'none':
      return { name: 'No cluster yet', detail: '', full: false, hint: `${name} is not started` };
    case 'starting':
    case 'stopping':
      return { name, detail: detail || state, full: false, hint: `${name}, ${kind}, ${state}` };
    case 'failed':
      return { name, detail: 'failed', full: false, hint: detail || `${name} failed` };
    case 'ready':
      return {
        name,
        detail: simulated ? 'simulated' : (list[0] ?? ''),
        full: true,
        hint: [`${name}, ${kind}`, ...list].join(', '),
      };
  }
}
