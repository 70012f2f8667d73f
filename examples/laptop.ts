import type { RequestListener } from 'node:http'

const FORWARDING_FIELD = /^(?:forwarded|via|x-real-ip|x-forwarded-.*)$/i

/**
 * A browser and a curl on this machine come without the proxy that each example expects. While `NODE_ENV` is not `production`, what no proxy has touched is let in, as a gate without a proxy
 * does it on a laptop: this says HTTPS in the proxy's place.
 */
export function asOnLaptop(app: RequestListener): RequestListener {
  if (process.env['NODE_ENV'] === 'production') return app
  return (req, res) => {
    const isForwarded = Object.keys(req.headers).some((name) => FORWARDING_FIELD.test(name))
    if (!isForwarded) {
      req.headers['x-forwarded-proto'] = 'https'
      req.rawHeaders.push('X-Forwarded-Proto', 'https')
    }
    app(req, res)
  }
}
