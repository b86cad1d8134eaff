/**
 * True for what a picture may be given as: an address, which the model's provider fetches and this
 * server never does, or `data:image/TYPE;base64,…` (S0.37).
 */
export function isImageUrl(url: string): boolean {
  if (/^data:image\/[\w.+-]+;base64,[A-Za-z0-9+/=\s]+$/.test(url)) return true
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
}
