// A lab that is not there. Stands in until src/lab-client has a connection.

import type { Lab } from '../../lab-client/lab.ts';

export function connectLab(): Lab {
  const absent = () => Promise.reject(new Error('There is no lab here.'));
  return {
    state: 'absent',
    engine: undefined,
    checks: new Map(),
    on: () => () => {},
    terminals: absent,
    openTerminal: absent,
    closeTerminal: absent,
    terminal: () => ({
      attach: () => {},
      input: () => false,
      run: () => false,
      resize: () => {},
      takeOver: () => {},
      restart: () => {},
      clear: () => {},
      detach: () => {},
    }),
  };
}
