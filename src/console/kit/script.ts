/**
 * What pages do more with script: they all work without. A secret is copied and taken off the page that is left, scopes are chosen together without losing what was typed, and a form is sent once. What was done is said once: it is taken off the address, and off the page that is left. A table that has nothing to scroll is no stop for the keyboard. It makes no HTML, and keeps nothing.
 */
export const SCRIPT = `
const status = document.querySelector('.status')
if (/[?]done=/.test(location.search)) history.replaceState(null, '', location.pathname)
for (const button of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) break
  button.hidden = false
  button.addEventListener('click', async () => {
    const from = document.getElementById(button.dataset.copy)
    try {
      await navigator.clipboard.writeText(from.textContent)
      status.textContent = button.dataset.done
    } catch {
      status.textContent = 'The browser did not allow copying. Select the text and copy it.'
      getSelection().selectAllChildren(from)
    }
  })
}
for (const link of document.querySelectorAll('[data-check]')) {
  link.addEventListener('click', (event) => {
    event.preventDefault()
    const values = link.dataset.values.split(' ')
    for (const box of document.getElementsByName(link.dataset.check)) box.checked = values.includes(box.value)
    status.textContent = link.dataset.done
  })
}
const regions = new ResizeObserver((seen) => {
  for (const { target } of seen) {
    const region = target.closest('.scroll')
    if (region.scrollWidth > region.clientWidth) region.setAttribute('tabindex', '0')
    else region.removeAttribute('tabindex')
  }
})
for (const one of document.querySelectorAll('.scroll, .scroll > table')) regions.observe(one)
for (const form of document.forms) {
  form.addEventListener('submit', (event) => {
    if (form.method !== 'post') {
      for (const field of form.elements) if (field.name && field.value === '') field.disabled = true
      return
    }
    if (form.dataset.sent) event.preventDefault()
    form.dataset.sent = 'yes'
    event.submitter?.setAttribute('aria-disabled', 'true')
  })
}
addEventListener('pagehide', () => {
  for (const secret of document.querySelectorAll('[data-secret]')) secret.textContent = 'No longer shown'
  document.getElementById('done')?.remove()
})
addEventListener('pageshow', (event) => {
  if (!event.persisted) return
  for (const form of document.forms) {
    delete form.dataset.sent
    for (const field of form.elements) {
      field.disabled = false
      field.removeAttribute('aria-disabled')
    }
  }
})
`.trim()
