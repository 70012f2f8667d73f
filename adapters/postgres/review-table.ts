/** Signed reviews: each is kept as JSON, beside what it is looked up by. */
export const REVIEW_TABLE = `
CREATE TABLE sallyport_reviews (
  id text COLLATE "C" PRIMARY KEY,
  owner_id text NOT NULL,
  last_day text NOT NULL,
  signed_at bigint NOT NULL,
  record json NOT NULL
);
CREATE INDEX sallyport_reviews_by_owner ON sallyport_reviews (owner_id, signed_at, id);`
