/** Who asks, decides or accepts: for records, and so that nobody decides a request of their own. */
export interface AccessPerson {
  /** Who it is, such as the id of a user or of a key: 1 to 1,024 characters. Safe to log, if what your app uses is. */
  readonly id: string
  readonly name?: string
  /** The organization that this person acts for. Default: none, such as for staff at a command line. */
  readonly ownerId?: string
  /** The IP address that the person was at. */
  readonly address?: string
}
