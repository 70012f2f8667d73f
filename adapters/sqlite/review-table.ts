/** Signed reviews: each is kept as JSON, beside what it is looked up by. */
export const REVIEW_TABLE = `
  CREATE TABLE sallyport_reviews (
    id TEXT NOT NULL PRIMARY KEY,
    owner_id TEXT NOT NULL,
    last_day TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sallyport_reviews_by_owner ON sallyport_reviews (owner_id, signed_at, id);`
