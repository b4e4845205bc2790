// The workbooks by name.

import type { Book, BookName } from './book.ts';
import { buildingBook, deliveryBook } from './comparison-books.ts';
import { worthBook } from './worth-book.ts';

export const books: Readonly<Record<BookName, Book>> = {
  worth: worthBook,
  delivery: deliveryBook,
  building: buildingBook,
};
