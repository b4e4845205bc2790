// What the simulated node's machine says it is. Programs of ours know an embedded cluster by its machine id.

export const MACHINE_ID = '4f1c1f0c4d5e4d3a9b1c2d3e4f5a6b7c';
