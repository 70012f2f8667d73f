/** @param key of the option `audit` */
export function warnOfUnsigned({ key }: { readonly key?: string | undefined }): void {
  if (key !== undefined) return
  process.emitWarning(
    'The audit trail is not signed: give audit.key, or nobody can prove that it is whole.',
    { code: 'SALLYPORT_AUDIT_UNSIGNED' },
  )
}
