import { fieldLines, type GateRequest } from '../../core/request.js'
import { refuseCrossSite } from '../../http/same-site.js'
import { Problem } from '../kit/problem.js'

/** A form must have been sent by a page of this very origin: no address bar and no bookmark sends one. @throws {Problem} 403 */
export function checkOrigin(request: GateRequest): void {
  const [site] = fieldLines(request, 'sec-fetch-site')
  if (site !== 'none' && refuseCrossSite(request, []) === undefined) return
  throw new Problem(403, {
    title: 'This form came from another site',
    detail: 'Nothing was changed. Open the page here, and send its form.',
  })
}
