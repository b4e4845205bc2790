// Who sees an exported thing. Source: istio/api, exportTo of VirtualService, DestinationRule and ServiceEntry.

/** Whether something exported so is seen from a namespace. */
export function isExportedTo(
  exportTo: readonly string[],
  ownNamespace: string,
  namespace: string,
): boolean {
  return exportTo.some(
    (each) => each === '*' || each === namespace || (each === '.' && ownNamespace === namespace),
  );
}
