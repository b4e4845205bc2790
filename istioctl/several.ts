// Several errors as one text, in the way in which Go's multierror lists them.
// Source: the documentation of hashicorp/go-multierror.

/** `1 error occurred:` or how many there were, then one a line. */
export function listed(errors: readonly string[]): string {
  const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
  return `${count} occurred:\n${errors.map((error) => `\t* ${error}\n`).join('')}\n`;
}
