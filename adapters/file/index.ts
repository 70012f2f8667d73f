export { createAuditFiles, type AuditFiles, type AuditFilesOptions } from './files.js'
export { pruneAuditFiles, type PrunedFiles } from './prune.js'
export { createAuditStream, type AuditStreamTarget } from './stream.js'
