// Days as the course writes them, `29 November 2026`, in every browser and time zone alike. Pure.

const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );

/** @param date `2026-11-29` */
export function dayOf(date: string): string {
  const [year = '', month = '', day = ''] = date.split('-');
  return `${Number(day)} ${MONTHS[Number(month) - 1] ?? ''} ${year}`;
}
