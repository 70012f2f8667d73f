/** Where its requests come from. */
export const CLIENT = '203.0.113.9'

/** As client libraries have it, too: what is not there may be `undefined`. */
type Sent = { readonly [name in 'method' | 'body' | 'headers']?: RequestInit[name] | undefined }

/** Requests that a client makes of an API, handed to an example behind its proxy. */
export function throughProxy(url: string, origin: string) {
  return (target: string | URL, init: Sent = {}): Promise<Response> => {
    const { pathname, search } = new URL(target, origin)
    const headers = new Headers(init.headers)
    headers.set('x-forwarded-proto', 'https')
    headers.set('x-forwarded-for', CLIENT)
    headers.set('x-forwarded-host', new URL(origin).host)
    const { method = 'GET', body = null } = init
    return fetch(new URL(pathname + search, url), { method, body, headers, redirect: 'manual' })
  }
}

/** As much of a browser as signing in needs: it keeps cookies, and goes where it is sent until that is another site. */
export function openBrowser(send: ReturnType<typeof throughProxy>) {
  const cookies = new Map<string, string>()

  async function go(target: URL, init: RequestInit = {}): Promise<{ at: URL; response: Response }> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await send(target, { ...init, headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const next = response.headers.get('location')
    if (next === null) return { at: target, response }
    const at = new URL(next, target)
    return at.origin === target.origin ? go(at) : { at, response }
  }

  return {
    open: (target: URL) => go(target),
    submit: (target: URL, form: Readonly<Record<string, string>>) =>
      go(target, { method: 'POST', body: new URLSearchParams(form) }),
  }
}
