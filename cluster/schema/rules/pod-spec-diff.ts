// The difference that a refused pod update shows.
export function podSpecDiff(
  _before: Record<string, unknown>,
  _after: Record<string, unknown>,
): string {
  return '';
}
