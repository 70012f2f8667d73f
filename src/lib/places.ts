/** How many entries an LRUCache has at most. By size and not by `max`, for which it would make all places at once: 7 ms for 50,000. */
export function placesFor(entries: number) {
  return { maxSize: entries, sizeCalculation: () => 1 }
}
