import { createPostgresKeyStore, openPostgres } from 'sallyport/postgres'

const pool = await openPostgres(process.argv[2] ?? '')
await createPostgresKeyStore(pool).migrate()
await pool.end()
