// The container runtime of one cluster's node.

import type { ContainerRuntime } from '../runtime.ts';
import { Container, type RuntimeSettings } from './container.ts';

export function createContainerRuntime(settings: RuntimeSettings): ContainerRuntime {
  return { start: (config) => new Container(config, settings) };
}
