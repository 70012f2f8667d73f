/** The page on which a user signs in and agrees. */
export function signInPage(asked: {
  readonly client: string
  readonly scope: string
  readonly failed?: boolean
}): string {
  const scopes = asked.scope.split(' ').map((scope) => `<li><code>${escape(scope)}</code></li>`)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 4rem auto; padding: 0 1rem }
  label { display: block; margin: 1rem 0 }
  input, button { display: block; font: inherit; width: 100%; box-sizing: border-box; padding: .5rem }
  .failed { color: #a00 }
</style>
<h1>Sign in</h1>
<p><strong>${escape(asked.client)}</strong> asks for:</p>
<ul>${scopes.join('')}</ul>
${asked.failed ? '<p class="failed" role="alert">This is not the right name or password.</p>' : ''}
<form method="post">
  <label>Name <input name="name" autocomplete="username" required autofocus></label>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <button>Sign in and allow</button>
</form>
</html>
`
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${String(sign.charCodeAt(0))};`)
}
